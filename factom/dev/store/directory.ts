/** The data directory: `chain.json`, `blocks/<height>.json`, `journal.jsonl`, `lock`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { toHex } from '../../bytes.js'
import type { SavedBlock } from '../blocks/index.js'
import { decodeDirectoryBlock, hexBytes } from '../blocks/index.js'
import { fail } from '../errors.js'
import { makeFolder, storeError, writeWhole } from './files.js'

const FORMAT = 1
/** Digits of a block's file name, so that names sort by height. */
const DIGITS = 9
/** What a start that was cut off may leave before there is a manifest. */
const LEFTOVER = /^(?:lock|.*\.new)$/

export interface BlockFiles {
  /** Heights of the blocks on disk above genesis; they are contiguous from 1. */
  readonly heights: readonly number[]
  readonly journalPath: string
  load(height: number): SavedBlock
  save(block: SavedBlock): void
}

/**
 * Opens or begins the directory. `E_DEVCHAIN_FOREIGN` if it holds something else, or a chain of another genesis;
 * then nothing in it is touched.
 */
export function openDirectory(path: string, genesisKeyMr: string): BlockFiles {
  const manifest = join(path, 'chain.json')
  const blocks = join(path, 'blocks')
  const expected = { format: FORMAT, chain: 'factom development chain', genesis: genesisKeyMr }
  if (existsSync(manifest)) checkManifest(manifest, expected)
  else {
    if (readdirSync(path).some((name) => !LEFTOVER.test(name)))
      throw fail(
        'E_DEVCHAIN_FOREIGN',
        `${path} is not empty and not a development chain: use another directory`,
      )
    writeWhole(manifest, `${JSON.stringify(expected)}\n`)
  }
  makeFolder(blocks)
  const fileOf = (height: number) => join(blocks, `${String(height).padStart(DIGITS, '0')}.json`)
  return {
    heights: heightsIn(blocks),
    journalPath: join(path, 'journal.jsonl'),
    load: (height) => readBlock(fileOf(height), height),
    save: (block) => writeWhole(fileOf(block.height), blockText(block)),
  }
}

function checkManifest(path: string, expected: Readonly<Record<string, unknown>>): void {
  let found: Record<string, unknown>
  try {
    found = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `${path} is damaged: restore it or use another directory`, { cause })
  }
  const other = Object.keys(expected).find((key) => found[key] !== expected[key])
  if (other !== undefined)
    throw fail('E_DEVCHAIN_FOREIGN', `${path} belongs to another chain (${other}): use another directory`)
}

function heightsIn(folder: string): number[] {
  const heights = readdirSync(folder)
    .filter((name) => !name.endsWith('.new'))
    .map((name) => (/^\d{9}\.json$/.test(name) ? Number.parseInt(name, 10) : Number.NaN))
    .sort((a, b) => a - b)
  const gap = heights.findIndex((height, i) => height !== i + 1)
  if (gap >= 0)
    throw fail('E_DEVCHAIN_DAMAGED', `${folder} lacks the block of height ${gap + 1}, or has a strange file`)
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
