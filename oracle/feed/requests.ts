/** What an operator asks of a feed while it runs: small files that it picks up, one for each request. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { makeFolder } from '../../base/index.js'
import { readText, writeText } from './files.js'

export type Ruling = 'approve' | 'reject'

export interface Requests {
  /** Withdrawals by id; a ruling stays, the newest counts. */
  readonly rulings: ReadonlyMap<string, Ruling>
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** Withdrawals that are to be released without a payment. */
  readonly settles: ReadonlySet<string>
}

const folderOf = (folder: string): string => join(folder, 'requests')

export function askRuling(folder: string, withdrawTxid: string, ruling: Ruling): void {
  makeFolder(folderOf(folder))
  writeText(join(folderOf(folder), `ruling-${withdrawTxid}`), `${ruling}\n`)
}

export function askSettle(folder: string, withdrawTxid: string): void {
  makeFolder(folderOf(folder))
  writeText(join(folderOf(folder), `settle-${withdrawTxid}`), '\n')
}

/** The request to settle is in the state file now, or must not be carried out. */
export function forgetSettle(folder: string, withdrawTxid: string): void {
  rmSync(join(folderOf(folder), `settle-${withdrawTxid}`), { force: true })
}

export function askRange(folder: string, from: number, to: number): void {
  makeFolder(folderOf(folder))
  writeText(join(folderOf(folder), `backfill-${from}-${to}`), '\n')
}

export function readRequests(folder: string): Requests {
  const rulings = new Map<string, Ruling>()
  const ranges: (readonly [number, number])[] = []
  const settles = new Set<string>()
  for (const name of list(folderOf(folder))) {
    const [, txid] = /^ruling-([0-9a-f]{64})$/.exec(name) ?? []
    const [, settled] = /^settle-([0-9a-f]{64})$/.exec(name) ?? []
    if (settled !== undefined) settles.add(settled)
    const [, from, to] = /^backfill-(\d{1,9})-(\d{1,9})$/.exec(name) ?? []
    if (txid !== undefined) {
      const text = readText(join(folderOf(folder), name))?.trim()
      if (text === 'approve' || text === 'reject') rulings.set(txid, text)
    }
    if (from !== undefined && to !== undefined) ranges.push([+from, +to])
  }
  return { rulings, ranges, settles }
}

/** A range that was taken over into the state file. */
export function forgetRange(folder: string, [from, to]: readonly [number, number]): void {
  rmSync(join(folderOf(folder), `backfill-${from}-${to}`), { force: true })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
