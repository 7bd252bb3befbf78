/**
 * LXRHash once more, in plain BigInts, line by line as in docs/protocol/lxrhash.md#step: a second opinion for the
 * tests. Nothing of the program uses it; it is some thousand times slower than the kernel.
 *
 * 64 bits are cut with `&`: the optimising compiler of Node.js 20 aborts the process on hot loops of BigInt.asUintN.
 */
import type { LxrParams } from './params.js'

const WORD = (1n << 64n) - 1n

/** r≪left ⊕ r≫right, in 64 bits. */
const turn = (r: bigint, left: bigint, right: bigint): bigint => ((r << left) & WORD) ^ (r >> right)

/** docs/protocol/lxrhash.md#bytemap */
export function referenceByteMap({ seed, bits, passes }: LxrParams): Uint8Array {
  const size = 2 ** bits
  const mask = BigInt(size - 1)
  const map = Uint8Array.from({ length: size }, (_, index) => index)
  let o = seed ^ 2458719153079158768n
  let b = seed ^ 4631534797403582785n
  let v = 3523455478921636871n
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < size; i++) {
      o = turn(o, 9n, 1n) ^ (o >> 7n) ^ b
      v = BigInt(map[Number((o ^ b) & mask)] as number) ^ turn(v, 8n, 1n)
      b = ((v << 7n) ^ (v << 13n) ^ (v << 33n) ^ (v << 52n) ^ (b << 9n) ^ (b >> 1n)) & WORD
      const j = Number(o & mask)
      const mine = map[i] as number
      map[i] = map[j] as number
      map[j] = mine
    }
  }
  return map
}

/** docs/protocol/lxrhash.md#hash */
export function referenceHash(map: Uint8Array, { seed, hashBits }: LxrParams, input: Uint8Array): Uint8Array {
  const mask = BigInt(map.length - 1)
  const read = (index: bigint): bigint => BigInt(map[Number(index & mask)] as number)
  const length = hashBits / 8
  const hs = Array.from({ length }, () => 0n)
  let a = seed
  let [s1, s2, s3] = [0n, 0n, 0n]

  input.forEach((byte, position) => {
    const c = BigInt(byte)
    const j = position % length
    const t = read(a ^ c)
    a = turn(a, 7n, 5n) ^ (c << 20n) ^ (c << 16n) ^ c ^ (t << 20n) ^ (t << 12n) ^ (t << 4n)
    s1 = turn(s1, 9n, 3n) ^ (hs[j] as bigint)
    hs[j] = s1 ^ a
    ;[s1, s2, s3] = [s3, s1, s2]
  })

  const step = (x: bigint, j: number): void => {
    s1 = turn(s1, 9n, 1n) ^ a ^ (read((a >> 5n) ^ x) << 3n)
    s1 = turn(s1, 5n, 3n) ^ (read(s1 ^ x) << 7n)
    s1 = turn(s1, 7n, 7n) ^ (read(a ^ (s1 >> 7n)) << 5n)
    s1 = turn(s1, 11n, 5n) ^ (read(x ^ (a >> 11n) ^ s1) << 27n)
    const h = s1 ^ a ^ turn(hs[j] as bigint, 7n, 13n)
    hs[j] = h
    a = turn(a, 17n, 5n) ^ s1 ^ (read(a ^ (s1 >> 27n) ^ x) << 3n)
    a = turn(a, 13n, 3n) ^ (read(a ^ s1) << 7n)
    a = turn(a, 15n, 7n) ^ (read((a >> 7n) ^ s1) << 11n)
    a = turn(a, 9n, 11n) ^ (read(x ^ a ^ s1) << 3n)
    s1 = turn(s1, 7n, 27n) ^ a ^ (read(a >> 3n) << 13n)
    s1 = turn(s1, 3n, 13n) ^ (read(s1 ^ x) << 11n)
    s1 = turn(s1, 8n, 11n) ^ (read(a ^ (s1 >> 11n)) << 9n)
    s1 = turn(s1, 6n, 9n) ^ (read(x ^ a ^ s1) << 3n)
    a = turn(a, 23n, 3n) ^ s1 ^ (read(a ^ x ^ (s1 >> 3n)) << 7n)
    a = turn(a, 17n, 7n) ^ (read(a ^ (s1 >> 3n)) << 5n)
    a = turn(a, 13n, 5n) ^ (read((a >> 5n) ^ s1) << 1n)
    a = turn(a, 11n, 1n) ^ (read(x ^ a ^ s1) << 7n)
    s1 = turn(s1, 5n, 3n) ^ a ^ (read((a >> 7n) ^ (s1 >> 3n)) << 6n)
    s1 = turn(s1, 8n, 6n) ^ (read(s1 ^ x) << 11n)
    s1 = turn(s1, 11n, 11n) ^ (read(a ^ (s1 >> 11n)) << 5n)
    s1 = turn(s1, 7n, 5n) ^ (read(x ^ (a >> 7n) ^ a ^ s1) << 17n)
    s2 = turn(s2, 3n, 17n) ^ s1 ^ (read(a ^ (s2 >> 5n) ^ x) << 13n)
    s2 = turn(s2, 6n, 13n) ^ (read(s2) << 11n)
    s2 = turn(s2, 11n, 11n) ^ (read(a ^ s1 ^ (s2 >> 11n)) << 23n)
    s2 = turn(s2, 4n, 23n) ^ (read(x ^ (a >> 8n) ^ a ^ (s2 >> 10n)) << 1n)
    s1 = turn(s2, 3n, 1n) ^ h ^ x
    a = turn(a, 9n, 7n) ^ (s1 >> 1n) ^ (read((s2 >> 1n) ^ h) << 5n)
    ;[s1, s2, s3] = [s3, s1, s2]
  }

  input.forEach((byte, position) => step(BigInt(byte), position % length))
  const output = new Uint8Array(length)
  for (let k = length - 1; k >= 0; k--) {
    step(hs[k] as bigint, k)
    output[k] = Number(read(a) ^ read(hs[k] as bigint))
  }
  return output
}
