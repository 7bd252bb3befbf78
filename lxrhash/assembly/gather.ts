/** The memory's limit: random reads of the ByteMap and nothing else. What hashing is measured against. */

/** Four numbers of a congruential generator each (modulus 2^32, its high bits are the random ones). */
@inline
function next(state: v128): v128 {
  return i32x4.add(i32x4.mul(state, i32x4.splat(1664525)), i32x4.splat(1013904223))
}

/** Reads at the top bits of four numbers. The bytes do not matter, but without a use of them they would not be read. */
@inline
function read4(state: v128, shift: i32): u32 {
  const at = i32x4.shr_u(state, shift)
  return (
    load<u8>(<usize>(<u32>i32x4.extract_lane(at, 0))) ^
    load<u8>(<usize>(<u32>i32x4.extract_lane(at, 1))) ^
    load<u8>(<usize>(<u32>i32x4.extract_lane(at, 2))) ^
    load<u8>(<usize>(<u32>i32x4.extract_lane(at, 3)))
  )
}

/**
 * Reads `count` bytes (a multiple of 16) at random places of the ByteMap. No place depends on a byte, so that as many
 * reads are under way as the processor can keep.
 *
 * @param bits of the ByteMap
 * @param seed a number that was not given lately: equal ones read equal places
 * @returns a number made of all bytes
 */
export function gather(bits: u32, count: u32, seed: u32): u32 {
  if (ASC_FEATURE_SIMD) return gatherVectors(bits, count, seed)
  else return gatherScalar(bits, count, seed)
}

function gatherVectors(bits: u32, count: u32, seed: u32): u32 {
  const shift = 32 - <i32>bits
  let one = i32x4.add(i32x4.splat(seed), i32x4(0x2545f491, 0x6c078965, 0x9908b0df, 0x5bd1e995))
  let two = i32x4.add(one, i32x4.splat(0x3c6ef372))
  let three = i32x4.add(two, i32x4.splat(0x78dde6e5))
  let four = i32x4.add(three, i32x4.splat(0x1b873593))
  let sum: u32 = 0
  for (let done: u32 = 0; done < count; done += 16) {
    one = next(one)
    two = next(two)
    three = next(three)
    four = next(four)
    sum ^= read4(one, shift) ^ read4(two, shift) ^ read4(three, shift) ^ read4(four, shift)
  }
  return sum
}

@inline
function read1(state: u32, shift: u32): u32 {
  return load<u8>(<usize>(state >> shift))
}

function gatherScalar(bits: u32, count: u32, seed: u32): u32 {
  const shift = 32 - bits
  let one = seed + 0x2545f491
  let two = seed + 0x6c078965
  let sum: u32 = 0
  for (let done: u32 = 0; done < count; done += 2) {
    one = one * 1664525 + 1013904223
    two = two * 1664525 + 1013904223
    sum ^= read1(one, shift) ^ read1(two, shift)
  }
  return sum
}
