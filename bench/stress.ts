/** Hashing that checks itself all the time: finds faulty memory, poor cooling and clock rates that are too high. */
import type { Hasher } from '../lxrhash/index.js'
import { CHECKSUMS, CHECKSUM_RECORD, checksumOf, checksumText, mix, NONCES } from './checksum.js'

/** Nonces of a round without a reference. */
const ROUND_NONCES = 2048
/** Pieces of a repeated range: no multiple of any number of lanes, so each nonce comes to another lane. */
const PIECE_NONCES = 331
/** Every fourth round has the reference's answer; the others change the record, and so reach all of the ByteMap. */
const REFERENCE_EVERY = 4

export interface RoundResult {
  readonly hashes: number
  /** Checks that failed. */
  readonly errors: number
}

/** One round of checks. Rounds of different numbers or slots hash different records. */
export function stressRound(
  hasher: Pick<Hasher, 'load' | 'search' | 'difficulty'>,
  { bits, slot, round }: { readonly bits: number; readonly slot: number; readonly round: number },
): RoundResult {
  const reference = CHECKSUMS[bits]
  if (reference !== undefined && round % REFERENCE_EVERY === 0) {
    hasher.load(CHECKSUM_RECORD, new Uint8Array())
    const right = checksumText(checksumOf(hasher, 1, NONCES)) === reference
    return { hashes: NONCES, errors: right ? 0 : 1 }
  }
  const record = recordOf(slot, round)
  const prefix = Uint8Array.of(slot & 0xff)
  hasher.load(record, prefix)
  let best = { counter: 0, difficulty: -1n }
  let sum = 0n
  hasher.search(1n, ROUND_NONCES, 0n, (counter, difficulty) => {
    sum ^= mix(counter, difficulty)
    if (difficulty > best.difficulty) best = { counter: Number(counter), difficulty }
  })
  let again = 0n
  for (let from = 1; from <= ROUND_NONCES; from += PIECE_NONCES) {
    again ^= checksumOf(hasher, from, Math.min(PIECE_NONCES, ROUND_NONCES + 1 - from))
  }
  const { counter, difficulty } = best
  const tail = counter < 256 ? [counter] : [counter >> 8, counter & 0xff]
  const alone = hasher.difficulty(record, Uint8Array.of(...prefix, ...tail))
  return {
    hashes: 2 * ROUND_NONCES + 1,
    errors: (sum === again ? 0 : 1) + (alone === difficulty ? 0 : 1),
  }
}

/** 32 bytes that look random. */
function recordOf(slot: number, round: number): Uint8Array {
  const words = BigUint64Array.from({ length: 4 }, (_, k) => mix(BigInt(round * 4 + k + 1), BigInt(slot)))
  return new Uint8Array(words.buffer)
}
