/** The counter at the end of a nonce. */
import { fail } from './errors.js'

const LARGEST = (1n << 64n) - 1n

/** Big-endian without leading zeros. 1 to 2^64 - 1, else E_LXR_INPUT. */
export function counterBytes(counter: bigint): Uint8Array {
  checkCounter(counter)
  const hex = counter.toString(16)
  return Uint8Array.from(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
}

export function checkCounter(counter: bigint): void {
  if (counter < 1n || counter > LARGEST) {
    throw fail('E_LXR_INPUT', `counter must be from 1 to 2^64 - 1, not ${counter}`)
  }
}
