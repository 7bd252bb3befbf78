/** One hash of any input, one byte after the other (docs/protocol/lxrhash.md#hash). */
import { HASH_BYTES, INPUT, MASK, ONE_A, ONE_HS, ONE_S1, ONE_S2, ONE_S3, OUTPUT, SEED } from './layout'

/** The ByteMap starts at address 0, so a masked index is an address. */
@inline
function read(mask: u32, index: u64): u64 {
  return load<u8>(<usize>(<u32>index & mask))
}

/** Sets the registers and hs to the state before the first byte. */
export function begin(scratch: usize): void {
  store<u64>(scratch, load<u64>(scratch, SEED), ONE_A)
  store<u64>(scratch, 0, ONE_S1)
  store<u64>(scratch, 0, ONE_S2)
  store<u64>(scratch, 0, ONE_S3)
  memory.fill(scratch + ONE_HS, 0, 64 * 8)
}

/**
 * The fast pass over `length` bytes at `bytes`; `position` is the first one's place in the whole input. May be called
 * piece by piece.
 */
export function fastPass(scratch: usize, bytes: usize, length: u32, position: u32): void {
  const mask = load<u32>(scratch, MASK)
  const hashBytes = load<u32>(scratch, HASH_BYTES)
  let a = load<u64>(scratch, ONE_A)
  let s1 = load<u64>(scratch, ONE_S1)
  let s2 = load<u64>(scratch, ONE_S2)
  let s3 = load<u64>(scratch, ONE_S3)
  let j = position % hashBytes
  for (let i: u32 = 0; i < length; i++) {
    const c = <u64>load<u8>(bytes + i)
    const t = read(mask, a ^ c)
    const slot = scratch + ONE_HS + (<usize>j << 3)
    a = (a << 7) ^ (a >> 5) ^ (c << 20) ^ (c << 16) ^ c ^ (t << 20) ^ (t << 12) ^ (t << 4)
    s1 = (s1 << 9) ^ (s1 >> 3) ^ load<u64>(slot)
    store<u64>(slot, s1 ^ a)
    const last = s3
    s3 = s2
    s2 = s1
    s1 = last
    if (++j == hashBytes) j = 0
  }
  store<u64>(scratch, a, ONE_A)
  store<u64>(scratch, s1, ONE_S1)
  store<u64>(scratch, s2, ONE_S2)
  store<u64>(scratch, s3, ONE_S3)
}

