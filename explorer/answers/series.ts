/** How something went over heights: what charts are drawn from, on pages and on the command line. */
import { BadRequest, Csv, unitsText, wantsCsv } from '../../base/index.js'
import { heightsIn, rangeIn, TICKERS, timesOver, type Ticker } from '../../ledger/index.js'
import { indexOf } from '../phases.js'
import { tickerOf } from '../search.js'
import { isDeep, lastingIf } from './lasting.js'
import { MINER_CHARTS, minerIn, type MinerChoice } from './miner-charts.js'
import { powerOf, type Answer, type Reader } from './parts.js'

export interface SeriesPoint {
  readonly height: number
  readonly time: string | null
  /** Decimal. */
  readonly value: string
}

export interface SeriesLine {
  readonly name: string
  readonly points: readonly SeriesPoint[]
}

export interface Series {
  readonly name: string
  readonly ticker: Ticker | null
  /** Identity or address. */
  readonly miner: string | null
  readonly title: string
  readonly unit: string
  readonly from: number
  readonly to: number
  readonly lines: readonly SeriesLine[]
}

interface Values {
  readonly name: string
  readonly points: readonly { readonly height: number; readonly value: string }[]
}

interface Chart {
  readonly title: string
  readonly unit: string
  /** What it is of. */
  readonly of: 'token' | 'miner' | 'network'
  read(reader: Reader, heights: readonly number[], choice: Choice): readonly Values[]
}

/** What a chart is of; those of the network look at none of it. */
interface Choice extends MinerChoice {
  readonly token: Ticker
}

/** Sums over all tokens look up 62 of them at each height. */
const INDEX_POINTS = 40

const amounts = (points: readonly { readonly height: number; readonly amount: bigint }[]) =>
  points.map(({ height, amount }) => ({ height, value: unitsText(amount) }))

export const CHARTS: Readonly<Record<string, Chart>> = {
  price: {
    ...{ title: 'Price', unit: 'USD', of: 'token' },
    read: ({ query }, heights, { token }) => [
      { name: 'price', points: amounts(since(query.ratesOver(token, heights), heights)) },
    ],
  },
  spread: {
    ...{ title: 'Lowest and highest price that graded records said', unit: 'USD', of: 'token' },
    read({ query }, heights, { token }) {
      const rated = since(query.ratesOver(token, heights), heights).map(({ height }) => height)
      const spreads = query.spreads(token, rated)
      return [
        { name: 'highest', points: spreads.map(({ height, high }) => ({ height, value: unitsText(high) })) },
        { name: 'lowest', points: spreads.map(({ height, low }) => ({ height, value: unitsText(low) })) },
      ]
    },
  },
  supply: {
    ...{ title: 'Supply', unit: 'tokens', of: 'token' },
    read: ({ query }, heights, { token }) => [
      { name: 'supply', points: amounts(query.suppliesOver(token, heights)) },
    ],
  },
  conversions: {
    ...{ title: 'Conversions since the first block', unit: 'tokens', of: 'token' },
    read: ({ query }, heights, { token }) => [
      { name: 'into it', points: amounts(query.flowsOver('in', token, heights)) },
      { name: 'out of it', points: amounts(query.flowsOver('out', token, heights)) },
    ],
  },
  power: {
    ...{ title: 'Hash power', unit: 'hashes a second, estimated', of: 'network' },
    read: (reader, heights) => [
      {
        name: 'hash power',
        points: since(reader.query.contentsOver(heights), heights).flatMap(({ height, hashes }) => {
          const power = powerOf(hashes, reader)
          return power === null ? [] : [{ height, value: String(Number(power.toFixed(3))) }]
        }),
      },
    ],
  },
  records: {
    ...{ title: 'Records of a block', unit: 'entries', of: 'network' },
    read({ query }, heights) {
      const contents = since(query.contentsOver(heights), heights)
      return [
        {
          name: 'oracle',
          points: contents.map(({ height, entries }) => ({ height, value: String(entries) })),
        },
        {
          name: 'staking',
          points: contents.map(({ height, staked }) => ({ height, value: String(staked) })),
        },
      ]
    },
  },
  index: {
    ...{ title: 'PNI: what pegged tokens are worth for each PEG', unit: 'USD', of: 'network' },
    read: (reader, heights) => [{ name: 'PNI', points: indexPoints(reader, thinned(heights, INDEX_POINTS)) }],
  },
  risk: {
    ...{ title: 'Mined PEG and burnt factoids', unit: 'PEG, FCT', of: 'network' },
    read: ({ query }, heights) => [
      { name: 'PEG mined', points: amounts(query.flowsOver('mined', 'PEG', heights)) },
      { name: 'FCT burnt', points: amounts(query.flowsOver('burnt', 'pFCT', heights)) },
    ],
  },
  distance: {
    ...{ title: 'How far from the average', unit: 'per cent, of the best record of a block', of: 'miner' },
    read: MINER_CHARTS.distance,
  },
  share: {
    ...{ title: 'Share of the graded records', unit: 'per cent', of: 'miner' },
    read: MINER_CHARTS.share,
  },
  reward: {
    ...{ title: 'Reward since the first block', unit: 'PEG', of: 'miner' },
    read: MINER_CHARTS.reward,
  },
}

