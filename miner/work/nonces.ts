/**
 * The nonces of a record are one space: a counter from 1, big-endian without leading zeros. A lease is a range of
 * counters. Machines with the same id are given different leases, threads of one machine take theirs from the machine's
 * in ascending order; so none hashes what another has hashed, and short nonces come first: each byte less saves 26 of
 * some 1,700 reads a hash. The first 16.7 million inputs have 35 bytes, the next 4.3 billion 36. Machines with another
 * id than 0 put a zero byte and their id before the counter: no counter begins with a zero byte. Any nonce of any length is valid on the chain
 * (docs/protocol/records-and-grading.md#nonces).
 */
import { counterBytes } from '../../lxrhash/index.js'

/** Machine ids and slots are one byte each. */
export const PREFIX_LIMIT = 256
/** Prefix and a counter of eight bytes. */
export const LONGEST_NONCE_BYTES = 10

/** The counters from `from` up to, but without, `to`. */
export interface Lease {
  readonly from: bigint
  readonly to: bigint
}

/** More than any machine hashes; far enough from 2^64 that adding to it never wraps around. */
export const WHOLE_SPACE: Lease = { from: 1n, to: 1n << 63n }

/** What stands before the counter. 0 to 255: the options are checked before anything begins. */
export function noncePrefix(machineId: number): Uint8Array {
  return machineId === 0 ? new Uint8Array() : Uint8Array.of(0, machineId)
}

/** The whole nonce, as it stands in the entry. */
export function nonceOf(prefix: Uint8Array, counter: bigint): Uint8Array {
  const tail = counterBytes(counter)
  const nonce = new Uint8Array(prefix.length + tail.length)
  nonce.set(prefix)
  nonce.set(tail, prefix.length)
  return nonce
}
