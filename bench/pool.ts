/** Threads that measure, and one measurement of theirs. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { childEnvironment } from '../base/index.js'
import {
  createHasher,
  sharedByteMap,
  type HasherOptions,
  type KernelName,
  type SharedByteMap,
} from '../lxrhash/index.js'
import {
  FIRST_WARM_UP_SECONDS,
  gatherSeconds,
  WARM_UP_SECONDS,
  type KernelChoice,
  type Lanes,
  type Timing,
} from './cells.js'
import { createGauge, type Counter, type Gauge } from './gauge.js'
import type { BenchTask, BenchTaskResult } from './worker.js'

export interface Crew {
  /** Throws E_LXR_INPUT if the kernel does not have these lanes. Errors of threads would come without their codes. */
  check(work: Work): void
  /** The checksum of the fixed range of nonces, each thread doing a part. */
  checksum(work: Work): Promise<bigint>
  /** Samples of hashing and, with `gather`, of reading only. Null if it was interrupted. */
  measure(work: Work, timing: CrewTiming): Promise<Samples | null>
  /** Self-checking hashing until the gauge says stop. Rejects if a thread fails. */
  stress(work: Work, gauge: Gauge): Promise<void>
  close(): Promise<void>
}

export interface Work {
  readonly threads: number
  readonly lanes: Lanes
  readonly kernel: KernelChoice
}

export interface CrewTiming extends Timing {
  readonly gather: boolean
  readonly signal?: AbortSignal
}

export interface Samples {
  readonly lanes: number
  readonly kernel: KernelName
  /** Hashes per second. */
  readonly hashing: readonly number[]
  /** Reads per second. */
  readonly gathering: readonly number[]
}

const START_POLL_MS = 5

/** With its threads, a crew lets go of its ByteMap. */
export function createCrew(map: SharedByteMap): Crew {
  const byteMap = sharedByteMap(map)
  const pool: Piscina<BenchTask, BenchTaskResult> = new Piscina({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: byteMap.slots,
    maxThreads: byteMap.slots,
    recordTiming: false,
    env: childEnvironment(),
  })
  const start = (kind: BenchTask['kind'], work: Work, gauge: Gauge): Promise<BenchTaskResult[]> =>
    Promise.all(
      Array.from({ length: work.threads }, (_, slot) =>
        pool.run({
          kind,
          byteMap,
          slot,
          threads: work.threads,
          hasher: hasherOptions(work),
          gauge: gauge.buffer,
        }),
      ),
    )
  return {
    check: (work) => void createHasher(byteMap, 0, hasherOptions(work)),
    checksum: async (work) => {
      const parts = await start('checksum', work, createGauge(work.threads))
      return parts.reduce((sum, { checksum }) => sum ^ checksum, 0n)
    },
    measure: async (work, timing) => {
      const gauge = createGauge(work.threads)
      const running = start('measure', work, gauge)
      try {
        // The work ends before the samples are taken only by failing.
        const samples = await Promise.race([
          takeSamples(gauge, work.threads, timing),
          running.then(() => null),
        ])
        gauge.setMode('stop')
        const [first] = await running
        return samples === null || first === undefined
          ? null
          : { lanes: first.lanes, kernel: first.kernel, ...samples }
      } finally {
        gauge.setMode('stop')
        await running.catch(() => undefined)
      }
    },
    stress: async (work, gauge) => {
      await start('stress', work, gauge)
    },
    close: () => pool.destroy(),
  }
}

function hasherOptions({ lanes, kernel }: Work): HasherOptions {
  return { ...(lanes === 'auto' ? {} : { lanes }), ...(kernel === 'auto' ? {} : { kernel }) }
}

/** Null if it was interrupted. Hashing and reading take turns, so that both see the same machine. */
async function takeSamples(
  gauge: Gauge,
  threads: number,
  { seconds, repeat, warmUp = FIRST_WARM_UP_SECONDS, gather, signal }: CrewTiming,
): Promise<Pick<Samples, 'hashing' | 'gathering'> | null> {
  const wait = (duration: number) => sleep(duration * 1000, undefined, { signal })
  const sample = async (counter: Counter, duration: number): Promise<number> => {
    const before = { amount: gauge.total(threads, counter), at: performance.now() }
    await wait(duration)
    const amount = gauge.total(threads, counter) - before.amount
    return (amount * 1000) / (performance.now() - before.at)
  }
  const allStarted = () =>
    Array.from({ length: threads }, (_, slot) => gauge.value(slot, 'hashes')).every(Boolean)
  const hashing: number[] = []
  const gathering: number[] = []
  try {
    while (!allStarted()) await sleep(START_POLL_MS, undefined, { signal })
    await wait(warmUp)
    while (hashing.length < repeat) {
      hashing.push(await sample('hashes', seconds))
      if (!gather) continue
      gauge.setMode('gather')
      await wait(Math.min(warmUp, WARM_UP_SECONDS))
      gathering.push(await sample('reads', gatherSeconds(seconds)))
      gauge.setMode('hash')
      await wait(Math.min(warmUp, WARM_UP_SECONDS))
    }
    return { hashing, gathering }
  } catch (error) {
    if (signal?.aborted) return null
    throw error
  }
}
