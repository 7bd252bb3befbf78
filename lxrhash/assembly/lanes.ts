/**
 * LXRHash over many inputs at once ("lanes"), so that the memory always has enough reads to serve. One row of the step
 * is done for all lanes before the next row, in one of two ways.
 *
 * Far, for maps that lie in memory: first compute for all lanes (take in the bytes that were read, work out the next
 * addresses), then read for all lanes, a few instructions each that do nothing else. The processor looks some hundred
 * instructions ahead, so it has as many reads under way as it can.
 *
 * Near, for maps in the processor's second-level cache: the lanes take turns in two halves, one is computed while the
 * other is read. Neither computing nor reading stands still, but both share the processor's view ahead.
 *
 * Outside: the step is another kernel's work (`outside.ts`).
 *
 * Measured on Zen 4, far against near: 2^16 bytes 0.85, 2^20 0.95, 2^24 1.6, 2^28 1.05, 2^30 1.05.
 */
import { MASK, READ } from './layout'
import { stepOutside } from './outside'
import {
  Row1,
  Row2,
  Row3,
  Row4,
  Row5,
  Row6,
  Row7,
  Row8,
  Row9,
  Row10,
  Row11,
  Row12,
  Row13,
  Row14,
  Row15,
  Row16,
  Row17,
  Row18,
  Row19,
  Row20,
  Row21,
  Row22,
  Row23,
  Row24,
  Row25,
} from './rows'

/** Largest mask of a near map: 2^20 bytes. */
const NEAR_MASK: u32 = 0xfffff

@inline
function isNear(scratch: usize): bool {
  return load<u32>(scratch, MASK) <= NEAR_MASK
}

/** Eight lanes. A lane has a u32: the address of its next read, and after it the byte that was read. */
@inline
function read8(r: usize): void {
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ)), READ)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 4)), READ + 4)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 8)), READ + 8)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 12)), READ + 12)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 16)), READ + 16)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 20)), READ + 20)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 24)), READ + 24)
  store<u32>(r, load<u8>(<usize>load<u32>(r, READ + 28)), READ + 28)
}

/** Reads for `lanes` lanes, a multiple of 8. */
export function read(scratch: usize, lanes: u32): void {
  const end = scratch + (<usize>lanes << 2)
  for (let r = scratch; r < end; r += 32) read8(r)
}

/** The first reads of a batch, up to the point where `stepLanes` goes on. */
@inline
export function readFirst<V>(scratch: usize, lanes: u32): void {
  if (!isReference<V>()) read(scratch, isNear(scratch) ? lanes >> 1 : lanes)
}

/** The low halves of four indices, masked: four addresses. */
@inline
function addresses(i: v128, j: v128, mask: v128): v128 {
  return v128.and(i8x16.shuffle(i, j, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27), mask)
}

/** Eight lanes from the bytes that they have read to the addresses that they read next. */
@inline
function compute8<Row, V>(p: usize, r: usize, h: usize, x: usize, mask: u32): void {
  const row = changetype<Row>(0)
  if (isVector<V>()) {
    const masks = i32x4.splat(mask)
    const i0 = row.take<V>(p, p + h, p + x, v128.load_ext<u32>(r, READ))
    const i1 = row.take<V>(p + 16, p + h + 16, p + x + 16, v128.load_ext<u32>(r, READ + 8))
    const i2 = row.take<V>(p + 32, p + h + 32, p + x + 32, v128.load_ext<u32>(r, READ + 16))
    const i3 = row.take<V>(p + 48, p + h + 48, p + x + 48, v128.load_ext<u32>(r, READ + 24))
    v128.store(r, addresses(i0, i1, masks), READ)
    v128.store(r, addresses(i2, i3, masks), READ + 16)
  } else {
    for (let lane: usize = 0; lane < 8; lane++) {
      const q = p + (lane << 3)
      const s = r + (lane << 2)
      store<u32>(s, <u32>row.take<V>(q, q + h, q + x, <u64>load<u32>(s, READ)) & mask, READ)
    }
  }
}

/** One row of all lanes. `h` and `x` are the distances from a lane to its places in hs and in the next x. */
@inline
function farRow<Row, V>(scratch: usize, lanes: u32, h: usize, x: usize): void {
  const mask = load<u32>(scratch, MASK)
  const end = scratch + (<usize>lanes << 3)
  let r = scratch
  for (let p = scratch; p < end; p += 64) {
    compute8<Row, V>(p, r, h, x, mask)
    r += 32
  }
  read(scratch, lanes)
}

