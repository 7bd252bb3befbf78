/**
 * Where the embedded network of a running program is: a file beside its data, for commands that come to look at it.
 * Only the program that holds the lock of the data writes it, so it counts only while the lock is held.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { isCoded, writeWhole } from '../../base/index.js'
import type { Resources } from '../program/resources.js'

type Where = Readonly<Record<string, unknown>>

/** There as long as the program runs. */
export const RUNNING_FILE = 'running.json'

const fileIn = (folder: string): string => join(folder, RUNNING_FILE)

/** `resources` takes the file away again. */
export function tellWhere(folder: string, where: Where, resources: Resources): void {
  writeWhole(fileIn(folder), `${JSON.stringify(where)}\n`)
  resources.add(() => rmSync(fileIn(folder), { force: true }))
}

/**
 * Starts the network, or, if a running program has it, says where that one is.
 * @param locked code of the error that says so
 */
export async function startOrFind<T>(
  start: () => Promise<T>,
  { folder, locked }: { readonly folder: string; readonly locked: string },
): Promise<{ readonly started: T } | { readonly running: Where }> {
  try {
    return { started: await start() }
  } catch (error) {
    const running = isCoded(error) && error.code === locked ? read(fileIn(folder)) : undefined
    if (running === undefined) throw error
    return { running }
  }
}

function read(file: string): Where | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof found === 'object' && found !== null ? (found as Where) : undefined
  } catch {
    return undefined
  }
}
