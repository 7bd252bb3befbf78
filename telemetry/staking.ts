/** What the API tells of staking: where each address stands, and what became of its records. */
import { unitsText } from '../base/index.js'

/** Where an address stands before a block: the 100 largest holders of PEG may stake. Amounts are decimal. */
export interface StakeStanding {
  readonly height: number
  /** 1 is the largest holder; null behind the 100. */
  readonly rank: number | null
  readonly balance: string
  readonly entitled: boolean
  /** What a record among the winners is paid. */
  readonly payout: string
}

/** An address had no record in a block. */
export interface StakeSkip {
  readonly height: number
  readonly code: string
  readonly reason: string
}

export interface StakePast {
  /** Of all records that were published, and those that were paid; 1e-8 PEG. */
  readonly records: number
  readonly winners: number
  readonly paid: bigint
  /** `status`: how it fares; `place` from 1; `payout` 1e-8 PEG. Null: there was none. */
  readonly last: {
    readonly height: number
    readonly status: string
    readonly reason: string | null
    readonly place: number | null
    readonly payout: bigint | null
  } | null
}

/** The addresses that stake in this run. */
export interface StakingView {
  readonly addresses: readonly string[]
  /** Null: the ledger did not say yet. */
  standing(address: string): StakeStanding | null
  /** The last time in this run; null: never. */
  skipped(address: string): StakeSkip | null
}

/** Null of `past`: it cannot be read. */
export function stakingOf(
  view: StakingView | undefined,
  pastOf: (address: string) => StakePast | null,
): object {
  const addresses = (view?.addresses ?? []).map((address) => {
    const past = pastOf(address)
    const last = past?.last ?? null
    return {
      address,
      standing: view?.standing(address) ?? null,
      skipped: view?.skipped(address) ?? null,
      last: last && { ...last, payout: last.payout === null ? null : unitsText(last.payout) },
      records: past?.records ?? 0,
      winners: past?.winners ?? 0,
      paid: unitsText(past?.paid ?? 0n),
    }
  })
  return { addresses }
}
