/**
 * The file behind the history of graded blocks: one line per block, appended; each line carries a check sum. Whatever
 * interrupts a write, the lines before it stay good: reading stops at the first line that is not, and the blocks
 * behind it are graded again from the chain.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import { makeFolder, messageOf } from '../../config/index.js'
import type { OprVersion } from '../../config/index.js'
import { fail } from './errors.js'

/** What is kept of a graded block. */
export interface GradedSummary {
  readonly height: number
  /** Key Merkle root of its entry block. */
  readonly keyMr: string
  readonly prevKeyMr: string
  readonly version: OprVersion
  readonly entries: number
  readonly records: number
  readonly gradable: boolean
  /** Short hashes that the next record names. */
  readonly winners: readonly string[]
  /** Height of the block that they are of, `null` before there were any. */
  readonly winnersFrom: number | null
  /** Entry hashes of the paid places, best first; none if the block is not gradable. */
  readonly places: readonly string[]
  /** Difficulties of its honest records (at most 50), descending, 16 hex digits each. */
  readonly difficulties: readonly string[]
}

/** What a file belongs to. Files of another chain, or graded with another proof of work, are of no use. */
export interface HistoryHeader {
  readonly format: 1
  readonly chainId: string
  /** The difficulty of a fixed input: tells ByteMaps apart. */
  readonly proof: string
  /** Blocks up to this height have been left out to bound the file; -1 if none. */
  readonly trimmedTo: number
  /** The last block with winners among those. */
  readonly carried: Pick<GradedSummary, 'height' | 'difficulties'> | null
}

export interface HistoryContent {
  readonly header: HistoryHeader
  readonly blocks: readonly GradedSummary[]
  /** In words, if something behind the good part could not be used. */
  readonly damage: string | null
}

/** A summary has about 3 KB and the history keeps 2,000 at most, so a larger file is not ours. */
const MAX_FILE_BYTES = 64 * 2 ** 20

/** Reads the good part of a file; `null` if there is no file or nothing of it can be used. */
export function readHistory(file: string): HistoryContent | { damage: string } | null {
  let text: string
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return { damage: 'it is far too long' }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : { damage: messageOf(error) }
  }
  const lines = text.split('\n')
  const values: unknown[] = []
  for (const line of lines) {
    const value = parseLine(line)
    if (value === undefined) break
    values.push(value)
  }
  const [header, ...blocks] = values
  if (!isHeader(header)) return { damage: 'its first line is damaged' }
  const good = blocks.findIndex((block, k) => !isSummary(block) || !follows(block, blocks[k - 1]))
  const kept = (good < 0 ? blocks : blocks.slice(0, good)) as GradedSummary[]
  // A whole file ends with a line break, so its last piece is empty.
  const whole = lines.length === kept.length + 2 && lines.at(-1) === ''
  return {
    header,
    blocks: kept,
    damage: whole ? null : `it is damaged behind its first ${kept.length} blocks`,
  }
}

/** Adds blocks to the end of the file. Throws `E_HISTORY_WRITE`; the file may then end in a torn line. */
export async function appendHistory(file: string, blocks: readonly GradedSummary[]): Promise<void> {
  await writing(file, async () => {
    const handle = await open(file, 'a')
    try {
      await handle.writeFile(blocks.map(formatLine).join(''))
      await handle.datasync()
    } finally {
      await handle.close()
    }
  })
}

/** Replaces the file, whole or not at all. Throws `E_HISTORY_WRITE`. */
export async function replaceHistory(
  file: string,
  header: HistoryHeader,
  blocks: readonly GradedSummary[],
): Promise<void> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}.tmp`
  await writing(file, async () => {
    makeFolder(dirname(file))
    try {
      const handle = await open(fresh, 'wx')
      try {
        await handle.writeFile([header, ...blocks].map(formatLine).join(''))
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(fresh, file)
    } catch (error) {
      await rm(fresh, { force: true })
      throw error
    }
  })
}

async function writing(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    throw fail('E_HISTORY_WRITE', `cannot write ${file}: ${messageOf(cause)}`, { cause })
  }
}

const sumOf = (json: string) => createHash('sha256').update(json).digest('hex').slice(0, 16)

function formatLine(value: unknown): string {
  const json = JSON.stringify(value)
  return `${sumOf(json)} ${json}\n`
}

function parseLine(line: string): unknown {
  const json = line.slice(17)
  return json !== '' && line.startsWith(`${sumOf(json)} `) ? JSON.parse(json) : undefined
}

/** The check sum says that we wrote the line; this says that it was this program's form. */
function isHeader(value: unknown): value is HistoryHeader {
  const header = value as Partial<HistoryHeader> | undefined
  return header?.format === 1 && typeof header.trimmedTo === 'number'
}

function isSummary(value: unknown): value is GradedSummary {
  const block = value as Partial<GradedSummary>
  return Number.isInteger(block.height) && Array.isArray(block.winners) && Array.isArray(block.difficulties)
}

function follows(block: GradedSummary, last: unknown): boolean {
  if (last === undefined) return true
  const { height, keyMr } = last as GradedSummary
  return block.height > height && block.prevKeyMr === keyMr
}
