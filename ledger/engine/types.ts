/** What the rules of the ledger take and give. Addresses are RCD hashes in hex, amounts and rates 1e-8 units. */
import type { FactoidTransaction } from '../../factom/index.js'
import type { GradedBlock, GradedStakingBlock, OprEntry } from '../../oracle/index.js'
import type { Ticker } from '../tickers.js'
import type { Batch } from '../transactions/types.js'

/** What a block holds for the ledger. */
export interface LedgerBlock {
  readonly height: number
  /** Start of the block, UNIX seconds. */
  readonly seconds: number
  /** Null: the chain has no block at this height. */
  readonly oracle: readonly ChainEntry[] | null
  readonly staking: readonly ChainEntry[] | null
  readonly transactions: readonly ChainEntry[]
  readonly factoids: readonly FactoidTransaction[]
}

/** An entry as it is in a block. */
export interface ChainEntry extends OprEntry {
  readonly chainId: string
  /** When it was revealed, UNIX seconds. */
  readonly seconds: number
}

/** USD per unit by ticker. */
export type Rates = ReadonlyMap<Ticker, bigint>
export type Balances = ReadonlyMap<Ticker, bigint>

export interface DatedRates {
  readonly height: number
  readonly rates: Rates
}

/** A batch with a conversion waits for the next block that has rates. */
export interface HeldBatch extends Batch {
  /** Of the block that it is in. */
  readonly height: number
}

/** What the rules ask of the state after the block before. */
export interface LedgerView {
  balance(address: string, ticker: Ticker): bigint
  /** The sum of all balances. */
  supply(ticker: Ticker): bigint
  /** The addresses that hold most of it, at least 1 unit; of equals those that came first. */
  richest(ticker: Ticker, count: number): readonly string[]
  /** What each address has held at both snapshots, the last one and now. */
  heldSinceSnapshot(): Iterable<readonly [address: string, balances: Balances]>
  /** Whether the batch is in an earlier block, and whether it was executed. */
  known(hash: string): 'executed' | 'entered' | null
  /** The batches that wait since the blocks from one height to before another: those of each block, in its order. */
  held(first: number, end: number): Iterable<readonly HeldBatch[]>
  /** The last rates below this height. */
  ratesBefore(height: number): DatedRates | null
  /** All rates from the first to the last of these heights, ascending. */
  ratesFrom(first: number, last: number): readonly DatedRates[]
  /** Whether the history has a line of this hash and index. */
  hasAction(hash: string, index: number): boolean
  /** The short hashes that an oracle record must name; none before the first block of records. */
  previousWinners(): readonly string[]
}

/** Status of a batch: the height at which it was executed, 0 while it waits, or why it was not. */
export const REFUSED = {
  insufficient: -1,
  invalid: -2,
  closedFct: -3,
  zeroRate: -4,
  closedTarget: -5,
} as const

/** A payment out of nothing or for burnt factoids; it has a line in the history of its address. */
export interface Credit {
  readonly index: number
  readonly address: string
  readonly ticker: Ticker
  readonly amount: bigint
}

export type LedgerEvent =
  /** A valid batch is in the block, at this place. */
  | { readonly type: 'entered'; readonly batch: Batch; readonly order: number; readonly seconds: number }
  | { readonly type: 'verdict'; readonly hash: string; readonly status: number }
  /** What a conversion has given; of one into PEG from the bank also what was given back. */
  | {
      readonly type: 'converted'
      readonly hash: string
      readonly index: number
      readonly ticker: Ticker
      readonly target: Ticker
      readonly amount: bigint
      readonly refund: bigint | null
    }
  /** Rewards and burns, under the hash of their entry or transaction, or one made for them. */
  | {
      readonly type: 'credited'
      readonly action: 'coinbase' | 'burn'
      readonly hash: string
      readonly order: number
      readonly seconds: number
      readonly credits: readonly Credit[]
    }
  /** Beside the history: the one-off events, and what was sent to the address that destroys. */
  | {
      readonly type: 'minted' | 'destroyed'
      readonly address: string
      readonly ticker: Ticker
      readonly amount: bigint
    }
  /** The reference would stop for ever at this; it was left out. */
  | { readonly type: 'skipped'; readonly hash: string; readonly reason: string }

/** The bank of a block from which conversions into PEG were paid. */
export interface Bank {
  readonly amount: bigint
  readonly used: bigint
  readonly requested: bigint
}

/** What a block changes. */
export interface BlockOutcome {
  readonly height: number
  /** New balances, by address in the order of their first change. */
  readonly balances: ReadonlyMap<string, Balances>
  readonly rates: Rates | null
  readonly bank: Bank | null
  readonly held: readonly HeldBatch[]
  /** Balances as of the block before are a snapshot. */
  readonly snapshot: boolean
  readonly oracle: GradedBlock | null
  readonly staking: GradedStakingBlock | null
  readonly events: readonly LedgerEvent[]
}
