/**
 * Which nonces a slot hashes: two prefix bytes, machine id and slot, then a minimal big-endian counter from 1.
 * Machines and threads never overlap. Any nonce of any length is valid on the chain
 * (docs/protocol/records-and-grading.md#nonces).
 */
import { counterBytes } from '../../lxrhash/index.js'

/** Machine ids and slots are one byte each. */
export const PREFIX_LIMIT = 256

/** The two bytes before the counter. Both 0 to 255: the options are checked before anything begins. */
export function noncePrefix(machineId: number, slot: number): Uint8Array {
  return Uint8Array.of(machineId, slot)
}

/** The whole nonce, as it stands in the entry. */
export function nonceOf(prefix: Uint8Array, counter: bigint): Uint8Array {
  const tail = counterBytes(counter)
  const nonce = new Uint8Array(prefix.length + tail.length)
  nonce.set(prefix)
  nonce.set(tail, prefix.length)
  return nonce
}
