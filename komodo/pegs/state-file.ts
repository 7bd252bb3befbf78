/** What is remembered of a peg: one file, replaced whole at each change. Throws `E_PEGS_STATE`. */
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { makeFolder, messageOf, writeWhole } from '../../base/index.js'
import { fail } from './errors.js'

const MAX_BYTES = 64 * 1024 * 1024

/** On disk when it returns. */
export function saveState(file: string, state: object): void {
  try {
    makeFolder(dirname(file))
    writeWhole(file, `${JSON.stringify(state, null, 1)}\n`, { mode: 0o600 })
  } catch (error) {
    throw fail('E_PEGS_STATE', `${file} cannot be written: ${messageOf(error)}`)
  }
}

/** Null: there is none. `take` throws for what is damaged. */
export function readState<T>(file: string, take: (value: unknown) => T): T | null {
  try {
    const { size } = statSync(file)
    if (size > MAX_BYTES) throw new TypeError(`it has ${size} bytes`)
    return take(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fail('E_PEGS_STATE', `${file} cannot be read: ${messageOf(error)}`)
  }
}