/** The same, in turns: the first half has read before and reads again at the end, the second half reads between. */
@inline
function nearRow<Row, V>(scratch: usize, lanes: u32, h: usize, x: usize): void {
  const mask = load<u32>(scratch, MASK)
  const half = <usize>(lanes >> 1)
  let p = scratch
  let r = scratch
  let other = scratch + (half << 2)
  for (let end = scratch + (half << 3); p < end; p += 64) {
    compute8<Row, V>(p, r, h, x, mask)
    read8(other)
    r += 32
    other += 32
  }
  other = scratch
  for (let end = scratch + (half << 4); p < end; p += 64) {
    compute8<Row, V>(p, r, h, x, mask)
    read8(other)
    r += 32
    other += 32
  }
}

/**
 * One step of all lanes, with the first row's bytes already read, up to and with the first reads of the next step.
 *
 * @param lanes how many, a multiple of 16
 * @param h offset of the step's row of hs
 * @param x offset of the lanes of the next step's x
 */
@inline
export function stepLanes<V>(scratch: usize, lanes: u32, h: usize, x: usize): void {
  if (isReference<V>()) stepOutside(lanes, h, x)
  else if (isNear(scratch)) nearStep<V>(scratch, lanes, h, x)
  else farStep<V>(scratch, lanes, h, x)
}

function farStep<V>(scratch: usize, lanes: u32, h: usize, x: usize): void {
  farRow<Row1, V>(scratch, lanes, h, x)
  farRow<Row2, V>(scratch, lanes, h, x)
  farRow<Row3, V>(scratch, lanes, h, x)
  farRow<Row4, V>(scratch, lanes, h, x)
  farRow<Row5, V>(scratch, lanes, h, x)
  farRow<Row6, V>(scratch, lanes, h, x)
  farRow<Row7, V>(scratch, lanes, h, x)
  farRow<Row8, V>(scratch, lanes, h, x)
  farRow<Row9, V>(scratch, lanes, h, x)
  farRow<Row10, V>(scratch, lanes, h, x)
  farRow<Row11, V>(scratch, lanes, h, x)
  farRow<Row12, V>(scratch, lanes, h, x)
  farRow<Row13, V>(scratch, lanes, h, x)
  farRow<Row14, V>(scratch, lanes, h, x)
  farRow<Row15, V>(scratch, lanes, h, x)
  farRow<Row16, V>(scratch, lanes, h, x)
  farRow<Row17, V>(scratch, lanes, h, x)
  farRow<Row18, V>(scratch, lanes, h, x)
  farRow<Row19, V>(scratch, lanes, h, x)
  farRow<Row20, V>(scratch, lanes, h, x)
  farRow<Row21, V>(scratch, lanes, h, x)
  farRow<Row22, V>(scratch, lanes, h, x)
  farRow<Row23, V>(scratch, lanes, h, x)
  farRow<Row24, V>(scratch, lanes, h, x)
  farRow<Row25, V>(scratch, lanes, h, x)
}

function nearStep<V>(scratch: usize, lanes: u32, h: usize, x: usize): void {
  nearRow<Row1, V>(scratch, lanes, h, x)
  nearRow<Row2, V>(scratch, lanes, h, x)
  nearRow<Row3, V>(scratch, lanes, h, x)
  nearRow<Row4, V>(scratch, lanes, h, x)
  nearRow<Row5, V>(scratch, lanes, h, x)
  nearRow<Row6, V>(scratch, lanes, h, x)
  nearRow<Row7, V>(scratch, lanes, h, x)
  nearRow<Row8, V>(scratch, lanes, h, x)
  nearRow<Row9, V>(scratch, lanes, h, x)
  nearRow<Row10, V>(scratch, lanes, h, x)
  nearRow<Row11, V>(scratch, lanes, h, x)
  nearRow<Row12, V>(scratch, lanes, h, x)
  nearRow<Row13, V>(scratch, lanes, h, x)
  nearRow<Row14, V>(scratch, lanes, h, x)
  nearRow<Row15, V>(scratch, lanes, h, x)
  nearRow<Row16, V>(scratch, lanes, h, x)
  nearRow<Row17, V>(scratch, lanes, h, x)
  nearRow<Row18, V>(scratch, lanes, h, x)
  nearRow<Row19, V>(scratch, lanes, h, x)
  nearRow<Row20, V>(scratch, lanes, h, x)
  nearRow<Row21, V>(scratch, lanes, h, x)
  nearRow<Row22, V>(scratch, lanes, h, x)
  nearRow<Row23, V>(scratch, lanes, h, x)
  nearRow<Row24, V>(scratch, lanes, h, x)
  nearRow<Row25, V>(scratch, lanes, h, x)
}
