/** The threads of a worker: opened with the ByteMap that the job names, and turned to its record. */
import { isCoded, monotonicMs, toHex } from '../../base/index.js'
import { hexOfDifficulty, type HashrateEvent, type NoticeEvent } from '../events.js'
import type { LocalWorkforce } from '../work/local.js'
import { createMeter, type Hashrate } from '../work/meter.js'
import type { Lease } from '../work/nonces.js'
import { createRanking, reportThreshold, type Ranking } from '../work/ranking.js'
import type { Hit, WorkforceHooks } from '../work/workforce.js'
import { createHashing, type Hashing } from './hashing.js'
import { write, type FarmJob, type FarmRecord, type Health } from './messages.js'

/** What hashes on this machine, with the ByteMap that the coordinator named. */
export interface WorkerThreads {
  readonly local: Pick<LocalWorkforce, 'assign' | 'collect' | 'left' | 'view' | 'stop'>
  readonly health: Pick<Health, 'bits' | 'hugePages' | 'kernel'>
}

export type OpenThreads = (
  job: Pick<FarmJob, 'byteMap' | 'machineId'>,
  hooks: WorkforceHooks & { readonly onKept: (hit: Hit) => void },
) => Promise<WorkerThreads>

interface RangeFacts {
  readonly height: number
  readonly oprHash: string
  readonly from: string
  /** Not part of it. */
  readonly to: string
}

/** What a worker says while it works: exactly what `--json` prints. */
export type WorkerEvent =
  | { readonly event: 'job'; readonly height: number; readonly oprHash: string; readonly floor: string }
  /** Counters that are hashed from now on. */
  | ({ readonly event: 'lease' } & RangeFacts)
  /** Counters that were handed out and are given back. */
  | ({ readonly event: 'freed' } & RangeFacts)
  | { readonly event: 'hit'; readonly oprHash: string; readonly nonce: string; readonly difficulty: string }
  /** The server has it: it counts if it is among the best. */
  | { readonly event: 'taken'; readonly oprHash: string; readonly nonce: string; readonly difficulty: string }
  | HashrateEvent
  | NoticeEvent

export interface CrewParts {
  /** Opens the ByteMap and starts the threads. E_FARM_BYTEMAP: the crew waits for a job with another one. */
  readonly open: OpenThreads
  readonly onEvent: (event: WorkerEvent) => void
  readonly notice: (level: NoticeEvent['level'], code: string, message: string) => void
  /** `wanted` tells whether its record is still at hand, and nothing better made it worthless. */
  readonly onHit: (hit: Hit, wanted: () => boolean) => void
  /** There are no counters of the record at hand yet. */
  readonly onBare: () => void
  /** No thread is fit to hash. */
  readonly onLost: () => void
  /** The threads cannot be started. */
  readonly onFailure: (error: unknown) => void
}

export function createCrew(parts: CrewParts) {
  const { onEvent, notice } = parts
  let meter = createMeter()
  let threads: WorkerThreads | null = null
  let hashing: Hashing | null = null
  let job: FarmJob | null = null
  /** The best hits of this machine for the record at hand: what is not among them cannot be among the farm's best. */
  let ranking: Ranking = createRanking(1)
  /** What the threads were opened for. */
  let opened = ''
  let stopped = false

  function turn(): void {
    const next = job?.state === 'open' ? job.record : null
    if (hashing === null) return
    const before = hashing.record
    hashing.turn(next, monotonicMs())
    if (next === null || hashing.record === before) return
    const { height, oprHash, floor, keep } = next
    ranking = createRanking(keep)
    onEvent({ event: 'job', height, oprHash: toHex(oprHash), floor: hexOfDifficulty(floor) })
    hashing.tick(monotonicMs())
    if (hashing.left === 0n) parts.onBare()
  }

  async function reopen(key: string, { byteMap, machineId }: FarmJob): Promise<void> {
    opened = key
    const before = threads
    hashing?.turn(null, monotonicMs())
    threads = hashing = null
    await before?.local.stop()
    try {
      const ready = await parts.open(
        { byteMap, machineId },
        { onNotice: notice, onLost: parts.onLost, onKept: tellHit },
      )
      if (opened !== key || stopped) return await ready.local.stop()
      threads = ready
      meter = createMeter()
      hashing = createHashing({ local: ready.local, ...ranges })
      turn()
    } catch (error) {
      if (!isCoded(error) || error.code !== 'E_FARM_BYTEMAP') return parts.onFailure(error)
      notice('error', error.code, error.message)
    }
  }

  const factsOf = ({ height, oprHash }: FarmRecord, { from, to }: Lease): RangeFacts => ({
    ...{ height, oprHash: toHex(oprHash) },
    ...{ from: from.toString(), to: to.toString() },
  })
  const ranges = {
    onBegin: (record: FarmRecord, range: Lease) => onEvent({ event: 'lease', ...factsOf(record, range) }),
    onFreed: (record: FarmRecord, range: Lease) => onEvent({ event: 'freed', ...factsOf(record, range) }),
    onLapsed: () =>
      notice('warn', 'E_FARM_LAPSED', 'the lease lapsed: nothing is hashed until there is one again'),
  }

  function tellHit(hit: Hit): void {
    const oprHash = toHex(hit.oprHash)
    const difficulty = hexOfDifficulty(hit.difficulty)
    onEvent({ event: 'hit', oprHash, nonce: toHex(hit.nonce), difficulty })
    const isAtHand = (): boolean => hashing?.record != null && toHex(hashing.record.oprHash) === oprHash
    if (!isAtHand()) return
    ranking.offer(hit.nonce, hit.difficulty)
    parts.onHit(hit, () => isAtHand() && hit.difficulty > reportThreshold(hashing?.floor ?? 0n, ranking))
  }

  return {
    /** Null: what the server has cannot be read; nothing is hashed. */
    take(next: FarmJob | null): void {
      job = next
      const key = next === null ? opened : write({ ...next, state: 'idle', record: null })
      if (next !== null && key !== opened) void reopen(key, next)
      turn()
    },
    /** Null while the ByteMap is opened. */
    get threads(): WorkerThreads | null {
      return threads
    },
    get hashing(): Hashing | null {
      return hashing
    },
    /** Begins the next range, or stops hashing, as the lease says. */
    tick: () => hashing?.tick(monotonicMs()),
    sample: () => {
      if (threads !== null)
        meter.sample(
          performance.now(),
          threads.local.view.members.map(({ hashes }) => hashes),
        )
    },
    get rate(): Hashrate {
      return meter.rate()
    },
    async stop(): Promise<void> {
      stopped = true
      await threads?.local.stop()
    },
  }
}
