/** Which addresses get a record of a block, and why others get none. Pure. */
import { isCoded, messageOf } from '../../base/index.js'
import type { SealedEntry } from '../../factom/index.js'
import type { Network } from '../../pegnet/index.js'
import type { StakeSkippedEvent } from './events.js'
import { buildStakingRecord, stakerOf, type SignerOf } from './record.js'

/** Where an address stands before a block. */
export interface Standing {
  /** 1 is the largest holder of PEG; null behind those that may stake. */
  readonly rank: number | null
  /** 1e-8 PEG. */
  readonly balance: bigint
}

export interface StakeTerms {
  readonly network: Network
  readonly height: number
  /** By address; null while the ledger does not know the block before. */
  readonly standings: ReadonlyMap<string, Standing> | null
  /** What this run or an earlier one has published for the block. */
  readonly published: readonly SealedEntry[]
  readonly signerOf: SignerOf
  readonly prices: readonly bigint[]
}

export interface StakeComposition {
  readonly entries: readonly SealedEntry[]
  readonly skipped: readonly StakeSkippedEvent[]
}

/** An address that has a record in the block gets no second one. */
export function composeStakes(terms: StakeTerms): StakeComposition {
  const { network, height, standings, prices } = terms
  if (standings === null) {
    const reason = `the ledger does not know block ${height - 1} yet`
    return { entries: [], skipped: [skipped(height, null, { code: 'E_MINER_STAKE_LEDGER', reason })] }
  }
  const there = new Set(terms.published.map(stakerOf))
  const entries: SealedEntry[] = []
  const left: StakeSkippedEvent[] = []
  for (const [address, { rank }] of standings) {
    if (there.has(address)) continue
    if (rank === null) {
      const reason = 'it is not among the 100 largest holders of PEG'
      left.push(skipped(height, address, { code: 'E_MINER_STAKE_HOLDER', reason }))
      continue
    }
    try {
      const signer = terms.signerOf(address)
      entries.push(buildStakingRecord({ network, height, address, signer, prices }))
    } catch (error) {
      if (!isCoded(error)) throw error
      left.push(skipped(height, address, { code: error.code, reason: messageOf(error) }))
    }
  }
  return { entries, skipped: left }
}

export function skipped(
  height: number,
  address: string | null,
  { code, reason }: { readonly code: string; readonly reason: string },
): StakeSkippedEvent {
  return { event: 'stake.skipped', height, address, code, reason }
}
