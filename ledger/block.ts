/** What a followed block holds for the ledger. */
import { chainIdOf, FACTOID_CHAIN, type FollowedBlock } from '../factom/index.js'
import { oprChainId, pegnetChains, sprChainId } from '../oracle/index.js'
import type { Network } from '../pegnet/index.js'
import type { LedgerBlock } from './engine/types.js'

export type LedgerChains = ReturnType<typeof ledgerChains>

export function ledgerChains(network: Network) {
  return {
    oracle: oprChainId(network),
    staking: sprChainId(network),
    transactions: chainIdOf(pegnetChains(network).transactions),
  }
}

/** The chains to follow: burns are in the factoid blocks. */
export const followedChains = ({ oracle, staking, transactions }: LedgerChains): string[] => [
  ...[oracle, staking, transactions, FACTOID_CHAIN],
]

/** An entry was revealed in one of the ten minutes of its block, each a tenth of `blockSeconds`. */
export function ledgerBlockOf(
  {
    height,
    timestamp,
    chains: found,
    factoids,
  }: Pick<FollowedBlock, 'height' | 'timestamp' | 'chains' | 'factoids'>,
  chains: LedgerChains,
  blockSeconds = 600,
): LedgerBlock {
  const seconds = Math.floor(timestamp / 1000)
  const entriesOf = (chainId: string) =>
    found.get(chainId)?.entries.map(({ hash, minute, entry: { extIds, content } }) => ({
      ...{ hash, chainId, extIds, content },
      seconds: seconds + Math.floor((minute * blockSeconds) / 10),
    })) ?? null
  return {
    height,
    seconds,
    oracle: entriesOf(chains.oracle),
    staking: entriesOf(chains.staking),
    transactions: entriesOf(chains.transactions) ?? [],
    factoids: factoids?.transactions.map(({ transaction }) => transaction) ?? [],
  }
}
