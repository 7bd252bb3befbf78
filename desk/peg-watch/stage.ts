/**
 * Development only: what peg-watch is shown on the network dev. A script says how far each token is off its peg, how much
 * is for sale, and what happens when; the venues of the embedded exchange then list such books. The chain beside them is
 * made up as well: each of its blocks has the prices of the embedded world at that time, under the rules of MainNet.
 */
import { exactOptional, optional, type InferOutput } from 'valibot'

import {
  choice,
  decimal as number,
  duration,
  listOfShapes,
  named,
  readShape,
  section,
  value,
  type SectionProblem,
  type SectionResult,
} from '../../config/index.js'
import {
  averagesAt,
  TICKERS,
  tickerOf,
  type LedgerRules,
  type Rates,
  type Ticker,
} from '../../ledger/index.js'
import { ASSETS } from '../../oracle/index.js'
import {
  DEV_SEED,
  decimal,
  worth,
  type Book,
  type BookLevel,
  type Venue,
} from '../../oracle/prices/dev/index.js'
import type { PegHistory } from './look.js'
import type { MarketName } from './market.js'

const PREMIUM = value(number(-90, 1000), 'percent that its market is above the peg; below 0 it is under it')
const DEPTH = value(number(1, 1e9), 'USD, by the peg, on each side of the book')

export const stageShape = section({
  tokens: named(
    section({
      premium: optional(PREMIUM, 0),
      depth: optional(DEPTH, 800),
      at: optional(value(choice('kraken', 'gate'), 'the venue: kraken for USD, gate for USDT'), 'kraken'),
    }),
    'tokens that are traded',
  ),
  shocks: exactOptional(
    listOfShapes(
      section({
        token: value(choice('all', ...TICKERS), 'whose market changes; all: of each but PEG'),
        premium: exactOptional(PREMIUM),
        depth: exactOptional(DEPTH),
        from: optional(value(duration, 'after the start'), '1s'),
        for: optional(value(duration, 'how long it lasts'), '1d'),
      }),
      { most: 100, expects: 'a list of shocks', meaning: 'what changes for a while' },
    ),
  ),
})

export type Stage = InferOutput<typeof stageShape>
type Terms = Stage['tokens'][string]

export function readStage(raw: unknown): SectionResult<Stage> {
  const { value: found, problems } = readShape(stageShape, raw ?? {})
  const strange: SectionProblem[] = Object.keys(found?.tokens ?? {})
    .filter((token) => !TICKERS.includes(token))
    .map((token) => ({
      path: ['tokens', token],
      message: 'there is no such token; pUSD, pXBT and PEG are some',
    }))
  return found === undefined || problems.length + strange.length > 0
    ? { problems: [...problems, ...strange] }
    : { value: found }
}

const [LITTLE, MUCH] = [800, 50_000]

type Numbers = Readonly<Partial<Record<Ticker, number>>>

const staged = (premiums: Numbers, depth: number, depths: Numbers = {}): Stage => {
  const tokens = ['pUSD', 'pEUR', 'pJPY', 'pXAU', 'pXBT'].map((token): [Ticker, Terms] => [
    token,
    {
      premium: premiums[token] ?? 0,
      depth: depths[token] ?? depth,
      at: token === 'pUSD' ? 'gate' : 'kraken',
    },
  ])
  return { tokens: { ...Object.fromEntries(tokens), PEG: { premium: 0, depth: MUCH, at: 'gate' } } }
}

const BELOW = { pUSD: -3, pEUR: -5, pJPY: -4, pXAU: -4, pXBT: -6 }
const ABOVE = { pUSD: 3, pEUR: 5, pJPY: 4, pXAU: 4, pXBT: 6 }

/** The cases of the white paper, and a market in which nothing is off. */
export const STAGES = {
  calm: staged({}, LITTLE),
  A: staged({ pEUR: -5 }, LITTLE),
  B: staged({ pEUR: -5 }, LITTLE, { pEUR: MUCH }),
  C: staged(BELOW, LITTLE),
  D: staged(BELOW, MUCH),
  E: staged(ABOVE, MUCH),
} as const satisfies Readonly<Record<string, Stage>>

const QUOTES = { kraken: 'USD', gate: 'USDT' } as const
const codeOf = (token: Ticker): string => token.toUpperCase()
const assetOf = (token: Ticker): string => token.replace(/^p/, '')

