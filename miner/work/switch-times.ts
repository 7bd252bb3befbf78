/**
 * How long slots take to turn to a new job: from its publishing to the moment that the last slot has loaded it.
 * Slots write the moment into their lines, so that no thread waits and nothing is polled.
 */
import { RUN, readSlot, stateOf, type Control } from './control.js'

export type SwitchTimes = ReturnType<typeof createSwitchTimes>

const KEPT = 256

/** Of the latest job switches, in ms: from the publishing to the last slot. */
export interface SwitchSummary {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Null without samples. A percentile is the smallest sample that is not below so many of a hundred. */
export function summaryOfSwitches(samples: readonly number[]): SwitchSummary | null {
  if (samples.length === 0) return null
  const sorted = [...samples].sort((one, two) => one - two)
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

export function createSwitchTimes(control: Control) {
  const samples: number[] = []
  let open: { jobId: number; slots: readonly number[]; atNs: bigint } | null = null

  function collect(): void {
    if (open === null) return
    const { jobId, slots, atNs } = open
    const lines = slots.map((slot) => readSlot(control, slot))
    if (lines.some(({ jobSeen }) => jobSeen !== jobId)) return
    const last = lines.reduce((latest, { jobSeenNs }) => (jobSeenNs > latest ? jobSeenNs : latest), 0n)
    samples.push(Number(last - atNs) / 1e6)
    if (samples.length > KEPT) samples.shift()
    open = null
  }

  return {
    /** Call it just before the job is written. `slots`: those that are awake now; others would measure their start. */
    begin(jobId: number, slots: readonly number[]): void {
      collect()
      const measurable = slots.length > 0 && stateOf(control) === RUN
      open = measurable ? { jobId, slots, atNs: process.hrtime.bigint() } : null
    },
    /** Call it before slots are paused: they take a job up when they are resumed, which is no measure of anything. */
    cancel(): void {
      collect()
      open = null
    },
    /** ms, oldest first. */
    samples(): readonly number[] {
      collect()
      return samples
    },
  }
}
