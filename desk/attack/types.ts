/** What is supposed, and what comes of it. Shares are parts of 1, prices relative to the true ones. */

/** Miners who work together and publish false prices. */
export interface Liars {
  /** Of all hashes that are made for a block, below 1. */
  readonly share: number
  /** So many of its best proofs of work each group publishes. */
  readonly records: number
  /** Code of the asset that they lie about, or `all`. */
  readonly asset: string
  /** How far their price is from the true one: 0.05 is 5 % above it. */
  readonly by: number
  /**
   * They are so many groups of equal size that know nothing of each other. Each lies about an asset of its own: the
   * first about `asset`, the next about the one after it in the record, and so on.
   */
  readonly groups: number
}

export interface Scenario {
  /** On MainNet: it says which rules hold, those of records, of staking records and of the ledger. */
  readonly height: number
  /** Honest miners, of equal size. */
  readonly miners: number
  /** So many of its best proofs of work each honest miner publishes. */
  readonly records: number
  /** What the honest miners hash for a block. */
  readonly hashes: number
  /** The part of an honest miner's prices that differ from the true ones, and by how much: a standard deviation. */
  readonly apart: number
  readonly spread: number
  readonly liars: Liars
  /** Staking records in a block, from the height on at which there are any; and how many of them lie as the liars do. */
  readonly stakers: number
  readonly lyingStakers: number
  /** From how far off a price counts as moved. */
  readonly moved: number
}

/** What came of one block. */
export interface BlockFate {
  /** Paid places that the liars have, and their part of all that is paid. */
  readonly places: number
  readonly reward: number
  /** Whether the record in first place is theirs. */
  readonly first: boolean
  /** How far the price that conversions use is from the true one; 0 if nothing is converted by it. */
  readonly shift: number
  /**
   * `moved`: conversions use a false price. `stopped`: nothing is converted in this block. `closed`: the asset that they lie
   * about is not converted. `held`: none of these.
   */
  readonly kind: 'moved' | 'stopped' | 'closed' | 'held'
}

/** A value with its interval: in 95 of 100 simulations the true value lies in it. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface AttackResult {
  readonly scenario: Scenario
  readonly blocks: number
  /** Chances for a block. */
  readonly first: Estimate
  readonly moved: Estimate
  readonly stopped: Estimate
  readonly closed: Estimate
  /** Means of a block. */
  readonly places: Estimate
  readonly reward: Estimate
  readonly shift: Estimate
  /** What the liars hash for a block. */
  readonly hashes: number
}
