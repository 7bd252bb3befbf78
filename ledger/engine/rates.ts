/** The rates of a block, from its first oracle record and its first staking record (docs/protocol/ledger.md#rates). */
import type { GradedBlock, GradedStakingBlock } from '../../oracle/index.js'
import { ASSETS, STAKING_ASSETS } from '../../pegnet/index.js'
import type { LedgerRules } from '../rules.js'
import { tickerOf, type Ticker } from '../tickers.js'
import type { LedgerView, Rates } from './types.js'

/**
 * `rates`: they can be converted by; `none`: conversions wait; `outside`: the oracle record's prices lie too far from
 * the staking record's, and the whole block is passed over.
 */
export type BlockRates =
  { readonly kind: 'rates'; readonly rates: Rates } | { readonly kind: 'none' | 'outside' }

export interface Grades {
  readonly oracle: GradedBlock | null
  readonly staking: GradedStakingBlock | null
}

export function ratesOf(
  view: Pick<LedgerView, 'supply'>,
  { oracle, staking }: Grades,
  { height, rules }: { readonly height: number; readonly rules: LedgerRules },
): BlockRates {
  const said = oracle?.gradable ? oracleRates(oracle) : null
  if (height < rules.pegnet2)
    return said ? { kind: 'rates', rates: withPeg(view, said, { height, rules }) } : { kind: 'none' }
  const staked = staking?.gradable ? stakingRates(staking) : null
  if (!said || !staked) {
    const rates = said ?? staked
    return rates ? { kind: 'rates', rates } : { kind: 'none' }
  }
  const rates = new Map<Ticker, bigint>()
  for (const [ticker, rate] of said) {
    const inside = isInside(rate, staked.get(ticker) ?? 0n, bandAt(height, rules))
    if (!inside && height < rules.enhanced) return { kind: 'outside' }
    rates.set(ticker, inside ? rate : 0n)
  }
  return { kind: 'rates', rates }
}

const listed = (assets: readonly string[], prices: readonly bigint[]): Map<Ticker, bigint> =>
  new Map(assets.map((asset, k) => [tickerOf(asset), prices[k] ?? 0n]))

const oracleRates = ({ version, graded }: GradedBlock): Map<Ticker, bigint> =>
  listed(ASSETS[version], graded[0]?.opr.prices ?? [])

const stakingRates = ({ graded }: GradedStakingBlock): Map<Ticker, bigint> =>
  listed(STAKING_ASSETS, graded[0]?.spr.prices ?? [])

/** Until the records priced PEG it was worth nothing, then its share of all other tokens' worth. */
function withPeg(
  view: Pick<LedgerView, 'supply'>,
  said: Map<Ticker, bigint>,
  { height, rules }: { readonly height: number; readonly rules: LedgerRules },
): Rates {
  if (height >= rules.pegFloating) return said
  const supply = height >= rules.pegEquation ? view.supply('PEG') : 0n
  let worth = 0n
  if (supply > 0n)
    for (const [ticker, rate] of said) if (ticker !== 'PEG') worth += view.supply(ticker) * rate
  return said.set('PEG', supply > 0n ? worth / supply : 0n)
}

type Band = (staked: bigint) => number

const NARROW_FROM = 100_000n

function bandAt(height: number, rules: LedgerRules): Band {
  if (height >= rules.enhanced) return () => 0.25
  if (height >= rules.developers) return () => 0.1
  return (staked) => (staked >= NARROW_FROM ? 0.001 : 0.01)
}

/** In doubles, in this order: the last bit decides. */
function isInside(rate: bigint, staked: bigint, band: Band): boolean {
  const [value, center, width] = [Number(rate), Number(staked), band(staked)]
  return value >= center * (1 - width) && value <= center * (1 + width)
}