export const series: Answer = (reader, name, asked) => {
  const found = seriesOf(reader, name, asked)
  if (found === null) return found
  const lasts = asked.has('to') && isDeep(reader, found.to)
  return lastingIf(lasts, wantsCsv(asked) ? csvOf(found) : found)
}

function csvOf(found: Series): Csv {
  const times = new Map(found.lines.flatMap(({ points }) => points.map(({ height, time }) => [height, time])))
  const values = found.lines.map(({ points }) => new Map(points.map(({ height, value }) => [height, value])))
  return new Csv(
    ['height', 'time', ...found.lines.map((line) => line.name)],
    [...times]
      .sort(([a], [b]) => a - b)
      .map(([height, time]) => [height, time, ...values.map((own) => own.get(height) ?? null)]),
  )
}

/** Null: there is no such chart. Throws `BadRequest`. */
export function seriesOf(reader: Reader, name: string, asked: URLSearchParams): Series | null {
  const chart = Object.hasOwn(CHARTS, name) ? CHARTS[name] : undefined
  if (!chart) return null
  const choice = choiceIn(chart, asked)
  const { query } = reader
  const range = rangeIn(asked, reader, query.firstHeight())
  const heights = heightsIn(asked, range)
  const lines = chart.read(reader, heights, choice)
  const times = timesOver(reader, [
    ...new Set(lines.flatMap(({ points }) => points.map(({ height }) => height))),
  ])
  const ticker = chart.of === 'token' ? choice.token : chart.of === 'miner' ? choice.ticker : null
  return {
    ...{ name, ticker, title: chart.title, unit: chart.unit, ...range },
    miner: chart.of === 'miner' ? asked.get('miner') : null,
    lines: lines.map((line) => ({
      name: line.name,
      points: line.points.map(({ height, value }) => ({ height, time: times(height), value })),
    })),
  }
}

/** Throws `BadRequest`. */
function choiceIn(chart: Chart, asked: URLSearchParams): Choice {
  const given = asked.get('ticker') ?? ''
  const ticker = tickerOf(given)
  const wanted = chart.of === 'token' || (chart.of === 'miner' && given !== '')
  if (wanted && ticker === null)
    throw new BadRequest('ticker is missing or no token: give PEG, pUSD or another')
  const miner = chart.of === 'miner' ? minerIn(asked) : { identity: '' }
  return { token: ticker ?? 'PEG', ticker, miner }
}

/** Of rates or records up to a height the first may be of a block before the range. */
const since = <T extends { readonly height: number }>(
  points: readonly T[],
  heights: readonly number[],
): T[] => points.filter(({ height }) => height >= (heights[0] ?? 0))

function thinned(heights: readonly number[], most: number): number[] {
  if (heights.length <= most) return [...heights]
  return Array.from(
    { length: most },
    (_, k) => heights[Math.round((k * (heights.length - 1)) / (most - 1))] as number,
  )
}

/** Rates of a block that has none are those of the last one that had. */
function indexPoints({ query }: Reader, heights: readonly number[]): Values['points'] {
  const worths = new Map<number, bigint>()
  const rated = heights.map((height) => query.ratesHeight(height))
  const rates = new Map(
    [...new Set(rated)].flatMap((height) => (height === null ? [] : [[height, query.ratesAt(height)]])),
  )
  for (const ticker of TICKERS) {
    if (ticker === 'PEG') continue
    for (const [k, { height, amount }] of query.suppliesOver(ticker, heights).entries()) {
      const rate = rates.get(rated[k] ?? -1)?.get(ticker) ?? 0n
      worths.set(height, (worths.get(height) ?? 0n) + (amount * rate) / 100_000_000n)
    }
  }
  return query.suppliesOver('PEG', heights).flatMap(({ height, amount }) => {
    const index = indexOf(worths.get(height) ?? 0n, amount)
    return index === null ? [] : [{ height, value: unitsText(index) }]
  })
}
