/**
 * A block of price records as a file, in the form of the reference's test data:
 *
 *     { Height, PreviousWinners: [16 hex digits], Winners: […], Entries: [{ Hash: hex, ExtIDs: [base64], Content: base64 }] }
 *
 * Entries are in the order of the block; `Winners` is what its grading gave. Lists may be null, as Go writes empty ones.
 */
import { open } from 'node:fs/promises'

import { isCoded, messageOf, parseJson } from '../../base/index.js'
import { fail } from './errors.js'
import type { OprEntry } from './validate.js'

export interface BlockFile {
  readonly height: number
  readonly previousWinners: readonly string[]
  /** Null if the file does not say. */
  readonly winners: readonly string[] | null
  readonly entries: readonly OprEntry[]
}

/** The largest real block has half a megabyte; a larger file is something else. */
const MAX_FILE_BYTES = 256 * 2 ** 20

/**
 * Reads all of them. Throws `E_GRADING_FILE` with everything that is wrong: `details.problems` has one for each file.
 */
export async function readBlockFiles(
  files: readonly string[],
  kind: BlockKind = 'oracle',
): Promise<{ readonly file: string; readonly block: BlockFile }[]> {
  const blocks: { file: string; block: BlockFile }[] = []
  const messages: string[] = []
  for (const file of files) {
    try {
      blocks.push({ file, block: parseBlockFile(await readText(file), kind) })
    } catch (error) {
      messages.push(`${file}: ${isCoded(error) ? error.message : readingProblem(error)}`)
    }
  }
  if (messages.length === 0) return blocks
  const problems = messages.map((message) => ({ code: 'E_GRADING_FILE', message }))
  throw fail('E_GRADING_FILE', messages.join('; '), { details: { problems } })
}

async function readText(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > MAX_FILE_BYTES) throw damaged(`${size} bytes are more than a block holds`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function readingProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  return `it cannot be read: ${messageOf(error)}`
}

/** Staking records name no winners, so their blocks need not either. */
export type BlockKind = 'oracle' | 'staking'

/** Throws `E_GRADING_FILE`; the message names the place. */
function parseBlockFile(text: string, kind: BlockKind = 'oracle'): BlockFile {
  const { Height, PreviousWinners, Winners, Entries } = objectOf(jsonOf(text), 'the file')
  if (typeof Height !== 'number' || Height < 0 || Height !== (Height | 0))
    throw damaged('Height is no height of a block')
  return {
    height: Height,
    previousWinners: listOf(
      kind === 'staking' ? (PreviousWinners ?? null) : PreviousWinners,
      'PreviousWinners',
      stringOf,
    ),
    winners: Winners === undefined || Winners === null ? null : listOf(Winners, 'Winners', stringOf),
    entries: listOf(Entries, 'Entries', entryOf),
  }
}

const damaged = (what: string) => fail('E_GRADING_FILE', what)

function jsonOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw fail('E_GRADING_FILE', `it is not JSON: ${messageOf(cause)}`, { cause })
  }
}

function entryOf(value: unknown, place: string): OprEntry {
  const { Hash, ExtIDs, Content } = objectOf(value, place)
  const hash = stringOf(Hash, `${place}.Hash`).toLowerCase()
  if (!/^(?:[0-9a-f]{2})*$/.test(hash)) throw damaged(`${place}.Hash is not hex`)
  return {
    hash,
    extIds: listOf(ExtIDs, `${place}.ExtIDs`, bytesOf),
    content: bytesOf(Content ?? '', `${place}.Content`),
  }
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw damaged(`${place} is no JSON object`)
}

function listOf<T>(value: unknown, place: string, itemOf: (item: unknown, place: string) => T): T[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw damaged(`${place} is ${value === undefined ? 'missing' : 'no list'}`)
  return value.map((item, k) => itemOf(item, `${place}[${k}]`))
}

function stringOf(value: unknown, place: string): string {
  if (typeof value === 'string') return value
  throw damaged(`${place} is no text`)
}

function bytesOf(value: unknown, place: string): Uint8Array {
  const text = stringOf(value, place)
  const bytes = Buffer.from(text, 'base64')
  // Node.js reads base64 leniently; what it has left out shows when the bytes are encoded again.
  if (bytes.toString('base64') !== text) throw damaged(`${place} is not base64`)
  return new Uint8Array(bytes)
}
