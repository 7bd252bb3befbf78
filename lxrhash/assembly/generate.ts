/** Makes the ByteMap (docs/protocol/lxrhash.md#bytemap), and counts its values. */
import { COUNTS, GEN_B, GEN_OFFSET, GEN_V, MASK, SEED } from './layout'

/** Writes 0, 1, … 255, 0, … and sets the generator's state to its start. */
export function generateBegin(scratch: usize): void {
  const seed = load<u64>(scratch, SEED)
  store<u64>(scratch, seed ^ 2458719153079158768, GEN_OFFSET)
  store<u64>(scratch, seed ^ 4631534797403582785, GEN_B)
  store<u64>(scratch, 3523455478921636871, GEN_V)
  const size = load<u32>(scratch, MASK) + 1
  for (let i: u32 = 0; i < size; i += 8) {
    const low = <u64>(i & 0xff)
    store<u64>(<usize>i, low * 0x0101010101010101 + 0x0706050403020100)
  }
}

/**
 * `count` steps of a pass, from place `index` on. The state runs on through all passes.
 *
 * The reference reads at o ⊕ b, where o has just been ⊕-ed with b: the two cancel. Written without b, the read of step n
 * needs the byte of step n-2 and not of n-1, and the processor has two of them under way: 1.7 times as fast. (Compilers
 * of C and Go see that by themselves.)
 */
export function generateSteps(scratch: usize, index: u32, count: u32): void {
  const mask = load<u32>(scratch, MASK)
  let o = load<u64>(scratch, GEN_OFFSET)
  let b = load<u64>(scratch, GEN_B)
  let v = load<u64>(scratch, GEN_V)
  const end = index + count
  for (let i = index; i < end; i++) {
    const at = (o << 9) ^ (o >> 1) ^ (o >> 7)
    o = at ^ b
    v = <u64>load<u8>(<usize>(<u32>at & mask)) ^ (v << 8) ^ (v >> 1)
    b = (v << 7) ^ (v << 13) ^ (v << 33) ^ (v << 52) ^ (b << 9) ^ (b >> 1)
    const j = <usize>(<u32>o & mask)
    const mine = load<u8>(<usize>i)
    const other = load<u8>(j)
    store<u8>(<usize>i, other)
    store<u8>(j, mine)
  }
  store<u64>(scratch, o, GEN_OFFSET)
  store<u64>(scratch, b, GEN_B)
  store<u64>(scratch, v, GEN_V)
}

/**
 * Adds the bytes from `from` on to COUNTS, `length` a multiple of 8. Four counts of each value, so that equal bytes in
 * a row do not wait for each other.
 */
export function countBytes(scratch: usize, from: usize, length: u32): void {
  const counts = scratch + COUNTS
  const end = from + length
  for (let p = from; p != end; p += 8) {
    const word = load<u64>(p)
    countOne(counts, word & 0xff)
    countOne(counts + 1024, (word >> 8) & 0xff)
    countOne(counts + 2048, (word >> 16) & 0xff)
    countOne(counts + 3072, (word >> 24) & 0xff)
    countOne(counts, (word >> 32) & 0xff)
    countOne(counts + 1024, (word >> 40) & 0xff)
    countOne(counts + 2048, (word >> 48) & 0xff)
    countOne(counts + 3072, word >> 56)
  }
}

@inline
function countOne(counts: usize, value: u64): void {
  const at = counts + (<usize>value << 2)
  store<u32>(at, load<u32>(at) + 1)
}
