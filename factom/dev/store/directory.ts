/** The data directory: `chain.json`, `blocks/<height>.json`, `journal.jsonl`, `lock`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { toHex } from '../../bytes.js'
import { type SavedBlock, decodeDirectoryBlock, hexBytes } from '../blocks/index.js'
import { fail } from '../errors.js'
import { genesisBlock } from '../genesis.js'
import { makeFolder, storeError, writeWhole } from './files.js'

const FORMAT = 1
/** Digits of a block's file name, so that names sort by height. */
const DIGITS = 9
/** What a start that was cut off may leave before there is a manifest. */
const LEFTOVER = /^(?:lock|.*\.(?:new|tmp))$/

export type BlockFiles = ReturnType<typeof openDirectory>

/** The highest height at which a chain can begin. */
export const MAX_START_HEIGHT = 10 ** DIGITS - 1_000_000

/**
 * Opens or begins the directory. `E_DEVCHAIN_FOREIGN` if it holds something else, or a chain of another genesis;
 * then nothing in it is touched. Without `startHeight` a new chain begins at 0, and an old one where it began.
 */
export function openDirectory(path: string, startHeight?: number) {
  const manifest = join(path, 'chain.json')
  const blocks = join(path, 'blocks')
  let genesis: SavedBlock
  if (existsSync(manifest)) genesis = checkManifest(manifest, startHeight)
  else {
    if (readdirSync(path).some((name) => !LEFTOVER.test(name)))
      throw fail(
        'E_DEVCHAIN_FOREIGN',
        `${path} is not empty and not a development chain: use another directory`,
      )
    genesis = genesisBlock(startHeight)
    writeWhole(manifest, `${JSON.stringify(manifestOf(genesis))}\n`)
  }
  makeFolder(blocks)
  const fileOf = (height: number) => join(blocks, `${String(height).padStart(DIGITS, '0')}.json`)
  return {
    genesis,
    /** Heights of the blocks on disk above genesis; they are contiguous. */
    heights: heightsIn(blocks, genesis.height + 1),
    journalPath: join(path, 'journal.jsonl'),
    load: (height: number) => (height === genesis.height ? genesis : readBlock(fileOf(height), height)),
    save: (block: SavedBlock) => writeWhole(fileOf(block.height), blockText(block)),
  }
}

function manifestOf(genesis: SavedBlock) {
  return {
    format: FORMAT,
    chain: 'factom development chain',
    genesis: decodeDirectoryBlock(genesis.directory).keyMr,
    startHeight: genesis.height,
  }
}

/** The genesis of a chain that is there. */
function checkManifest(path: string, wanted: number | undefined): SavedBlock {
  let found: Record<string, unknown>
  try {
    // Chains from before there was a choice begin at 0.
    found = { startHeight: 0, ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) }
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `${path} is damaged: restore it or use another directory`, { cause })
  }
  const { startHeight } = found
  const known = typeof startHeight === 'number' && startHeight >= 0 && startHeight <= MAX_START_HEIGHT
  const genesis = genesisBlock(known ? Math.floor(startHeight) : 0)
  const other = Object.entries(manifestOf(genesis)).find(([key, value]) => found[key] !== value)
  if (other)
    throw fail('E_DEVCHAIN_FOREIGN', `${path} belongs to another chain (${other[0]}): use another directory`)
  if (wanted !== undefined && wanted !== genesis.height)
    throw fail(
      'E_DEVCHAIN_FOREIGN',
      `${path} belongs to a chain that begins at height ${genesis.height}: use another directory`,
    )
  return genesis
}

function heightsIn(folder: string, first: number): number[] {
  const heights = readdirSync(folder)
    .filter((name) => !LEFTOVER.test(name))
    .map((name) => (/^\d{9}\.json$/.test(name) ? Number.parseInt(name, 10) : Number.NaN))
    .sort((a, b) => a - b)
  const gap = heights.findIndex((height, i) => height !== first + i)
  if (gap >= 0)
    throw fail(
      'E_DEVCHAIN_DAMAGED',
      `${folder} lacks the block of height ${first + gap}, or has a strange file`,
    )
  return heights
}

interface BlockJson {
  readonly height: number
  readonly keymr: string
  readonly directoryBlock: string
  readonly adminBlock: string
  readonly entryCreditBlock: string
  readonly factoidBlock: string
  readonly entryBlocks: readonly { readonly raw: string; readonly entries: readonly string[] }[]
}

/** Hex of all parts, with the key MR for a person who looks. */
export function blockText(block: SavedBlock): string {
  const json: BlockJson = {
    height: block.height,
    keymr: decodeDirectoryBlock(block.directory).keyMr,
    directoryBlock: toHex(block.directory),
    adminBlock: toHex(block.admin),
    entryCreditBlock: toHex(block.entryCredit),
    factoidBlock: toHex(block.factoid),
    entryBlocks: block.entryBlocks.map(({ raw, entries }) => ({
      raw: toHex(raw),
      entries: entries.map(toHex),
    })),
  }
  return `${JSON.stringify(json)}\n`
}

function readBlock(path: string, height: number): SavedBlock {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw storeError(`cannot read ${path}`, cause)
  }
  try {
    const json = JSON.parse(text) as BlockJson
    if (json.height !== height) throw new RangeError('another height')
    return {
      height,
      directory: hexBytes(json.directoryBlock),
      admin: hexBytes(json.adminBlock),
      entryCredit: hexBytes(json.entryCreditBlock),
      factoid: hexBytes(json.factoidBlock),
      entryBlocks: json.entryBlocks.map(({ raw, entries }) => ({
        raw: hexBytes(raw),
        entries: entries.map(hexBytes),
      })),
    }
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `${path} is damaged: restore it or use another directory`, { cause })
  }
}
