/**
 * The mining loop: nonces base ‖ counter for a range of counters, many lanes at a time; what lies above the floor is
 * written down as a candidate.
 */
import { read, readFirst, stepLanes } from './lanes'
import {
  A,
  BASE_A,
  BASE_BYTES,
  BASE_HS,
  BASE_LENGTH,
  BASE_S1,
  BASE_S2,
  BASE_S3,
  BATCH,
  CANDIDATES,
  CANDIDATE_COUNT,
  CANDIDATE_LIMIT,
  FLOOR,
  HASH_BYTES,
  HS,
  LANES,
  LAST_A,
  LEFT,
  MASK,
  NEXT_COUNTER,
  NEXT_X,
  ONE_A,
  ONE_HS,
  ONE_S1,
  ONE_S2,
  ONE_S3,
  READ,
  S1,
  S2,
  S3,
  STEP,
  STRIDE,
  X,
} from './layout'
import { Outside } from './outside'
import { begin, fastPass } from './single'

/** The fast pass over the BASE_LENGTH bytes at BASE_BYTES, which all nonces have in common: once per record. */
export function loadBase(scratch: usize): void {
  begin(scratch)
  fastPass(scratch, scratch + BASE_BYTES, load<u32>(scratch, BASE_LENGTH), 0)
  memory.copy(scratch + BASE_A, scratch + ONE_A, 32)
  memory.copy(scratch + BASE_HS, scratch + ONE_HS, 64 * 8)
}

/** Bytes of a counter without leading zeros; 1 for counters up to 255. */
@inline
function counterLength(counter: u64): u32 {
  return 8 - (<u32>clz(counter | 1) >> 3)
}

/** Writes one value to all lanes at `to`. */
@inline
function spread(to: usize, lanes: u32, value: u64): void {
  const end = to + (<usize>lanes << 3)
  for (let p = to; p < end; p += 8) store<u64>(p, value)
}

/** Writes each lane's counter byte to the lanes at `to`; `shift` says which byte. Lane k has counter `first` + k. */
@inline
function spreadCounter(to: usize, lanes: u32, first: u64, shift: u64): void {
  const end = to + (<usize>lanes << 3)
  let counter = first
  for (let p = to; p < end; p += 8) store<u64>(p, (counter++ >> shift) & 0xff)
}

/** Lays the state after the base's fast pass into all lanes. */
function spreadBase(scratch: usize, lanes: u32): void {
  spread(scratch + A, lanes, load<u64>(scratch, BASE_A))
  spread(scratch + S1, lanes, load<u64>(scratch, BASE_S1))
  spread(scratch + S2, lanes, load<u64>(scratch, BASE_S2))
  spread(scratch + S3, lanes, load<u64>(scratch, BASE_S3))
  const hashBytes = <usize>load<u32>(scratch, HASH_BYTES)
  for (let j: usize = 0; j < hashBytes; j++) {
    spread(scratch + HS + j * STRIDE, lanes, load<u64>(scratch + (j << 3), BASE_HS))
  }
}

/** The fast pass over one counter byte, which lies in the lanes of X. `h` is the offset of its row of hs. */
function fastLanes(scratch: usize, lanes: u32, h: usize): void {
  const mask = load<u32>(scratch, MASK)
  const end = scratch + (<usize>lanes << 3)
  let r = scratch
  for (let p = scratch; p < end; p += 8) {
    store<u32>(r, <u32>(load<u64>(p, A) ^ load<u64>(p, X)) & mask, READ)
    r += 4
  }
  read(scratch, lanes)
  r = scratch
  for (let p = scratch; p < end; p += 8) {
    const c = load<u64>(p, X)
    const t = <u64>load<u32>(r, READ)
    let a = load<u64>(p, A)
    let s1 = load<u64>(p, S1)
    a = (a << 7) ^ (a >> 5) ^ (c << 20) ^ (c << 16) ^ c ^ (t << 20) ^ (t << 12) ^ (t << 4)
    s1 = (s1 << 9) ^ (s1 >> 3) ^ load<u64>(p + h)
    store<u64>(p + h, s1 ^ a)
    store<u64>(p, a, A)
    store<u64>(p, load<u64>(p, S3), S1)
    store<u64>(p, load<u64>(p, S2), S3)
    store<u64>(p, s1, S2)
    r += 4
  }
}

