/** The code of each thread of a measurement. Started through piscina. */
import {
  createHasher,
  gatherProbe,
  type GatherProbe,
  type Hasher,
  type HasherOptions,
  type KernelName,
  type SharedByteMap,
} from '../lxrhash/index.js'
import { CHECKSUM_RECORD, checksumOf, partOf } from './checksum.js'
import { openGauge, type Gauge } from './gauge.js'
import { stressRound } from './stress.js'

export interface BenchTask {
  /** checksum: the thread's part of the fixed range. measure, stress: until the gauge says stop. */
  readonly kind: 'checksum' | 'measure' | 'stress'
  readonly byteMap: SharedByteMap
  readonly slot: number
  readonly threads: number
  readonly hasher: HasherOptions
  readonly gauge: SharedArrayBuffer
}

export interface BenchTaskResult {
  readonly lanes: number
  readonly kernel: KernelName
  readonly checksum: bigint
}

/** With a 32-byte record hash, one prefix byte and a counter of three bytes: 36 bytes, as on MainNet. */
const FIRST_COUNTER = 0x1_0000n
const COUNTERS = 0xff_0000
/** Nothing is above it, as in mining nearly nothing is above the floor. */
const NO_CANDIDATE = (1n << 64n) - 1n
/** Some 0.1 ms with the ByteMap in a cache, some 2 ms without. */
const READS = 2 ** 17

export default function run(task: BenchTask): BenchTaskResult {
  const { kind, byteMap, slot, threads } = task
  const hasher = createHasher(byteMap, slot, task.hasher)
  const gauge = openGauge(task.gauge)
  let checksum = 0n
  if (kind === 'checksum') {
    const { from, count } = partOf(slot, threads)
    hasher.load(CHECKSUM_RECORD, new Uint8Array())
    checksum = checksumOf(hasher, from, count)
  } else if (kind === 'measure') {
    hashAndGather({ hasher, probe: gatherProbe(byteMap, slot + 1) }, slot, gauge)
  } else {
    stress(hasher, { bits: byteMap.params.bits, slot }, gauge)
  }
  return { lanes: hasher.lanes, kernel: hasher.kernel, checksum }
}

function hashAndGather(
  { hasher, probe }: { hasher: Hasher; probe: GatherProbe },
  slot: number,
  gauge: Gauge,
): void {
  const batch = hasher.lanes
  hasher.load(new Uint8Array(32).fill(0x5a), Uint8Array.of(slot & 0xff))
  let at = 0
  for (let mode = gauge.mode(); mode !== 'stop'; mode = gauge.mode()) {
    if (mode === 'rest') {
      gauge.sleep(mode)
      continue
    }
    if (mode === 'gather') {
      probe.read(READS)
      gauge.add(slot, 'reads', READS)
      continue
    }
    hasher.search(FIRST_COUNTER + BigInt(at), batch, NO_CANDIDATE, () => undefined)
    gauge.add(slot, 'hashes', batch)
    at = (at + batch) % (COUNTERS - batch)
  }
}

function stress(hasher: Hasher, { bits, slot }: { bits: number; slot: number }, gauge: Gauge): void {
  for (let round = 0; gauge.mode() !== 'stop'; round++) {
    const { hashes, errors } = stressRound(hasher, { bits, slot, round })
    gauge.add(slot, 'hashes', hashes)
    gauge.add(slot, 'errors', errors)
    gauge.add(slot, 'rounds', 1)
  }
}
