/** Factom entries: binary form, hash, price, chain ids (docs/protocol/factom.md#entry). */
import { concat, hashBytes, isHash, readUint, sha256, sha512, toHex, uintBytes } from './bytes.js'
import { fail } from './errors.js'

export interface Entry {
  /** 64 lower-case hex digits. */
  readonly chainId: string
  readonly extIds: readonly Uint8Array[]
  readonly content: Uint8Array
}

/** An entry with its binary form and what follows from that: encoded and hashed once. */
export interface SealedEntry extends Entry {
  readonly raw: Uint8Array
  readonly hash: string
  /** Entry credits that it costs. */
  readonly credits: number
}

/** Version, chain id and length of the external-id area; free of charge. */
export const ENTRY_HEADER_BYTES = 35
/** Most bytes of external-id area and content together. */
export const MAX_ENTRY_PAYLOAD = 10240
/** Entry credits that a new chain costs beyond its first entry. */
export const CHAIN_SURCHARGE = 10

/**
 * The binary form: `00 ‖ chain id ‖ u16 size of the area ‖ (u16 length ‖ id)… ‖ content`. An external id may be
 * empty. Throws `E_FACTOM_ENTRY` above the limits.
 */
export function encodeEntry(entry: Entry): Uint8Array {
  if (!isHash(entry.chainId))
    throw fail('E_FACTOM_ENTRY', 'the chain id of an entry must be 64 lower-case hex digits')
  const area = entry.extIds.reduce((sum, id) => sum + 2 + id.length, 0)
  const payload = area + entry.content.length
  if (payload > MAX_ENTRY_PAYLOAD) {
    throw fail('E_FACTOM_ENTRY', `the entry has ${payload} bytes, ${MAX_ENTRY_PAYLOAD} are allowed`)
  }
  return concat(
    Uint8Array.of(0),
    hashBytes(entry.chainId),
    uintBytes(area, 2),
    ...entry.extIds.flatMap((id) => [uintBytes(id.length, 2), id]),
    entry.content,
  )
}

/** The entry of its binary form. Throws `E_FACTOM_ENTRY` for another version, bad lengths or too many bytes. */
export function decodeEntry(raw: Uint8Array): Entry {
  if (raw.length < ENTRY_HEADER_BYTES)
    throw fail('E_FACTOM_ENTRY', `an entry has at least 35 bytes, not ${raw.length}`)
  if (raw.length > ENTRY_HEADER_BYTES + MAX_ENTRY_PAYLOAD) {
    throw fail('E_FACTOM_ENTRY', `the entry has ${raw.length} bytes, more than Factom allows`)
  }
  if (raw[0] !== 0) throw fail('E_FACTOM_ENTRY', `entry version ${raw[0]} is unknown`)
  const end = ENTRY_HEADER_BYTES + readUint(raw, 33, 2)
  if (end > raw.length) throw fail('E_FACTOM_ENTRY', 'the external-id area is longer than the entry')
  const extIds: Uint8Array[] = []
  let at = ENTRY_HEADER_BYTES
  while (at < end) {
    const next = at + 2 + readUint(raw, at, 2)
    if (at + 2 > end || next > end) throw fail('E_FACTOM_ENTRY', 'an external id is longer than its area')
    extIds.push(raw.slice(at + 2, next))
    at = next
  }
  return { chainId: toHex(raw.subarray(1, 33)), extIds, content: raw.slice(end) }
}

/** SHA-256(SHA-512(raw) ‖ raw), hex. */
export function entryHash(raw: Uint8Array): string {
  return toHex(sha256(sha512(raw), raw))
}

/** Entry credits that the entry costs: one for each begun KiB after the header, at least 1. */
export function entryCost(raw: Uint8Array): number {
  return Math.max(1, Math.ceil((raw.length - ENTRY_HEADER_BYTES) / 1024))
}

/** What is sealed already is not encoded again. Throws `E_FACTOM_ENTRY` as `encodeEntry` does. */
export function sealEntry(entry: Entry | SealedEntry): SealedEntry {
  if ('raw' in entry) return entry
  const raw = encodeEntry(entry)
  return { ...entry, raw, hash: entryHash(raw), credits: entryCost(raw) }
}

/** Seals an entry in its binary form. Throws `E_FACTOM_ENTRY` as `decodeEntry` does. */
export function sealedEntry(raw: Uint8Array): SealedEntry {
  return { ...decodeEntry(raw), raw, hash: entryHash(raw), credits: entryCost(raw) }
}

/** The id of the chain whose first entry has these external ids: SHA-256 over the ids' SHA-256 hashes. */
export function chainIdOf(extIds: readonly Uint8Array[]): string {
  return toHex(sha256(...extIds.map((id) => sha256(id))))
}