/** Reads for the first row of the first step, whose x lies in X. Later steps' first reads belong to row 25. */
@inline
function beginSteps<V>(scratch: usize, lanes: u32): void {
  const mask = load<u32>(scratch, MASK)
  const end = scratch + (<usize>lanes << 3)
  let r = scratch
  for (let p = scratch; p < end; p += 8) {
    store<u32>(r, <u32>((load<u64>(p, A) >> 5) ^ load<u64>(p, X)) & mask, READ)
    r += 4
  }
  readFirst<V>(scratch, lanes)
}

/** Writes x of the step over the byte at `position` to the lanes at `to`. */
@inline
function inputLanes(scratch: usize, to: usize, lanes: u32, position: u32, length: u32, first: u64): void {
  if (position < load<u32>(scratch, BASE_LENGTH)) {
    spread(scratch + to, lanes, <u64>load<u8>(scratch + position, BASE_BYTES))
  } else {
    spreadCounter(scratch + to, lanes, first, <u64>((length - 1 - position) << 3))
  }
}

/** Lanes that are worked on for a batch of so many counters: whole groups of 16. */
@inline
function lanesOf(batch: u32): u32 {
  return (batch + 15) & ~15
}

/**
 * Starts a batch with counters from `first` on: how many it is. All of a batch are of the same length, so it ends
 * before the next power of 256. Does the fast pass and the first reads.
 */
function beginBatch<V>(scratch: usize, first: u64, left: u32): u32 {
  const bits = counterLength(first) << 3
  const toBorder = (bits == 64 ? 0 : <u64>1 << bits) - first
  let batch = min(load<u32>(scratch, LANES), left)
  if (toBorder < <u64>batch) batch = <u32>toBorder

  const lanes = lanesOf(batch)
  const hashBytes = load<u32>(scratch, HASH_BYTES)
  const base = load<u32>(scratch, BASE_LENGTH)
  const length = base + counterLength(first)
  spreadBase(scratch, lanes)
  for (let i = base; i < length; i++) {
    inputLanes(scratch, X, lanes, i, length, first)
    fastLanes(scratch, lanes, HS + <usize>(i % hashBytes) * STRIDE)
  }
  inputLanes(scratch, X, lanes, 0, length, first)
  beginSteps<V>(scratch, lanes)
  return batch
}

/** Step number `step` of a batch: first over the input, then the reduction. True for the last one. */
@inline
function batchStep<V>(scratch: usize, step: u32, batch: u32, first: u64): bool {
  const lanes = lanesOf(batch)
  const hashBytes = load<u32>(scratch, HASH_BYTES)
  const length = load<u32>(scratch, BASE_LENGTH) + counterLength(first)
  if (step < length) {
    const h = HS + <usize>(step % hashBytes) * STRIDE
    if (step + 1 < length) {
      inputLanes(scratch, NEXT_X, lanes, step + 1, length, first)
      stepLanes<V>(scratch, lanes, h, NEXT_X)
    } else {
      stepLanes<V>(scratch, lanes, h, HS + <usize>(hashBytes - 1) * STRIDE)
    }
    return false
  }
  const k = hashBytes - 1 - (step - length)
  const h = HS + <usize>k * STRIDE
  stepLanes<V>(scratch, lanes, h, k > 0 ? h - STRIDE : h)
  if (k < 8) memory.copy(scratch + LAST_A + <usize>k * STRIDE, scratch + A, <usize>lanes << 3)
  return k == 0
}