export const stagedMarkets = ({ tokens }: Stage): MarketName[] =>
  Object.entries(tokens).map(([token, { at }]) => ({
    ...{ token, exchange: at },
    symbol: `${codeOf(token)}/${QUOTES[at]}`,
  }))

/** What something of the embedded world is worth in USD at a time, ms. */
export type World = (asset: string, time: number) => number
const WORLD: World = (asset, time) => worth(DEV_SEED, asset, time)

/** For the embedded exchange. `start`: from when on shocks count. */
export const stagedListing =
  ({ tokens, shocks = [] }: Stage, start: number, world: World = WORLD) =>
  (venue: Venue, now: number): Book[] =>
    Object.entries(tokens).flatMap(([token, terms]) => {
      if (terms.at !== venue) return []
      const shock = shocks.findLast(
        (one) =>
          one !== undefined &&
          (one.token === token || (one.token === 'all' && token !== 'PEG')) &&
          now - start >= one.from &&
          now - start < one.from + one.for,
      )
      const { premium = terms.premium, depth = terms.depth } = shock ?? {}
      const quote = QUOTES[terms.at]
      const levels = levelsOf(world(assetOf(token), now), premium / 100, depth)
      const unit = world(quote, now)
      const written = (list: readonly Level[]): BookLevel[] =>
        list.map(([price, amount]) => [decimal(price / unit), amount.toFixed(8)])
      const [bids, asks] = [written(levels.bids), written(levels.asks)]
      const [bid, ask] = [bids[0]?.[0] ?? '0', asks[0]?.[0] ?? '0']
      return [
        { base: codeOf(token), quote, bid, ask, last: bid, time: now, trading: true, levels: { bids, asks } },
      ]
    })

type Level = readonly [price: number, amount: number]
const STEPS = 4

/**
 * Four equal orders a side. On the side that is off they go from the premium to the peg in equal steps; the others are
 * 0.1 % behind the best one and each other.
 */
function levelsOf(truth: number, premium: number, depth: number): { bids: Level[]; asks: Level[] } {
  const amount = depth / STEPS / truth
  const each = (price: (k: number) => number): Level[] =>
    Array.from({ length: STEPS }, (_, k) => [truth * price(k), amount])
  const towardsPeg = (k: number): number => 1 + premium * (1 - k / STEPS)
  const away = (sign: number) => (k: number) => (1 + premium) * (1 + sign * 0.001 * (k + 1))
  return {
    asks: each(premium < 0 ? towardsPeg : away(1)),
    bids: each(premium > 0 ? towardsPeg : away(-1)),
  }
}

/** As many blocks as an average needs and a risk is told by. */
const DEEP = 5000

export interface StagedChain {
  readonly blockMs: number
  readonly now: () => number
  readonly world?: World
}

/** The rules of a height, whatever the height. */
export function rulesAsOf({ rateForAverage, ...heights }: LedgerRules, height: number): LedgerRules {
  const always = Object.entries(heights).map(
    ([rule, first]) => [rule, first <= height ? 0 : Infinity] as const,
  )
  return { ...(Object.fromEntries(always) as typeof heights), rateForAverage }
}

/** A chain on which all goes on as it did: each block has prices. Its heights count from 1970, so a restart goes on. */
export function stagedHistory({ blockMs, now, world = WORLD }: StagedChain): PegHistory {
  const timeOf = (height: number): number => height * blockMs
  const height = (): number => Math.floor(now() / blockMs)
  const rateAt = (token: Ticker, at: number): bigint =>
    BigInt(Math.round(world(assetOf(token), timeOf(at)) * 1e8))
  const known = new Map<number, Rates>()
  const ratesAt = (at: number): Rates => {
    const found = known.get(at) ?? new Map(ASSETS[5].map(tickerOf).map((token) => [token, rateAt(token, at)]))
    known.set(at, found)
    known.delete(at - DEEP)
    return found
  }
  let averages: { readonly at: number; readonly rates: Rates } | null = null
  return {
    height,
    ratesHeight: (at) => Math.min(at, height()),
    ratesAt,
    averagesAt(at) {
      if (averages?.at !== at) {
        const ratesFrom = (from: number, to: number) =>
          Array.from({ length: to - from + 1 }, (_, k) => ({ height: from + k, rates: ratesAt(from + k) }))
        averages = { at, rates: averagesAt({ ratesFrom }, at) }
      }
      return averages.rates
    },
    ratesOver: (token, heights) => heights.map((at) => ({ height: at, amount: rateAt(token, at) })),
  }
}
