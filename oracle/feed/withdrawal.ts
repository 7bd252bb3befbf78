/** What to do about a withdrawal: pure decisions. Specification §11.3. */
import type { WithdrawalRecord } from './ledger-file.js'
import type { Ruling } from './requests.js'
import type { WithdrawPolicy } from './settings.js'

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
  /** Already counted in `paidToday`: it was signed before. */
  readonly counted: boolean
  readonly policy: WithdrawPolicy
}

export function judgePolicy({ amount, paidToday, ruling, counted, policy }: PolicyFacts): PolicyVerdict {
  if (ruling === 'reject') return { verdict: 'reject', why: 'an operator rejected it' }
  if (counted) return { verdict: 'pay' }
  if (policy.most !== null && amount > policy.most)
    return { verdict: 'hold', why: 'it is larger than withdrawals.most: raise that to pay it' }
  if (policy.approveAbove !== null && amount > policy.approveAbove && ruling !== 'approve')
    return { verdict: 'hold', why: 'it waits for `pegminer feed approve`' }
  if (policy.dailyMost !== null && paidToday + amount > policy.dailyMost)
    return { verdict: 'wait', why: "the day's limit is reached: it waits for tomorrow (UTC)" }
  return { verdict: 'pay' }
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

export interface FreshFacts {
  readonly payout: WithdrawalRecord['payout']
  /** Height of the reference chain. */
  readonly tip: number
  readonly depth: number
}

/**
 * Whether what was signed can no longer be mined, so deep that no reorganisation brings it back: only then is anything
 * else signed for the same withdrawal.
 */
export function isExpired({ payout, tip, depth }: FreshFacts): boolean {
  return payout !== null && payout.expiry !== 0 && tip > payout.expiry + depth
}

export interface Coin {
  readonly txid: string
  readonly vout: number
  readonly sat: bigint
  readonly confirmations: number
}

/**
 * Inputs of a payout: those of an earlier, expired try first, so that both can never be mined; then the oldest, so that
 * all signers choose the same. Null if they are not enough.
 */
export function chooseInputs<T extends Coin>(
  coins: readonly T[],
  amount: bigint,
  { earlier, reserved }: { readonly earlier: ReadonlySet<string>; readonly reserved: ReadonlySet<string> },
): readonly T[] | null {
  const nameOf = ({ txid, vout }: Coin): string => `${txid}:${vout}`
  const rank = (coin: Coin): number => (earlier.has(nameOf(coin)) ? 0 : 1)
  const order = coins
    .filter((coin) => !reserved.has(nameOf(coin)))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        b.confirmations - a.confirmations ||
        (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : a.vout - b.vout),
    )
  const chosen: T[] = []
  let sum = 0n
  for (const coin of order) {
    if (sum >= amount && !earlier.has(nameOf(coin))) break
    chosen.push(coin)
    sum += coin.sat
  }
  return sum >= amount ? chosen : null
}