/** Output byte `k` (0 to 7) of one lane. Only those 8 of the output are ever needed here: they are the difficulty. */
@inline
function outputByte(p: usize, k: usize, mask: u32): u64 {
  const a = load<u8>(<usize>(load<u32>(p + k * STRIDE, LAST_A) & mask))
  const h = load<u8>(<usize>(load<u32>(p + k * STRIDE, HS) & mask))
  return <u64>(a ^ h)
}

/** Appends those of the lanes whose difficulty is above the floor. Most fail at the first byte: two reads, not 16. */
function collect(scratch: usize, batch: u32, first: u64): void {
  const mask = load<u32>(scratch, MASK)
  const floor = load<u64>(scratch, FLOOR)
  const floorTop = floor >> 56
  let count = load<u32>(scratch, CANDIDATE_COUNT)
  for (let lane: u32 = 0; lane < batch; lane++) {
    const p = scratch + (<usize>lane << 3)
    let difficulty = outputByte(p, 0, mask)
    if (difficulty < floorTop) continue
    for (let k: usize = 1; k < 8; k++) difficulty = (difficulty << 8) | outputByte(p, k, mask)
    if (difficulty <= floor) continue
    const candidate = scratch + (<usize>count << 4)
    store<u64>(candidate, first + lane, CANDIDATES)
    store<u64>(candidate, difficulty, CANDIDATES + 8)
    count++
  }
  store<u32>(scratch, count, CANDIDATE_COUNT)
}

/** Sets what `searchOn` works through: base ‖ counter for `count` counters from `start` (1 or more) on. */
export function searchBegin(scratch: usize, start: u64, count: u32, floor: u64): void {
  store<u64>(scratch, start, NEXT_COUNTER)
  store<u64>(scratch, floor, FLOOR)
  store<u32>(scratch, count, LEFT)
  store<u32>(scratch, 0, BATCH)
}

/**
 * Goes on with the search for at most `steps` steps; one hash of a 36-byte input takes 68, whatever the lanes. Writes
 * what has a difficulty above the floor to CANDIDATES, in place of what was there, and stops early when the candidates
 * of another batch might not fit.
 *
 * @returns how many counters are left; those of a batch that is under way count as left
 */
@inline
function searchOnWith<V>(scratch: usize, steps: u32): u32 {
  store<u32>(scratch, 0, CANDIDATE_COUNT)
  let first = load<u64>(scratch, NEXT_COUNTER)
  let left = load<u32>(scratch, LEFT)
  let batch = load<u32>(scratch, BATCH)
  let step = load<u32>(scratch, STEP)
  for (let budget = steps; budget > 0 && left > 0; budget--) {
    if (batch == 0) {
      if (load<u32>(scratch, CANDIDATE_COUNT) + load<u32>(scratch, LANES) > <u32>CANDIDATE_LIMIT) break
      batch = beginBatch<V>(scratch, first, left)
      step = 0
    }
    if (!batchStep<V>(scratch, step++, batch, first)) continue
    collect(scratch, batch, first)
    first += batch
    left -= batch
    batch = 0
  }
  store<u64>(scratch, first, NEXT_COUNTER)
  store<u32>(scratch, left, LEFT)
  store<u32>(scratch, batch, BATCH)
  store<u32>(scratch, step, STEP)
  return left
}

/** With the processor's vectors, if the module was compiled for them. */
export function searchOn(scratch: usize, steps: u32): u32 {
  if (ASC_FEATURE_SIMD) return searchOnWith<v128>(scratch, steps)
  else return searchOnWith<u64>(scratch, steps)
}

/** Without vectors: the same results. */
export function searchOnScalar(scratch: usize, steps: u32): u32 {
  return searchOnWith<u64>(scratch, steps)
}

/** With steps that are done outside: the same results. */
export function searchOnOutside(scratch: usize, steps: u32): u32 {
  return searchOnWith<Outside>(scratch, steps)
}
