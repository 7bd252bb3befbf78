/**
 * A recorded chain as a file: gzipped JSON with `blocks`, each with its height, its directory block, factoid block and
 * the entry blocks with their entries, all in hex. Heights between them are blocks without anything.
 */
import { isCoded, messageOf } from '../base/index.js'
import {
  decodeDirectoryBlock,
  decodeEntryBlock,
  decodeFactoidBlock,
  FACTOID_CHAIN,
  sealedEntry,
  type FollowedBlock,
  type FollowedEntryBlock,
} from '../factom/index.js'
import { fail } from './errors.js'
import { readJsonFile } from './json-file.js'

export interface RecordedChain {
  /** Ascending. */
  readonly heights: readonly number[]
  /** The block of this height, each part proven by its hash; null if nothing is in it. Throws `E_LEDGER_FILE`. */
  block(height: number): FollowedBlock | null
  /** A block with nothing in it, behind those that are recorded. */
  empty(height: number): Pick<FollowedBlock, 'height' | 'timestamp' | 'chains' | 'factoids'>
}

/** MainNet's time from block to block. */
const BLOCK_MS = 600_000

interface RawBlock {
  readonly height: number
  readonly keymr: string
  readonly directoryBlock: string
  readonly factoidBlock: string
  readonly entryBlocks: readonly { readonly raw: string; readonly entries: readonly string[] }[]
}

/** Throws `E_LEDGER_FILE`. */
export async function readRecordedChain(file: string): Promise<RecordedChain> {
  const damaged = (what: string, cause?: unknown) => fail('E_LEDGER_FILE', `${file}: ${what}`, { cause })
  const json = await readJsonFile(file).then(
    ({ value }) => value,
    (cause: unknown) => {
      throw damaged(messageOf(cause), cause)
    },
  )
  const blocks = new Map<number, RawBlock>()
  const list = (json as { blocks?: unknown } | null)?.blocks
  if (!Array.isArray(list) || list.length === 0) throw damaged('it has no list of blocks')
  for (const block of list as RawBlock[]) {
    if (!isRawBlock(block)) throw damaged(`blocks[${blocks.size}] is not a block with its parts in hex`)
    const last = [...blocks.keys()].at(-1) ?? -1
    if (block.height <= last) throw damaged(`block ${block.height} does not come after block ${last}`)
    blocks.set(block.height, block)
  }
  const heights = [...blocks.keys()]
  const block = (height: number): FollowedBlock | null => {
    const raw = blocks.get(height)
    if (!raw) return null
    try {
      return provenBlock(raw)
    } catch (error) {
      if (!isCoded(error)) throw error
      throw damaged(`block ${height}: ${error.message}`, error)
    }
  }
  return {
    heights,
    block,
    empty(height) {
      const before = heights.findLast((recorded) => recorded < height) ?? height
      const start =
        decodeDirectoryBlock(bytesOf(blocks.get(before)?.directoryBlock ?? '')).timeMinutes * 60_000
      return { height, timestamp: start + (height - before) * BLOCK_MS, chains: new Map(), factoids: null }
    },
  }
}

const HEX = /^(?:[0-9a-f]{2})*$/
const isHex = (value: unknown): value is string => typeof value === 'string' && HEX.test(value)

function isRawBlock(value: unknown): value is RawBlock {
  const block = value as Partial<RawBlock> | null
  return (
    typeof block === 'object' &&
    block !== null &&
    Number.isSafeInteger(block.height) &&
    (block.height as number) >= 0 &&
    isHex(block.keymr) &&
    isHex(block.directoryBlock) &&
    isHex(block.factoidBlock) &&
    Array.isArray(block.entryBlocks) &&
    (block.entryBlocks as readonly unknown[]).every(isRawEntryBlock)
  )
}

function isRawEntryBlock(value: unknown): boolean {
  const block = value as Partial<RawBlock['entryBlocks'][number]> | null
  if (typeof block !== 'object' || block === null) return false
  return isHex(block.raw) && Array.isArray(block.entries) && block.entries.every(isHex)
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** The parts must be those that the directory block names. */
function provenBlock(raw: RawBlock): FollowedBlock {
  const wrong = (what: string) => fail('E_LEDGER_FILE', `${what} is not the one that is named`)
  const directory = decodeDirectoryBlock(bytesOf(raw.directoryBlock))
  if (directory.keyMr !== raw.keymr || directory.height !== raw.height) throw wrong('the directory block')
  const keyMrOf = new Map(directory.rows.map(({ chainId, keyMr }) => [chainId, keyMr]))
  const factoids = decodeFactoidBlock(bytesOf(raw.factoidBlock))
  if (factoids.keyMr !== keyMrOf.get(FACTOID_CHAIN)) throw wrong('the factoid block')
  const chains = new Map<string, FollowedEntryBlock>()
  for (const { raw: block, entries } of raw.entryBlocks) {
    const { chainId, keyMr, sequence, entries: named } = decodeEntryBlock(bytesOf(block))
    if (keyMr !== keyMrOf.get(chainId)) throw wrong(`the block of chain ${chainId}`)
    const sealed = new Map(
      entries.map((entry) => sealedEntry(bytesOf(entry))).map((entry) => [entry.hash, entry]),
    )
    chains.set(chainId, {
      ...{ keyMr, sequence },
      entries: named.map(({ hash, minute }) => {
        const entry = sealed.get(hash)
        if (!entry) throw wrong(`entry ${hash}`)
        return { hash, minute, entry }
      }),
    })
  }
  return { height: raw.height, keyMr: raw.keymr, timestamp: directory.timeMinutes * 60_000, chains, factoids }
}
