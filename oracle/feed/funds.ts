/** How many headers the subscriptions pay for: pure arithmetic. docs/protocol/komodo.md#subscriptions */
import { fail } from './errors.js'

export interface OracleUtxo {
  readonly txid: string
  readonly vout: number
  readonly sat: bigint
}

/** Smaller outputs are never spent by a data transaction. */
export const LEAST_SAT = 10_000n
/** Transaction fee of every contract call. */
export const TX_FEE = 10_000n
/** The wallet learns of its own change within a second (docs/protocol/komodo.md#contract-calls). */
export const WALLET_MS = 1_100
/** Inputs of one data transaction. */
const MOST_INPUTS = 60

export type Budget = ReturnType<typeof budgetOf>

/**
 * The daemon takes outputs in the order of its index until the fee is covered, then the next transaction goes on from
 * there: that is imitated, not estimated.
 */
export function budgetOf(utxos: readonly OracleUtxo[], dataFee: bigint) {
  const usable = utxos.filter(({ sat }) => sat >= LEAST_SAT)
  const sat = usable.reduce((sum, utxo) => sum + utxo.sat, 0n)
  let [perBlock, group, inputs] = [0, 0n, 0]
  for (const utxo of usable) {
    group += utxo.sat
    inputs++
    if (group >= dataFee) {
      perBlock++
      ;[group, inputs] = [0n, 0]
    } else if (inputs >= MOST_INPUTS) break
  }
  return {
    /** Data transactions that the coming block can take. */
    perBlock: dataFee > 0n ? perBlock : 0,
    /** Outputs of at least the fee. */
    whole: usable.filter((utxo) => utxo.sat >= dataFee).length,
    /** Headers until nothing is left, the fee of each counted. */
    headersLeft: dataFee > 0n ? Number(sat / dataFee) : 0,
    sat,
  }
}

export interface FundsPolicy {
  /** Subscribe when fewer headers than this are left. */
  readonly lowWater: number
  /** As many outputs of at least the fee are kept: so many headers go into one block. */
  readonly outputs: number
  /** Satoshis of one subscription. */
  readonly amount: bigint
  /** Satoshis that may be subscribed in a day (UTC). */
  readonly dailyLimit: bigint
}

export interface FundsFacts {
  readonly budget: Budget
  /** Subscriptions that are still in the mempool. */
  readonly coming: number
  readonly comingSat: bigint
  readonly dataFee: bigint
  /** Satoshis subscribed since midnight UTC. */
  readonly spentToday: bigint
  /** Spendable coins of the wallet. */
  readonly wallet: bigint
  /** Headers published an hour, for the forecast; 60 for a chain of one-minute blocks. */
  readonly perHour: number
  /** Data transactions of ours in the mempool: their change comes back with the next block. */
  readonly inFlight: number
  /** Satoshis of that change. */
  readonly inFlightSat: bigint
}

export type FundsAction =
  | { readonly do: 'nothing' }
  | { readonly do: 'subscribe'; readonly count: number; readonly sat: bigint }
  /** It is needed, but something forbids it. */
  | { readonly do: 'alarm'; readonly why: 'limit' | 'wallet' }

export type Forecast = ReturnType<typeof forecast>

/** In-flight change counts: it is there again after the next block. */
export function forecast(facts: FundsFacts) {
  const sat = facts.budget.sat + facts.comingSat + facts.inFlightSat
  const headersLeft = facts.dataFee > 0n ? Number(sat / facts.dataFee) : 0
  return { headersLeft, hoursLeft: facts.perHour > 0 ? headersLeft / facts.perHour : Infinity }
}

export function decideFunds(facts: FundsFacts, policy: FundsPolicy): FundsAction {
  const { headersLeft } = forecast(facts)
  const outputs = facts.budget.whole + facts.coming + facts.inFlight
  const missing = Math.max(policy.outputs - outputs, 0)
  const low = headersLeft < policy.lowWater
  if (!low && missing === 0) return { do: 'nothing' }
  const one = policy.amount + 2n * TX_FEE
  const byNeed = Math.max(missing, low ? 1 : 0)
  const byLimit = Number((policy.dailyLimit - facts.spentToday) / policy.amount)
  const byWallet = Number(facts.wallet / one)
  const count = Math.min(byNeed, byLimit, byWallet)
  if (count > 0) return { do: 'subscribe', count, sat: policy.amount }
  return { do: 'alarm', why: byLimit <= 0 ? 'limit' : 'wallet' }
}

/**
 * Many small outputs make the daemon say that it has too few coins (docs/protocol/komodo.md#contract-calls): above this
 * they are merged.
 */
const MANY = 40
const MOST_MERGED = 100

/** Up to this an output is small, or up to twice the fee that each header leaves as one. */
const SMALL_SAT = 1_000_000n

/**
 * Small outputs to merge into one, or none. Only confirmed ones; the largest `keep` stay, since a daemon that builds
 * while they are on their way needs something to pay with.
 */
export function toConsolidate<T extends OracleUtxo>(
  all: readonly T[],
  dataFee: bigint,
  keep = 10,
): readonly T[] {
  const most = 2n * dataFee > SMALL_SAT ? 2n * dataFee : SMALL_SAT
  const utxos = all.filter(({ sat }) => sat <= most)
  if (utxos.length <= MANY) return []
  const rising = [...utxos].sort((a, b) => (a.sat < b.sat ? -1 : a.sat > b.sat ? 1 : 0))
  return rising.slice(0, Math.min(MOST_MERGED, utxos.length - keep))
}

/**
 * Whether registering is safe. A second registration starts a new chain of batons, and whatever
 * was published before can no longer be reached (docs/protocol/komodo.md#batons).
 */
export function mayRegister(registered: readonly { readonly publisher: string }[], pubkey: string): boolean {
  return !registered.some(({ publisher }) => publisher === pubkey)
}

/** `waiting`: the registration that waits for a block. */
export function registerError(pubkey: string, waiting: string | null = null): Error {
  const how =
    waiting === null ? 'is registered already' : `registers with ${waiting}, which waits for a block`
  return fail('E_FEED_REREGISTER', `${pubkey.slice(0, 16)}… ${how}`)
}
