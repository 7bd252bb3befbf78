/** How long the entry credits last, and when a person is warned. */
import type { RunOptions } from './interface.js'

export type CreditWatch = ReturnType<typeof createCreditWatch>

/** Where nothing else is said. */
const LOW_DAYS = 3
const REPEAT_MS = 6 * 3_600_000
const DAY_SECONDS = 86_400

/** The embedded network buys its own credits: nothing is said there. */
export function createCreditWatch(
  options: Pick<RunOptions, 'network' | 'limits' | 'dryRun' | 'recordsPerBlock' | 'lowCreditDays'>,
) {
  let days: number | null = null
  let toldAt = -Infinity
  return {
    /** How many days the balance lasts at full pace; null before the first look. */
    get days(): number | null {
      return days
    },
    /** Takes a balance; what to say about it, at most every six hours, or null. */
    look(balance: number, blockSeconds: number, monotonicMs: number): string | null {
      const { network, limits, dryRun, recordsPerBlock, lowCreditDays = LOW_DAYS } = options
      const perBlock = Math.min(recordsPerBlock, limits?.block ?? Infinity)
      const perDay = Math.min((perBlock * DAY_SECONDS) / blockSeconds, limits?.day ?? Infinity)
      days = perDay > 0 ? balance / perDay : null
      const quiet = network.name === 'dev' || dryRun === true || days === null || days >= lowCreditDays
      if (quiet || monotonicMs - toldAt < REPEAT_MS) return null
      toldAt = monotonicMs
      if (balance <= 0) return 'no entry credits: nothing can be published'
      return `${balance} entry credits: enough for ${daysText(days as number)} at ${perBlock} a block`
    },
  }
}

function daysText(days: number): string {
  const hours = days * 24
  if (hours < 1) return `${Math.floor(hours * 60)} minutes`
  return hours < 48 ? `${hours.toFixed(1)} hours` : `${days.toFixed(1)} days`
}
