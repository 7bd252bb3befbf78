/**
 * The long-running loop of one slot: look at the control block, hash a batch, write the counters, again. Pure apart
 * from the control block, so that it runs on the main thread in tests.
 */
import type { Hasher } from '../../lxrhash/index.js'
import {
  RUN,
  STOP,
  awaitEpoch,
  epochOf,
  isCurrent,
  machineOf,
  readJob,
  slotLine,
  stateOf,
  takeLease,
  wantedOf,
  type Control,
  type LoadedJob,
} from './control.js'
import { nonceOf, noncePrefix, type Lease } from './nonces.js'
import { createRanking, reportThreshold, type Ranking } from './ranking.js'
import type { Hit } from './workforce.js'

export interface LoopParts {
  readonly control: Control
  readonly slot: number
  readonly hasher: Pick<Hasher, 'lanes' | 'load' | 'searchWhile'>
  readonly report: (hit: Hit) => void
  /** Monotonic ns, the same clock on all threads. Default: process.hrtime.bigint. */
  readonly now?: () => bigint
}

/**
 * A batch should take this long, if the hasher's lanes allow it: many lanes take longer, but the hasher asks within
 * them too whether the job is still wanted. Polling costs 8 ns and reading the time 80 ns, so this loses nothing, and
 * new work is seen long before the 5 ms that it may take. `jobSwitchMs` would show a value that is too large.
 */
const BATCH_MS = 1.5
/** No batch is larger: the first one after a stall must not be a runaway. */
const LARGEST_BATCH = 1 << 16
/** How long an idle worker sleeps before it shows that it is alive. */
const IDLE_MS = 1000

/** Returns when the state is STOP, or the slot is no longer wanted. */
export function runLoop(parts: LoopParts): { slot: number; hashes: bigint } {
  const { control, slot, hasher, report } = parts
  const now = parts.now ?? (() => process.hrtime.bigint())
  const line = slotLine(control, slot)
  const prefix = noncePrefix(machineOf(control))
  const batch = createBatchSize(hasher.lanes)
  let epoch = -1
  let job: LoadedJob | null = null
  let ranking: Ranking | null = null
  /** What this slot has taken of the job's lease and not hashed yet. */
  let mine: Lease | null = null

  for (;;) {
    const current = epochOf(control)
    if (current !== epoch) {
      const state = stateOf(control)
      if (state === STOP || slot >= wantedOf(control)) return { slot, hashes: line.hashes }
      const read: LoadedJob | null = readJob(control, current)
      if (read === null) {
        // To spin would keep the processor from the thread that is writing.
        if (current & 1) awaitEpoch(control, current, 1)
        continue
      }
      if (state !== RUN || read.id === 0) {
        line.beat(now())
        line.sawEpoch(current)
        awaitEpoch(control, current, IDLE_MS)
        continue
      }
      if (read.id !== job?.id) {
        hasher.load(read.oprHash, prefix)
        ranking = createRanking(read.keep)
        mine = null
        line.sawJob(read, now())
      }
      job = read
      epoch = current
      line.sawEpoch(current)
    }
    mine ??= takeLease(control, batch.size, (job as LoadedJob).lease)
    if (mine === null) {
      line.beat(now())
      awaitEpoch(control, epoch, IDLE_MS)
    } else mine = searchBatch(job as LoadedJob, ranking as Ranking, mine)
  }

  /** What is left of the lease when the job was called off in its middle, else null. */
  function searchBatch(current: LoadedJob, kept: Ranking, { from, to }: Lease): Lease | null {
    const count = Number(to - from)
    const range = { start: from, count, floor: reportThreshold(current.floor, kept) }
    const begun = now()
    const hashed = hasher.searchWhile(range, found, () => isCurrent(control, current.id))
    const done = now()
    line.progress(hashed, done)
    if (hashed < count) return { from: from + BigInt(hashed), to }
    if (count === batch.size) batch.took(Number(done - begun) / 1e6)
    return null

    function found(counter: bigint, difficulty: bigint): void {
      // The threshold may have risen within the batch. This ranking needs difficulties only, so the nonce is left
      // empty.
      if (difficulty <= reportThreshold(current.floor, kept)) return
      kept.offer(NO_NONCE, difficulty)
      line.best(difficulty)
      report({ oprHash: current.oprHash, nonce: nonceOf(prefix, counter), difficulty })
    }
  }
}

const NO_NONCE = new Uint8Array(0)

/**
 * Batches of about `BATCH_MS` whatever the ByteMap's size and the machine: a multiple of the hasher's lanes by the
 * measured rate. The rate is smoothed, and a batch at most doubles, so that one interrupted batch changes little.
 */
export function createBatchSize(lanes: number) {
  const smoothing = 1 / 4
  let size = lanes
  let perMs: number | null = null
  return {
    get size(): number {
      return size
    },
    took(milliseconds: number): void {
      const measured = size / Math.max(milliseconds, 0.001)
      perMs = perMs === null ? measured : perMs + (measured - perMs) * smoothing
      const wanted = Math.min(perMs * BATCH_MS, size * 2, LARGEST_BATCH)
      size = Math.max(1, Math.floor(wanted / lanes)) * lanes
    },
  }
}
