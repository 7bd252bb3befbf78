/** The stress test: threads that check themselves until it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CellPlan } from './cells.js'
import { createGauge, type Gauge } from './gauge.js'
import { createBenchPool } from './pool.js'
import { openMap, type MapOptions } from './run.js'

export interface StressOptions extends MapOptions {
  readonly plan: CellPlan
  /** Until it is aborted. */
  readonly signal: AbortSignal
  /** Between two reports. */
  readonly reportSeconds: number
  /** The threads begin. */
  readonly onStart?: () => void
  readonly onReport?: (report: StressReport) => void
}

export interface StressReport {
  /** Since the begin. */
  readonly seconds: number
  /** Since the last report; in the result, of the whole time. */
  readonly hashesPerSecond: number
  readonly threads: readonly StressThread[]
  readonly errors: number
}

export interface StressThread {
  readonly thread: number
  readonly hashes: number
  /** Checks that were made. */
  readonly rounds: number
  /** Checks that failed. */
  readonly errors: number
}

/** Resolves to the last report when it is interrupted. Throws E_LXR_…. */
export async function runStress(options: StressOptions): Promise<StressReport> {
  const { plan, signal, reportSeconds, onStart, onReport } = options
  const pool = createBenchPool(await openMap([plan], options), plan.threads)
  const gauge = createGauge(plan.threads)
  pool.check(plan)
  onStart?.()
  const begun = performance.now()
  let last = { at: begun, hashes: 0 }
  const working = pool.stress(plan, gauge)
  const failed = working.then(() => undefined)
  try {
    while (!signal.aborted) {
      await Promise.race([failed, sleep(reportSeconds * 1000, undefined, { signal }).catch(() => undefined)])
      if (signal.aborted) break
      const now = { at: performance.now(), hashes: gauge.total(plan.threads, 'hashes') }
      onReport?.(reportOf(gauge, plan.threads, { since: last, now, begun }))
      last = now
    }
    gauge.setMode('stop')
    await working
    const now = { at: performance.now(), hashes: gauge.total(plan.threads, 'hashes') }
    return reportOf(gauge, plan.threads, { since: { at: begun, hashes: 0 }, now, begun })
  } finally {
    gauge.setMode('stop')
    await working.catch(() => undefined)
    await pool.close()
  }
}

interface Instant {
  readonly at: number
  readonly hashes: number
}

function reportOf(
  gauge: Gauge,
  count: number,
  { since, now, begun }: { since: Instant; now: Instant; begun: number },
): StressReport {
  const threads = Array.from({ length: count }, (_, thread) => ({
    thread,
    hashes: gauge.value(thread, 'hashes'),
    rounds: gauge.value(thread, 'rounds'),
    errors: gauge.value(thread, 'errors'),
  }))
  return {
    seconds: (now.at - begun) / 1000,
    hashesPerSecond: ((now.hashes - since.hashes) * 1000) / Math.max(1, now.at - since.at),
    threads,
    errors: threads.reduce((sum, { errors }) => sum + errors, 0),
  }
}
