/**
 * What was spent in a day or a month (UTC), by clocks that may be wrong for a while. Pure, but for `momentNow`.
 *
 * The wall clock says which day it is and may be set at any time, in either direction. The steady clock counts from the
 * start of the machine and is never set, so it says how long ago a payment was. A payment counts as long as the clock
 * under which it was made, or the clock of now, puts both moments into one period. So neither a step back nor a jump
 * forward frees anything. A date far ahead holds a payment no longer than one period of steady time after it was made.
 *
 * Across a restart of the machine only the wall clock is known: what it puts into this period, or ahead, counts, for one
 * period more at most. A machine that starts with its clock a day ahead is the one case that has its limit once more.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { wallMs } from './clock.js'

/** A moment by both clocks. */
export interface Moment {
  /** UNIX ms, as the wall clock had it. */
  readonly wall: number
  /** Ms since a start of the machine that `run` names. */
  readonly steady: number
  /** Steady times of one run can be compared. `''`: of none. */
  readonly run: string
}

export interface Spent {
  /** A whole number, decimal. */
  readonly amount: string
  readonly at: Moment
}

export type Period = 'day' | 'month'

const DAY_MS = 86_400_000
const LONGEST_MS: Readonly<Record<Period, number>> = { day: DAY_MS, month: 31 * DAY_MS }
/** Of an ISO date. */
const NAME_LENGTH: Readonly<Record<Period, number>> = { day: 10, month: 7 }
/** Two clocks that differ by less are one. */
const SAME_CLOCK_MS = 60_000
/** What no longer counts is kept for the case that the clock is set back to its day. */
const KEEP_PAST = 8
const KEEP_COUNTED = 64
/** 1970 to 9999: later dates have longer names. */
const LAST_WALL = Date.UTC(9999, 11, 1)

/** The sum that counts against the limit of the period. */
export function spentIn(period: Period, spent: readonly Spent[], now: Moment): bigint {
  return spent.reduce((sum, { amount, at }) => (counts(period, at, now) ? sum + BigInt(amount) : sum), 0n)
}

/** The books with a payment that is made now. */
export function spend(
  period: Period,
  spent: readonly Spent[],
  { amount, now }: { readonly amount: bigint; readonly now: Moment },
): Spent[] {
  const payment = { amount: amount.toString(), at: bookedAt(period, spent, now) }
  return book(period, spent, { payment, now })
}

/** The books with a payment whose moment stands already, not older than the last. */
export function book(
  period: Period,
  spent: readonly Spent[],
  { payment, now }: { readonly payment: Spent; readonly now: Moment },
): Spent[] {
  const last = spent.at(-1)
  if (last === undefined || !isOneClock(period, last.at, payment.at))
    return keep(period, [...spent, payment], now)
  const amount = (BigInt(last.amount) + BigInt(payment.amount)).toString()
  return keep(period, [...spent.slice(0, -1), { amount, at: payment.at }], now)
}

/** The moment under which a payment is booked: a period that was reached once is not left backwards. */
export function bookedAt(period: Period, spent: readonly Spent[], now: Moment): Moment {
  const counted = spent.filter(({ at }) => counts(period, at, now)).map(({ at }) => at.wall)
  return { ...now, wall: Math.max(now.wall, ...counted) }
}

/**
 * The books of an earlier run as they are taken over: of a payment of another start of the machine that counts now, it
 * is known from here on how long ago it is at least.
 */
export function takeOver(period: Period, spent: readonly Spent[], now: Moment): Spent[] {
  return spent.map(({ amount, at }) => ({ amount, at: takenOver(period, at, now) }))
}

export function takenOver(period: Period, at: Moment, now: Moment): Moment {
  if (elapsedSince(at, now) !== null || !counts(period, at, now)) return at
  return { ...now, wall: Math.max(at.wall, now.wall) }
}

/** Books out of a file; null if they are none. */
export function readSpent(value: unknown): Spent[] | null {
  if (!Array.isArray(value)) return null
  const whole = value.every((one: Partial<Spent> | null) => {
    const { amount, at } = one ?? {}
    return typeof amount === 'string' && /^\d{1,30}$/.test(amount) && readMoment(at) !== null
  })
  return whole ? (value as Spent[]) : null
}

export function readMoment(value: unknown): Moment | null {
  const { wall, steady, run } = (value ?? {}) as Partial<Record<keyof Moment, unknown>>
  if (typeof wall !== 'number' || !(wall >= 0 && wall <= LAST_WALL)) return null
  if (typeof steady !== 'number' || !Number.isFinite(steady) || typeof run !== 'string') return null
  return { wall, steady, run }
}

/** A sum of which only the period's name is known, `2026-11-26` or `2026-11`. */
export function spentUnder(name: string, amount: bigint): Spent {
  return { amount: amount.toString(), at: { wall: Date.parse(name), steady: 0, run: '' } }
}

/** `2026-11-26` or `2026-11`. */
export function periodOf(period: Period, wall: number): string {
  const held = Math.min(Math.max(wall, 0), LAST_WALL)
  return new Date(held).toISOString().slice(0, NAME_LENGTH[period])
}

const RUN = bootOf() ?? randomUUID()

/** Now by both clocks; `wall` where the caller has a clock of its own. */
export function momentNow(wall = wallMs()): Moment {
  return { wall, steady: Math.round(uptime() * 1000), run: RUN }
}

function bootOf(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null
  }
}

function counts(period: Period, at: Moment, now: Moment): boolean {
  const elapsed = elapsedSince(at, now)
  const then = periodOf(period, at.wall)
  const today = periodOf(period, now.wall)
  if (elapsed === null) return then >= today
  if (elapsed >= LONGEST_MS[period]) return false
  return periodOf(period, at.wall + elapsed) === then || periodOf(period, now.wall - elapsed) === today
}

/** Null if the steady clock cannot tell. */
function elapsedSince(at: Moment, now: Moment): number | null {
  const elapsed = now.steady - at.steady
  return at.run !== '' && at.run === now.run && elapsed >= 0 ? elapsed : null
}

function isOneClock(period: Period, a: Moment, b: Moment): boolean {
  if (a.run !== b.run || periodOf(period, a.wall) !== periodOf(period, b.wall)) return false
  return Math.abs(a.wall - a.steady - (b.wall - b.steady)) < SAME_CLOCK_MS || a.run === ''
}

/**
 * Keeps payments in order and bounded. What counts is never lost: where it becomes too much, the two oldest are joined.
 */
function keep(period: Period, spent: readonly Spent[], now: Moment): Spent[] {
  const counted = spent.filter(({ at }) => counts(period, at, now))
  const past = spent.filter((one) => !counted.includes(one)).slice(-KEEP_PAST)
  const kept = spent.filter((one) => past.includes(one) || counted.includes(one))
  const [oldest, next, ...rest] = counted
  if (counted.length <= KEEP_COUNTED || oldest === undefined || next === undefined) return kept
  const joined = { amount: (BigInt(oldest.amount) + BigInt(next.amount)).toString(), at: next.at }
  return [...past, joined, ...rest]
}
