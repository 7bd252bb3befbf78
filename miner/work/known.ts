/**
 * Known answers: hashes of fixed inputs, computed one by one on the main thread, that a worker must find with its
 * many-lane search before it may mine. They catch broken memory, a wrong ByteMap and a lane that goes astray.
 */
import type { Hasher } from '../../lxrhash/index.js'
import { nonceOf } from './nonces.js'

export interface KnownAnswers {
  readonly oprHash: Uint8Array
  readonly prefix: Uint8Array
  readonly answers: readonly { readonly counter: bigint; readonly difficulty: bigint }[]
}

/** Counters of one and of two bytes; of the latter more than any hasher has lanes, with a rest. */
const COUNT = 1024
/** First, last, both sides of the step to two bytes, the last of 512 lanes, and one in the middle. */
const ASKED = [1n, 100n, 255n, 256n, 257n, 767n, 1024n]

/** Computes the known answers on the main thread: a few single hashes. */
export function computeKnownAnswers(hasher: Pick<Hasher, 'difficulty'>): KnownAnswers {
  const oprHash = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1)
  const prefix = Uint8Array.of(0xaa, 0x55)
  const answers = ASKED.map((counter) => ({
    counter,
    difficulty: hasher.difficulty(oprHash, nonceOf(prefix, counter)),
  }))
  return { oprHash, prefix, answers }
}

/** Checks a worker's hasher: null if it finds all answers, else what differs. */
export function checkKnownAnswers(
  hasher: Pick<Hasher, 'load' | 'search'>,
  known: KnownAnswers,
): string | null {
  const found = new Map<bigint, bigint>()
  hasher.load(known.oprHash, known.prefix)
  hasher.search(1n, COUNT, 0n, (counter, difficulty) => found.set(counter, difficulty))
  const wrong = known.answers.find(({ counter, difficulty }) => (found.get(counter) ?? 0n) !== difficulty)
  if (wrong === undefined) return null
  const shown = (found.get(wrong.counter) ?? 0n).toString(16).padStart(16, '0')
  return `nonce ${wrong.counter}: difficulty ${shown} instead of ${wrong.difficulty.toString(16).padStart(16, '0')}`
}
