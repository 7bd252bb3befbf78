/**
 * What a gateway remembers besides the chain: withdrawals on their way, what was spent today, heights that an operator
 * asked for. Replaced whole at each change; after a crash the last change is there or not, never half of it.
 */
import { join } from 'node:path'

import { momentNow, periodOf, readSpent, spend, spentIn, spentUnder, takeOver } from '../../config/index.js'
import type { Spent } from '../../config/index.js'
import type { Outpoint } from '../../komodo/index.js'
import { fail } from './errors.js'
import type { WithdrawalStep } from './events.js'
import { readText, writeText } from './files.js'

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
  /** What we signed for it, to be the only thing that we ever sign for it while its inputs last. */
  readonly payout: {
    readonly hex: string
    readonly inputs: readonly Outpoint[]
    readonly expiry: number
  } | null
  /** The payout on the reference chain, once it is known. */
  readonly payoutTxid: string | null
  readonly markTxid: string | null
  /** Counted in a day's sum already. */
  readonly counted: boolean
}

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
  readonly version: 1
  readonly subscribed: DaySum
  readonly paid: DaySum
  /** Inclusive. */
  readonly wanted: readonly (readonly [from: number, to: number])[]
  readonly withdrawals: Readonly<Record<string, WithdrawalRecord>>
}

export interface StateFile {
  readonly state: FeedState
  /** On disk when it returns. */
  update(change: (state: FeedState) => FeedState): void
}

const EMPTY: FeedState = {
  version: 1,
  subscribed: { day: '', sat: '0' },
  paid: { day: '', sat: '0' },
  wanted: [],
  withdrawals: {},
}
/** Finished ones are kept for `feed status`, the newest of them. */
const KEEP_DONE = 100

export function openState(folder: string): StateFile {
  const file = join(folder, 'state.json')
  let state = read(file)
  return {
    get state() {
      return state
    },
    update(change) {
      const after = forget(change(state))
      writeText(file, `${JSON.stringify(after, null, 1)}\n`)
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
    const found = JSON.parse(text) as Partial<FeedState>
    if (found.version === 1 && typeof found.withdrawals === 'object' && found.withdrawals !== null) {
      const state = { ...EMPTY, ...found }
      return { ...state, subscribed: daySumIn(state.subscribed), paid: daySumIn(state.paid) }
    }
  } catch {
    // said below
  }
  throw fail(
    'E_FEED_STATE',
    `${file} is damaged: move it away only if no withdrawal is on its way (see the reference chain)`,
  )
}

function forget(state: FeedState): FeedState {
  const done = Object.values(state.withdrawals).filter(({ step }) => step === 'done')
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
