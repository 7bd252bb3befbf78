/**
 * LXRHash over many inputs at once ("lanes"), so that the memory always has enough reads to serve.
 *
 * One row of the step is done for all lanes before the next row. For each group of lanes it takes in the bytes that
 * were read a whole round earlier, computes the next indices, and issues the next reads at once; nothing in the group
 * waits for them. A read is only loaded and stored away, so it holds no place in the processor's schedulers.
 */
import { MASK, READ } from './layout'
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

/** Loads two lanes' bytes and puts them away for the next row. The ByteMap starts at address 0. */
@inline
function gather(p: usize, index: v128, mask: v128): void {
  const at = v128.and(index, mask)
  store<u64>(p, load<u8>(i32x4.extract_lane(at, 0)), READ)
  store<u64>(p, load<u8>(i32x4.extract_lane(at, 2)), READ + 8)
}

/** Row `n` of all lanes. `h` and `x` are the distances from a lane to its places in hs and in the next x. */
@inline
function sweep<Row>(first: usize, end: usize, h: usize, x: usize, mask: v128): void {
  const row = changetype<Row>(0)
  for (let p = first; p < end; p += 64) {
    gather(p, row.take(p, p + h, p + x), mask)
    gather(p + 16, row.take(p + 16, p + h + 16, p + x + 16), mask)
    gather(p + 32, row.take(p + 32, p + h + 32, p + x + 32), mask)
    gather(p + 48, row.take(p + 48, p + h + 48, p + x + 48), mask)
  }
}

/**
 * One step of all lanes, with the first row's bytes already read, up to and with the first reads of the next step.
 *
 * @param lanes how many, a multiple of 8
 * @param h offset of the step's row of hs
 * @param nextX offset of the lanes of the next step's x
 */
export function stepLanes(scratch: usize, lanes: u32, h: usize, nextX: usize): void {
  const mask = i64x2.splat(<u64>load<u32>(scratch, MASK))
  const end = scratch + (<usize>lanes << 3)
  sweep<Row1>(scratch, end, h, nextX, mask)
  sweep<Row2>(scratch, end, h, nextX, mask)
  sweep<Row3>(scratch, end, h, nextX, mask)
  sweep<Row4>(scratch, end, h, nextX, mask)
  sweep<Row5>(scratch, end, h, nextX, mask)
  sweep<Row6>(scratch, end, h, nextX, mask)
  sweep<Row7>(scratch, end, h, nextX, mask)
  sweep<Row8>(scratch, end, h, nextX, mask)
  sweep<Row9>(scratch, end, h, nextX, mask)
  sweep<Row10>(scratch, end, h, nextX, mask)
  sweep<Row11>(scratch, end, h, nextX, mask)
  sweep<Row12>(scratch, end, h, nextX, mask)
  sweep<Row13>(scratch, end, h, nextX, mask)
  sweep<Row14>(scratch, end, h, nextX, mask)
  sweep<Row15>(scratch, end, h, nextX, mask)
  sweep<Row16>(scratch, end, h, nextX, mask)
  sweep<Row17>(scratch, end, h, nextX, mask)
  sweep<Row18>(scratch, end, h, nextX, mask)
  sweep<Row19>(scratch, end, h, nextX, mask)
  sweep<Row20>(scratch, end, h, nextX, mask)
  sweep<Row21>(scratch, end, h, nextX, mask)
  sweep<Row22>(scratch, end, h, nextX, mask)
  sweep<Row23>(scratch, end, h, nextX, mask)
  sweep<Row24>(scratch, end, h, nextX, mask)
  sweep<Row25>(scratch, end, h, nextX, mask)
}
