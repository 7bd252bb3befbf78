/**
 * How far a worker's hits can be trusted: each that does not count is held against it, and one with too many is refused.
 * Pure bookkeeping.
 */

/** Why a hit does not count. `foreign`: its nonce lies in no range that the sender held. */
export const FAULTS = ['false', 'stale', 'malformed', 'foreign', 'flood'] as const
export type Fault = (typeof FAULTS)[number]

/**
 * Most of a kind while one record is at hand. A sound worker hashes each hit again before it sends it, and sends none of
 * other ranges, so false and malformed ones show broken memory, a broken program or a liar. Stale ones come from workers
 * that were cut off.
 */
const LIMITS: Readonly<Record<Fault, number>> = {
  false: 5,
  malformed: 5,
  foreign: 20,
  stale: 1000,
  flood: 1000,
}
/** A credential of which so many machines were refused is refused as a whole: names cost nothing. */
const REFUSED_MACHINES = 20

/**
 * Hits that come at once, and a second: the best `keep` of n hashes need keep × (1 + ln(n / keep)) hits, most of them
 * in the first second.
 */
const burstOf = (keep: number): number => 200 + 20 * keep
const perSecond = (keep: number): number => 5 + keep / 5

export type Standing = ReturnType<typeof createStanding>

/** @param before why it was refused by an earlier coordinator */
export function createStanding(before: string | null = null) {
  const faults: Record<Fault, number> = { false: 0, stale: 0, malformed: 0, foreign: 0, flood: 0 }
  let recent: Record<Fault, number> = { ...faults }
  let accepted = 0
  let hitMs: number | null = null
  let refused = before
  let tokens: number | null = null
  let lookedMs = 0
  return {
    /** Whether another hit is within the worker's rate. */
    mayHit(nowMs: number, keep: number): boolean {
      const most = burstOf(keep)
      const gained = ((nowMs - lookedMs) * perSecond(keep)) / 1000
      tokens = tokens === null ? most : Math.min(most, tokens + gained)
      lookedMs = nowMs
      if (tokens < 1) return false
      tokens--
      return true
    },
    /** Counts it; the reason if that was one too many. */
    fault(fault: Fault): string | null {
      faults[fault]++
      recent[fault]++
      if (refused !== null || recent[fault] < LIMITS[fault]) return null
      refused = `${recent[fault]} hits of one record were ${TEXTS[fault]}`
      return refused
    },
    accept(nowMs: number): void {
      accepted++
      hitMs = nowMs
    },
    /** Another record is at hand. */
    begin(): void {
      recent = { false: 0, stale: 0, malformed: 0, foreign: 0, flood: 0 }
      tokens = null
    },
    get accepted(): number {
      return accepted
    },
    /** When the last one was accepted; null: none yet. */
    get hitMs(): number | null {
      return hitMs
    },
    faults,
    /** Null: it is not refused. */
    get refused(): string | null {
      return refused
    },
  }
}

export const TEXTS: Readonly<Record<Fault, string>> = {
  false: 'false',
  stale: 'of a record that is over',
  malformed: 'malformed',
  foreign: 'from ranges that it did not hold',
  flood: 'more than its rate allows',
}

/** Whether a credential is refused because of so many of its machines. */
export const isUserRefused = (refusedMachines: number): boolean => refusedMachines >= REFUSED_MACHINES
