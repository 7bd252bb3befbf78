/**
 * What a gateway remembers besides the chain: withdrawals on their way, what was spent today, heights that an operator
 * asked for. Replaced whole at each change; after a crash the last change is there or not, never half of it.
 */
import { join } from 'node:path'

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

export interface DaySum {
  /** `2026-11-26`, UTC. */
  readonly day: string
  /** Satoshis, decimal. */
  readonly sat: string
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
    if (found.version === 1 && typeof found.withdrawals === 'object' && found.withdrawals !== null)
      return { ...EMPTY, ...found }
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

export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** Satoshis of today; another day's sum is none. */
export function todaySum(sum: DaySum, now: number): bigint {
  return sum.day === dayOf(now) ? BigInt(sum.sat) : 0n
}

export function addToDay(sum: DaySum, sat: bigint, now: number): DaySum {
  return { day: dayOf(now), sat: (todaySum(sum, now) + sat).toString() }
}
