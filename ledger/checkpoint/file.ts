/** A checkpoint as gzipped JSON, read back with every doubt. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import * as v from 'valibot'

import { isCoded, messageOf, requireWritable, writeWhole } from '../../base/index.js'
import { fail } from '../errors.js'
import { readJsonFile } from '../json-file.js'
import { stateHash } from '../store/state-hash.js'
import { balancesIn, CHECKPOINT, type Checkpoint } from './shape.js'

export interface CheckpointFile {
  readonly checkpoint: Checkpoint
  /** SHA-256 of its JSON: the state hash speaks of balances alone, this of everything in it. */
  readonly digest: string
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const textOf = (checkpoint: Checkpoint): string =>
  JSON.stringify(checkpoint, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

/** Before one is made: throws what `writeCheckpoint` would throw. */
export const requireCheckpointFile = (file: string): void => written(file, () => requireWritable(file))

/** Answers with its digest. Throws `E_LEDGER_CHECKPOINT` where the file cannot be written. */
export function writeCheckpoint(file: string, checkpoint: Checkpoint): string {
  const text = textOf(checkpoint)
  written(file, () => writeWhole(file, gzipSync(text)))
  return digestOf(text)
}

function written(file: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw fail('E_LEDGER_CHECKPOINT', `${file}: ${messageOf(cause)}`, { cause })
  }
}

/** Throws `E_LEDGER_CHECKPOINT`. */
export async function readCheckpoint(file: string): Promise<CheckpointFile> {
  try {
    const { text, value } = await readJsonFile(file)
    const found = v.safeParse(CHECKPOINT, value, { abortEarly: true })
    if (!found.success) {
      const [issue] = found.issues
      throw new Error(`${v.getDotPath(issue) ?? 'it'} is not as it must be: ${issue.message.slice(0, 100)}`)
    }
    const checkpoint = found.output
    const problem = contradiction(checkpoint)
    if (problem !== null) throw new Error(problem)
    return { checkpoint, digest: digestOf(text) }
  } catch (cause) {
    if (isCoded(cause) && cause.code === 'E_LEDGER_CHECKPOINT') throw cause
    throw fail('E_LEDGER_CHECKPOINT', `${file}: ${messageOf(cause)}`, { cause })
  }
}

/** What no ledger could have written; null: nothing. Pure. */
function contradiction(checkpoint: Checkpoint): string | null {
  const { height, hash, origin, chain, accounts, snapshot, rates, winners, lines } = checkpoint
  const balances = balancesIn(accounts)
  if (balances.size !== accounts.length) return 'an address is there twice'
  const found = stateHash(balances)
  if (found !== hash) return `its balances have the state hash ${found}, not the one that it names, ${hash}`
  if ((origin === 'chain') !== (chain !== null))
    return 'a chain that is followed has its last block, no other has'
  const heights = [
    ...(chain?.tips ?? []).map(([, tip]) => tip),
    ...[snapshot ?? 0, winners?.[0] ?? 0],
    ...rates.map(([rated]) => rated),
    ...lines.flatMap(([, entered, , , status, judged]) => [entered, status, judged ?? 0]),
  ]
  const beyond = heights.find((one) => one > height)
  if (beyond !== undefined) return `it speaks of block ${beyond}, which is behind its own, ${height}`
  const repeated = (list: readonly (string | number)[]): boolean => new Set(list).size !== list.length
  if (repeated(rates.map(([rated]) => rated))) return 'a block has rates twice'
  if (repeated((chain?.tips ?? []).map(([id]) => id))) return 'a chain has two last blocks'
  if (repeated(lines.map(([line, entered]) => `${line} ${entered}`)))
    return 'a line of the history is there twice'
  if (lines.some(([, , , , , , actions]) => repeated(actions.map(([place]) => place))))
    return 'a line of the history has two actions at one place'
  return null
}
