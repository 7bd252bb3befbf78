/** What runs in each thread of a measurement: hash until told to stop. Started by `run.ts` through piscina. */
import { createHasher, type SharedByteMap } from '../lxrhash/index.js'
import { openGauge } from './gauge.js'

export interface BenchTask {
  readonly byteMap: SharedByteMap
  readonly slot: number
  readonly gauge: SharedArrayBuffer
}

export interface BenchTaskResult {
  readonly lanes: number
}

/** With a 32-byte record hash, one prefix byte and a counter of three bytes: 36 bytes, as on MainNet. */
const FIRST_COUNTER = 0x1_0000n
const COUNTERS = 0xff_0000
/** Nothing is above it, as in mining nearly nothing is above the floor. */
const NO_CANDIDATE = (1n << 64n) - 1n

export default function hashUntilStopped({ byteMap, slot, gauge: buffer }: BenchTask): BenchTaskResult {
  const gauge = openGauge(buffer)
  const hasher = createHasher(byteMap, slot)
  const batch = hasher.lanes
  hasher.load(new Uint8Array(32).fill(0x5a), Uint8Array.of(slot & 0xff))
  for (let at = 0; !gauge.stopped(); at = (at + batch) % (COUNTERS - batch)) {
    hasher.search(FIRST_COUNTER + BigInt(at), batch, NO_CANDIDATE, () => undefined)
    gauge.add(slot, batch)
  }
  return { lanes: hasher.lanes }
}