/** One step: 25 reads, each with an index that needs the read before it. `x` is a byte, or a whole word of hs. */
function step(scratch: usize, x: u64, slot: usize): void {
  const mask = load<u32>(scratch, MASK)
  let a = load<u64>(scratch, ONE_A)
  let s1 = load<u64>(scratch, ONE_S1)
  let s2 = load<u64>(scratch, ONE_S2)
  const s3 = load<u64>(scratch, ONE_S3)
  let h = load<u64>(slot)

  s1 = (s1 << 9) ^ (s1 >> 1) ^ a ^ (read(mask, (a >> 5) ^ x) << 3)
  s1 = (s1 << 5) ^ (s1 >> 3) ^ (read(mask, s1 ^ x) << 7)
  s1 = (s1 << 7) ^ (s1 >> 7) ^ (read(mask, a ^ (s1 >> 7)) << 5)
  s1 = (s1 << 11) ^ (s1 >> 5) ^ (read(mask, x ^ (a >> 11) ^ s1) << 27)
  h = s1 ^ a ^ (h << 7) ^ (h >> 13)

  a = (a << 17) ^ (a >> 5) ^ s1 ^ (read(mask, a ^ (s1 >> 27) ^ x) << 3)
  a = (a << 13) ^ (a >> 3) ^ (read(mask, a ^ s1) << 7)
  a = (a << 15) ^ (a >> 7) ^ (read(mask, (a >> 7) ^ s1) << 11)
  a = (a << 9) ^ (a >> 11) ^ (read(mask, x ^ a ^ s1) << 3)

  s1 = (s1 << 7) ^ (s1 >> 27) ^ a ^ (read(mask, a >> 3) << 13)
  s1 = (s1 << 3) ^ (s1 >> 13) ^ (read(mask, s1 ^ x) << 11)
  s1 = (s1 << 8) ^ (s1 >> 11) ^ (read(mask, a ^ (s1 >> 11)) << 9)
  s1 = (s1 << 6) ^ (s1 >> 9) ^ (read(mask, x ^ a ^ s1) << 3)

  a = (a << 23) ^ (a >> 3) ^ s1 ^ (read(mask, a ^ x ^ (s1 >> 3)) << 7)
  a = (a << 17) ^ (a >> 7) ^ (read(mask, a ^ (s1 >> 3)) << 5)
  a = (a << 13) ^ (a >> 5) ^ (read(mask, (a >> 5) ^ s1) << 1)
  a = (a << 11) ^ (a >> 1) ^ (read(mask, x ^ a ^ s1) << 7)

  s1 = (s1 << 5) ^ (s1 >> 3) ^ a ^ (read(mask, (a >> 7) ^ (s1 >> 3)) << 6)
  s1 = (s1 << 8) ^ (s1 >> 6) ^ (read(mask, s1 ^ x) << 11)
  s1 = (s1 << 11) ^ (s1 >> 11) ^ (read(mask, a ^ (s1 >> 11)) << 5)
  s1 = (s1 << 7) ^ (s1 >> 5) ^ (read(mask, x ^ (a >> 7) ^ a ^ s1) << 17)

  s2 = (s2 << 3) ^ (s2 >> 17) ^ s1 ^ (read(mask, a ^ (s2 >> 5) ^ x) << 13)
  s2 = (s2 << 6) ^ (s2 >> 13) ^ (read(mask, s2) << 11)
  s2 = (s2 << 11) ^ (s2 >> 11) ^ (read(mask, a ^ s1 ^ (s2 >> 11)) << 23)
  s2 = (s2 << 4) ^ (s2 >> 23) ^ (read(mask, x ^ (a >> 8) ^ a ^ (s2 >> 10)) << 1)

  s1 = (s2 << 3) ^ (s2 >> 1) ^ h ^ x
  a = (a << 9) ^ (a >> 7) ^ (s1 >> 1) ^ (read(mask, (s2 >> 1) ^ h) << 5)

  store<u64>(slot, h)
  store<u64>(scratch, a, ONE_A)
  store<u64>(scratch, s3, ONE_S1)
  store<u64>(scratch, s1, ONE_S2)
  store<u64>(scratch, s2, ONE_S3)
}

/** The step pass over `length` bytes at `bytes`; like `fastPass`, piece by piece. */
export function stepPass(scratch: usize, bytes: usize, length: u32, position: u32): void {
  const hashBytes = load<u32>(scratch, HASH_BYTES)
  let j = position % hashBytes
  for (let i: u32 = 0; i < length; i++) {
    step(scratch, <u64>load<u8>(bytes + i), scratch + ONE_HS + (<usize>j << 3))
    if (++j == hashBytes) j = 0
  }
}

/** The reduction: folds hs into the output bytes. */
export function finish(scratch: usize): void {
  const mask = load<u32>(scratch, MASK)
  for (let k = <i32>load<u32>(scratch, HASH_BYTES) - 1; k >= 0; k--) {
    const slot = scratch + ONE_HS + (<usize>k << 3)
    step(scratch, load<u64>(slot), slot)
    const byte = read(mask, load<u64>(scratch, ONE_A)) ^ read(mask, load<u64>(slot))
    store<u8>(scratch + <usize>k, <u8>byte, OUTPUT)
  }
}

/** The hash of at most INPUT_LIMIT bytes at INPUT. */
export function hashInput(scratch: usize, length: u32): void {
  begin(scratch)
  fastPass(scratch, scratch + INPUT, length, 0)
  stepPass(scratch, scratch + INPUT, length, 0)
  finish(scratch)
}
