/** The results of a day of mining: the difference of counters at two moments, as a line and as an object. Pure. */
import { unitsText } from '../base/index.js'

/** Counters of a run, and what holds at the moment. */
export interface Tally {
  /** UNIX ms. */
  readonly time: number
  /** By the monotonic clock, since some moment. */
  readonly elapsedMs: number
  readonly hashes: bigint
  readonly blocks: number
  readonly landed: number
  readonly missed: number
  readonly places: number
  /** PEG in 1e-8. */
  readonly reward: bigint
  readonly restarts: number
  readonly computeErrors: number
  /** How long mining was paused, ms. */
  readonly pausedMs: number
  readonly alarms: number
  readonly entryCredits: number | null
}

const HOUR = 3_600_000

export function reportOf(before: Tally, after: Tally) {
  const ms = Math.max(1, after.elapsedMs - before.elapsedMs)
  const pausedMs = after.pausedMs - before.pausedMs
  const hashes = after.hashes - before.hashes
  return {
    event: 'report' as const,
    /** ISO 8601. */
    from: new Date(before.time).toISOString(),
    to: new Date(after.time).toISOString(),
    hours: round(ms / HOUR),
    /** Mean of the time that was not paused. */
    hashrate: Math.round((Number(hashes) * 1000) / Math.max(1, ms - pausedMs)),
    /** As decimal strings. */
    hashes: hashes.toString(),
    reward: unitsText(after.reward - before.reward),
    blocks: after.blocks - before.blocks,
    landed: after.landed - before.landed,
    missed: after.missed - before.missed,
    places: after.places - before.places,
    restarts: after.restarts - before.restarts,
    computeErrors: after.computeErrors - before.computeErrors,
    pausedHours: round(pausedMs / HOUR),
    alarms: after.alarms - before.alarms,
    entryCredits: after.entryCredits,
  }
}

export type Report = ReturnType<typeof reportOf>

export function reportText(report: Report): string {
  const { hours, blocks, landed, missed, places, reward, hashrate, pausedHours, alarms, entryCredits } =
    report
  return [
    `${hours} h: ${blocks} blocks, ${landed} records in the chain, ${missed} missed, ${places} places, ${reward} PEG`,
    `${hashrate} H/s in the mean`,
    ...(pausedHours > 0 ? [`paused for ${pausedHours} h`] : []),
    ...(alarms > 0 ? [`${alarms} alarms`] : []),
    ...(entryCredits === null ? [] : [`${entryCredits} entry credits left`]),
  ].join('; ')
}

const round = (hours: number): number => Math.round(hours * 100) / 100
