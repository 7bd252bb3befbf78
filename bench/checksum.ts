/**
 * One number for the hashes of a fixed range of nonces, so that a wrong kernel cannot pass for a fast one. It does not
 * depend on threads, lanes or order.
 */
import type { Hasher } from '../lxrhash/index.js'

/** The record hash: bytes 0 to 31. Its nonces are the counters 1 to NONCES without a prefix, of one and two bytes. */
export const CHECKSUM_RECORD = Uint8Array.from({ length: 32 }, (_, k) => k)
export const NONCES = 4096

const WORD = (1n << 64n) - 1n

/** Makes one number of a counter and its difficulty; swapped difficulties would not cancel out. */
export function mix(counter: bigint, difficulty: bigint): bigint {
  let z = difficulty ^ ((counter * 0x9e3779b97f4a7c15n) & WORD)
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD
  return z ^ (z >> 27n)
}

/** Of counters `from` to `from + count - 1` of the record that is loaded; parts of a range are put together by ^. */
export function checksumOf(hasher: Pick<Hasher, 'search'>, from: number, count: number): bigint {
  let sum = 0n
  hasher.search(BigInt(from), count, 0n, (counter, difficulty) => {
    sum ^= mix(counter, difficulty)
  })
  return sum
}

/** The part of the range that one of several threads does. */
export function partOf(slot: number, threads: number): { readonly from: number; readonly count: number } {
  const begin = Math.floor((slot * NONCES) / threads)
  return { from: 1 + begin, count: Math.floor(((slot + 1) * NONCES) / threads) - begin }
}

export const checksumText = (checksum: bigint): string => checksum.toString(16).padStart(16, '0')

/**
 * By map bits, for PegNet's seed, five passes, 256 hash bits. All of them were computed with the Go reference
 * (github.com/pegnet/LXRHash, `Hash`), which knows nothing of lanes.
 */
export const CHECKSUMS: Readonly<Record<number, string>> = {
  8: 'bab5c728309a334c',
  9: '46395c1cb2119a16',
  10: 'feb753cef3cc37e4',
  11: 'd9a48cde558af650',
  12: '5e35af18d59691aa',
  13: '0dbea5b89f40e325',
  14: 'bc0d634ace1a733c',
  15: '9235c3f7edb47b28',
  16: '5c711184045fe4a2',
  17: 'c3591219340044d5',
  18: '8feb4384d093126c',
  19: 'dc7929f87d6c7261',
  20: '4483b4b55d21849a',
  21: '3230f112317f1300',
  22: 'fc3e9b27576892c7',
  23: '9eaf0a707bc9b690',
  24: '269f85462c20bc1b',
  25: 'ed9d8418af2e9351',
  26: 'b05780e1880797c5',
  27: '90b18cf0e2a16fdf',
  28: '4dc9143c89c23041',
  30: '5c568651ba652ead',
}

/** Null if there is no reference for this size. */
export function checksumOk(bits: number, checksum: string): boolean | null {
  const reference = CHECKSUMS[bits]
  return reference === undefined ? null : reference === checksum
}
