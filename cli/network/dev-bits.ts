/**
 * The size of the ByteMap of an embedded chain: its records are void by any other. It is noted beside the chain when
 * that is begun.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseJson, writeWhole } from '../../base/index.js'
import { networkOf } from '../../pegnet/index.js'
import { mistake } from '../../config/index.js'

const DEFAULT_BITS = networkOf('dev').defaultBits
/** Of chains that were begun before sizes were noted. */
const BITS_WITHOUT_NOTE = 24

export const chainFolder = (dataDir: string): string => join(dataDir, 'chain')
const noteOf = (dataDir: string): string => join(chainFolder(dataDir), 'bytemap.json')

/** Whether there is a chain already. */
export const isBegun = (dataDir: string): boolean => existsSync(join(chainFolder(dataDir), 'chain.json'))

export function noteBits(dataDir: string, bits: number): void {
  writeWhole(noteOf(dataDir), `${JSON.stringify({ bits })}\n`)
}

/**
 * The size as a power of two, for the chain in a data directory, or for one that is begun there. Throws
 * `E_CONFIG_NETWORK` if the chain has another than what is wanted.
 */
export function devBits(dataDir: string, wanted: number | undefined): number {
  const noted = readNote(noteOf(dataDir))
  if (noted === undefined) return wanted ?? (isBegun(dataDir) ? BITS_WITHOUT_NOTE : DEFAULT_BITS)
  if (wanted === undefined || wanted === noted) return noted
  throw refused(
    `the chain in ${chainFolder(dataDir)} was begun with --bits ${noted}: leave --bits out, or begin another chain with another --data-dir`,
  )
}

function readNote(file: string): number | undefined {
  if (!existsSync(file)) return undefined
  const { bits } = (parsed(file) ?? {}) as { readonly bits?: unknown }
  if (typeof bits === 'number' && Number.isInteger(bits) && bits >= 8 && bits <= 31) return bits
  throw refused(
    `${file} is damaged: write {"bits":N} into it, with the --bits that the chain was begun with (${DEFAULT_BITS} unless you chose others), or use another --data-dir`,
  )
}

function parsed(file: string): unknown {
  try {
    return parseJson(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const refused = (text: string): Error => mistake('E_CONFIG_NETWORK', text, 'lxrhash.bits')
