/** What to do about a withdrawal: pure decisions. */
import type { SigningIntent } from '../../komodo/index.js'
import { isOver, payoutsOf, type Known, type WithdrawalRecord } from './ledger-file.js'
import { livingOf, mostTogether, nameOf } from './payouts.js'
import type { Ruling } from './requests.js'
import type { WithdrawPolicy } from './config.js'

export type PolicyVerdict =
  | { readonly verdict: 'pay' }
  /** Until an operator rules. */
  | { readonly verdict: 'hold'; readonly why: string }
  | { readonly verdict: 'reject'; readonly why: string }
  /** Until another day. */
  | { readonly verdict: 'wait'; readonly why: string }

export interface PolicyFacts {
  /** Satoshis. */
  readonly amount: bigint
  readonly paidToday: bigint
  readonly ruling: Ruling | null
  /** Already counted in `paidToday`: it was signed before on this day. */
  readonly counted: boolean
  readonly policy: WithdrawPolicy
}

export function judgePolicy({ amount, paidToday, ruling, counted, policy }: PolicyFacts): PolicyVerdict {
  if (ruling === 'reject') return { verdict: 'reject', why: 'an operator rejected it' }
  if (policy.most !== null && amount > policy.most)
    return { verdict: 'hold', why: 'it is larger than withdrawals.most: raise that to pay it' }
  if (policy.approveAbove !== null && amount > policy.approveAbove && ruling !== 'approve')
    return { verdict: 'hold', why: 'it waits for `pegminer feed approve`' }
  if (!counted && policy.dailyMost !== null && paidToday + amount > policy.dailyMost)
    return { verdict: 'wait', why: "the day's limit is reached: it waits for tomorrow (UTC)" }
  return { verdict: 'pay' }
}

export interface OpenFacts {
  readonly records: readonly WithdrawalRecord[]
  /** The withdrawal that it is asked for. */
  readonly except: string
  readonly today: string
}

/**
 * Satoshis that were signed for other withdrawals on another day and could be mined on this one: they count for a
 * day's limit too. Payouts of one withdrawal that exclude each other count once.
 */
export function openSat({ records, except, today }: OpenFacts): bigint {
  return records
    .filter((record) => record.withdrawTxid !== except && !isOver(record))
    .reduce((sum, record) => {
      const most = mostTogether(livingOf(payoutsOf(record)))
      const counted = record.countedOn === today ? 1 : 0
      return sum + BigInt(record.amount) * BigInt(Math.max(0, most - counted))
    }, 0n)
}

/** Inputs of other withdrawals that are on their way: two payouts must never spend the same. */
export function reservedBut(records: readonly WithdrawalRecord[], except: string): ReadonlySet<string> {
  const others = records.filter((record) => record.withdrawTxid !== except && !isOver(record))
  const inputs = others.flatMap((record) => livingOf(payoutsOf(record)).flatMap(({ inputs }) => inputs))
  return new Set(inputs.map(nameOf))
}

/** What blocks a gateway: while such a one is pending, its daemons take no other request. */
const BLOCKING: readonly Known['step'][] = ['held', 'rejected', 'refused', 'stuck', 'waiting']

export const isBlocking = ({ step }: Pick<Known, 'step'>): boolean => BLOCKING.includes(step)

/** Why a withdrawal must not be released without a payment; null: it may. */
export function whyNotRelease(record: Known): string | null {
  const { step } = record
  if (step === 'settling') return null
  if (isOver(record)) return 'it is over'
  const [living] = livingOf(payoutsOf(record))
  if (living !== undefined)
    return `a payout is signed that could still be mined, up to height ${living.expiry} of the reference chain`
  if (step === 'waiting' || !isBlocking(record)) return `it is ${step}, and on its way to be paid`
  return null
}

/** Why an operator's ruling changes nothing; null: the feed goes by it at the next signature. */
export const whyNoRuling = (record: Known): string | null =>
  isOver(record) ? `it is over (${record.step})` : null

/** A ruling does not take it back. */
export const isSigned = (record: Known): boolean => livingOf(payoutsOf(record)).length > 0

/** Where the next step belongs. */
export interface Place {
  /** `signed`: what is complete is taken no further by daemons of family A. */
  readonly stage: 'pending' | 'signed'
  /** The transaction whose marker is spent. */
  readonly lastTxid: string
  /** Steps so far. */
  readonly signs: number
}

export type StepKind = Exclude<SigningIntent['kind'], 'done'>

/**
 * Which call takes a payout further. A chain of family A counts the steps, not the signatures: at most `m` partial
 * ones, and a complete one only as the `m`th or later. What lacks signatures and has no step left goes as complete: the
 * last signer finds it there. Null: none.
 */
export function stepFor(
  { stage, signs }: Pick<Place, 'stage' | 'signs'>,
  { complete, m, family }: { readonly complete: boolean; readonly m: number; readonly family: 'A' | 'B' },
): StepKind | null {
  if (family === 'B') return complete ? 'complete' : 'partial'
  if (stage === 'signed') return null
  const enough = signs + 1 >= m
  return enough && (complete || signs >= m) ? 'complete' : 'partial'
}

export interface TurnFacts {
  readonly withdrawTxid: string
  readonly signs: number
  /** Our place among the gateway's keys. */
  readonly index: number
  readonly n: number
  /** Since when it is at this stage, and now: `monotonicMs`. */
  readonly since: number
  readonly now: number
}

/** Two signers at once would spend the same marker, and one of them lose; so each has its turn. */
export const TURN_MS = 20_000

export function isOurTurn({ withdrawTxid, signs, index, n, since, now }: TurnFacts): boolean {
  const first = (Number.parseInt(withdrawTxid.slice(-4), 16) + signs) % n
  const turn = (index - first + n) % n
  return now - since >= turn * TURN_MS
}
