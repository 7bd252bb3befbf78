/**
 * What a gateway remembers besides the chain: withdrawals on their way, what was spent today, heights that an operator
 * asked for. Replaced whole at each change; after a crash the last change is there or not, never half of it.
 */
import { join } from 'node:path'

import {
  momentNow,
  periodOf,
  readSpent,
  spend,
  spentIn,
  spentUnder,
  takeOver,
  type Spent,
} from '../../base/index.js'
import { fail } from './errors.js'
import type { WithdrawalStep } from './events.js'
import { readText, writeText } from './files.js'
import type { SignedPayout } from './payouts.js'
import type { HeightRange } from './plan.js'

export interface WithdrawalRecord {
  readonly withdrawTxid: string
  /** Satoshis, decimal. */
  readonly amount: string
  readonly to: string
  readonly marker: string
  readonly step: WithdrawalStep
  readonly message: string
  /** UNIX ms. */
  readonly seenAt: number
  readonly changedAt: number
  /** The last payout that we signed for it. */
  readonly payout: SignedPayout | null
  /** All payouts that we signed for it before, oldest first: each stays valid until it is proven dead. */
  readonly earlier: readonly SignedPayout[]
  /** The payout on the reference chain, once it is known. */
  readonly payoutTxid: string | null
  readonly markTxid: string | null
  /** The day in whose sum it is counted; null: in none. */
  readonly countedOn: string | null
}

/** As it is remembered, or `new`: nothing of it is written down. */
export type Known = Omit<WithdrawalRecord, 'step'> & { readonly step: WithdrawalStep | 'new' }

/** All payouts that we ever signed for it, oldest first. */
export const payoutsOf = ({ payout, earlier }: Known): readonly SignedPayout[] =>
  payout === null ? earlier : [...earlier, payout]

/** Nothing is left to do for it. */
export const isOver = ({ step }: Pick<Known, 'step'>): boolean => step === 'done' || step === 'settled'

/** What was spent in a day; `day` and `sat` alone are from before the books were kept. */
export interface DaySum {
  /** `2026-11-26`, UTC. */
  readonly day: string
  /** Satoshis, decimal. */
  readonly sat: string
  /** The books: they hold where the clock is set meanwhile. */
  readonly spent?: readonly Spent[]
}

export interface FeedState {
  readonly version: 2
  readonly subscribed: DaySum
  readonly paid: DaySum
  /** Heights that an operator asked for and that are not published yet. */
  readonly wanted: readonly HeightRange[]
  /** All heights that an operator asked for at any time, merged. */
  readonly asked: readonly HeightRange[]
  readonly withdrawals: Readonly<Record<string, WithdrawalRecord>>
}

export interface StateFile {
  readonly state: FeedState
  /** On disk when it returns. */
  update(change: (state: FeedState) => FeedState): void
}

const EMPTY: FeedState = {
  version: 2,
  subscribed: { day: '', sat: '0' },
  paid: { day: '', sat: '0' },
  wanted: [],
  asked: [],
  withdrawals: {},
}
/** The newest finished ones are kept for `feed status`. */
const KEEP_DONE = 100

/** `readOnly`: changes are kept in memory, since a feed that runs writes the file. */
export function openState(folder: string, { readOnly = false } = {}): StateFile {
  const file = join(folder, 'state.json')
  let state = read(file)
  return {
    get state() {
      return state
    },
    update(change) {
      const after = forget(change(state))
      if (!readOnly) writeText(file, `${JSON.stringify(after, null, 1)}\n`)
      state = after
    },
  }
}

/** For `feed status`: what the file says now, without holding it. */
export function peekState(folder: string): FeedState {
  return read(join(folder, 'state.json'))
}

function read(file: string): FeedState {
  const text = readText(file)
  if (text === null) return EMPTY
  try {
    const found = JSON.parse(text) as Partial<FeedState> | Partial<FirstState>
    if (typeof found.withdrawals === 'object' && found.withdrawals !== null) {
      if (found.version === 1) return checked({ ...EMPTY, ...found, ...secondOf(found.withdrawals) })
      if (found.version === 2) return checked({ ...EMPTY, ...found })
    }
  } catch {
    // The damaged file is reported when the feed itself opens it.
  }
  throw fail(
    'E_FEED_STATE',
    `${file} is damaged: move it away only if no withdrawal is on its way (see the reference chain)`,
  )
}

/** Throws a plain error if a part of it is damaged. */
function checked(state: FeedState): FeedState {
  return { ...state, subscribed: daySumIn(state.subscribed), paid: daySumIn(state.paid) }
}

/** Version 1 of the file: one payout a withdrawal, the last that was signed. */
interface FirstState extends Omit<FeedState, 'version' | 'withdrawals'> {
  readonly version: 1
  readonly withdrawals: Readonly<
    Record<
      string,
      Omit<WithdrawalRecord, 'payout' | 'earlier' | 'countedOn'> & {
        readonly payout: Pick<SignedPayout, 'hex' | 'inputs' | 'expiry'> | null
        readonly counted: boolean
      }
    >
  >
}

function secondOf(first: FirstState['withdrawals']): Pick<FeedState, 'version' | 'withdrawals'> {
  const entries = Object.entries(first).map(([txid, { payout, counted, ...same }]) => {
    const kept = payout && { ...payout, gone: null, dead: false }
    const countedOn = counted ? periodOf('day', same.changedAt) : null
    return [txid, { ...same, payout: kept, earlier: [], countedOn }]
  })
  return { version: 2, withdrawals: Object.fromEntries(entries) as FeedState['withdrawals'] }
}

function forget(state: FeedState): FeedState {
  const done = Object.values(state.withdrawals).filter(isOver)
  if (done.length <= KEEP_DONE) return state
  const old = new Set(
    done
      .sort((a, b) => a.changedAt - b.changedAt)
      .slice(0, -KEEP_DONE)
      .map(({ withdrawTxid }) => withdrawTxid),
  )
  const kept = Object.entries(state.withdrawals).filter(([txid]) => !old.has(txid))
  return { ...state, withdrawals: Object.fromEntries(kept) }
}

/** Satoshis of today. `now` is UNIX ms. */
export function todaySum(sum: DaySum, now: number): bigint {
  return spentIn('day', booksOf(sum), momentNow(now))
}

export function addToDay(sum: DaySum, sat: bigint, now: number): DaySum {
  const moment = momentNow(now)
  const spent = spend('day', booksOf(sum), { amount: sat, now: moment })
  return { day: periodOf('day', now), sat: spentIn('day', spent, moment).toString(), spent }
}

function booksOf({ day, sat, spent }: DaySum): readonly Spent[] {
  return spent ?? (day === '' ? [] : [spentUnder(day, BigInt(sat))])
}

/** A sum of the state file. Throws a plain error if it is none. */
function daySumIn({ day, sat, spent }: DaySum): DaySum {
  const books = spent === undefined ? booksOf({ day, sat }) : spent
  const whole = readSpent(books)
  if (whole === null) throw new TypeError('the sums of a day are damaged')
  return { day, sat, spent: takeOver('day', whole, momentNow()) }
}
