/** From which height on which rule of the ledger holds (docs/protocol/ledger.md#heights). */
import { MAINNET_OPR_HEIGHTS, versionAt, type Network } from '../pegnet/index.js'

/** First heights; of the events that happen once, their only height. */
export interface LedgerRules {
  /** Transactions and conversions are read. */
  readonly transactions: number
  /** PEG has a rate: what all other tokens are worth, divided by the PEG that there is. */
  readonly pegEquation: number
  /** The rate of PEG is that of the record. */
  readonly pegFloating: number
  /** Nothing converts into pFCT. */
  readonly closedFct: number
  /** Conversions into PEG share a bank. */
  readonly bank: number
  /** All held batches of a block share one bank, which is kept. */
  readonly sharedBank: number
  /** Ethereum's keys may sign. */
  readonly ethereumKeys: number
  /** PegNet 2.0: staking records, payouts to holders; no burns of factoids, no conversion into PEG. */
  readonly pegnet2: number
  /** Developers are paid; the band around staking records is 10 %. */
  readonly developers: number
  /** 16 tokens are closed as targets; an asset outside the band of 25 % has rate 0; the burn address destroys. */
  readonly enhanced: number
  /** Conversions use the worse of rate and average. */
  readonly averages: number
  /**
   * Where there are too few rates for an average the rate stands in for it. Else nothing is converted there, which a
   * new chain of one's own would suffer from for its first 144 blocks with rates.
   */
  readonly rateForAverage: boolean
  /** The zero address is emptied in this block. */
  readonly emptyZero: number
  /** The burn address is emptied in this block. */
  readonly emptyBurn: number
  readonly mint: number
  readonly unmint: number
}

const MAINNET: LedgerRules = {
  transactions: 213_237,
  pegEquation: 214_287,
  closedFct: 220_346,
  bank: 222_270,
  pegFloating: 222_270,
  sharedBank: 231_620,
  ethereumKeys: 231_621,
  pegnet2: 258_796,
  developers: 260_118,
  emptyZero: 260_118,
  enhanced: 274_036,
  emptyBurn: 274_036,
  mint: 288_878,
  unmint: 294_206,
  averages: 295_190,
  rateForAverage: false,
}

const { rateForAverage: _, ...MAINNET_HEIGHTS } = MAINNET
type Rule = keyof typeof MAINNET_HEIGHTS

/** What happens once happens on MainNet alone: nothing is in the first block of a chain. */
const ONCE: readonly Rule[] = ['emptyZero', 'emptyBurn', 'mint', 'unmint']

/**
 * TestNet has the heights of MainNet. A network of one's own has every rule from its first block on, as pegnetd has it
 * there (`--testing`); with record versions at heights of its own, each rule begins with the version that was in force
 * when it began on MainNet.
 */
export function rulesOf({ name, oprHeights }: Pick<Network, 'name' | 'oprHeights'>): LedgerRules {
  if (name !== 'dev' && name !== 'local') return MAINNET
  const onMainNet = versionAt(MAINNET_OPR_HEIGHTS)
  const own = oprHeights ?? []
  if (own.length > 0 && own.every(([version, height]) => height === MAINNET_OPR_HEIGHTS[version]))
    return MAINNET
  const begins = (rule: Rule): number =>
    ONCE.includes(rule)
      ? 0
      : (own.find(([version]) => version >= onMainNet(MAINNET_HEIGHTS[rule]))?.[1] ??
        (own.length > 0 ? Infinity : 0))
  const heights = Object.keys(MAINNET_HEIGHTS).map((rule) => [rule, begins(rule as Rule)] as const)
  return { ...(Object.fromEntries(heights) as Record<Rule, number>), rateForAverage: name === 'dev' }
}
