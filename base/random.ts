/** Numbers that look random and follow from a seed: the same seed gives the same numbers on every machine. */
import { sha256 } from './bytes.js'

/** Numbers from 0 up to, not including, 1 (sfc32, 128 bits of state, begun with the SHA-256 of the seed). */
export function randomNumbers(seed: string): () => number {
  const begun = Buffer.from(sha256(new TextEncoder().encode(seed)))
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => begun.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ]
  return () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
}

/** A number of the normal distribution (Box and Muller). */
export const normalNumber = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
