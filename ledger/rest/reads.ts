/** The read-only API of the ledger for people and dashboards: what `/api/v1/ledger/…` answers. Amounts are decimal. */
import { Csv, isoTime, numberIn, unitsText, wantsCsv } from '../../base/index.js'
import type { Bank } from '../engine/types.js'
import type { LedgerQueries } from '../store/queries.js'
import { createWorths } from '../store/worth.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { addressText } from '../transactions/address.js'
import { addressIn, heightIn, heightsIn, HIGHEST, rangeIn, tickerIn, type LedgerReader } from './ask.js'
import { historyPage } from './history.js'

/** Is given the query of a request; throws `BadRequest`. */
type Read = (asked: URLSearchParams) => object

const HOLDERS = { least: 1, most: 1000, otherwise: 100 }
const BLOCKS = { least: 1, most: 100, otherwise: 50 }

/** When a block began; null: it is not known. */
export const timeAt = ({ query }: Pick<LedgerReader, 'query'>, height: number): string | null => {
  const seconds = query.secondsAt(height)
  return seconds === null ? null : isoTime(seconds)
}

/** The same of many blocks. */
export function timesOver(
  { query }: Pick<LedgerReader, 'query'>,
  heights: readonly number[],
): (height: number) => string | null {
  const seconds = query.secondsOver(heights)
  return (height) => {
    const found = seconds.get(height)
    return found === undefined ? null : isoTime(found)
  }
}

const usdText = (usd: bigint | null | undefined): string | null => (usd == null ? null : unitsText(usd))

export function createLedgerReads(query: LedgerQueries, worths = createWorths(query)) {
  const reader: LedgerReader = { query, worths }
  const reads = {
    status: () => statusOf(reader),
    balances: (asked) => balancesOf(reader, asked),
    supply: (asked) => supplyOf(reader, asked),
    prices: (asked) => pricesOf(reader, asked),
    history: (asked) => historyPage(reader, asked),
    richlist: (asked) => richlistOf(reader, asked),
    bank: (asked) => bankOf(reader, asked),
    blocks: (asked) => blocksOf(reader, asked),
  } satisfies Readonly<Record<string, Read>>
  return reads
}

function statusOf({ query }: LedgerReader): object {
  const { network, height, begins } = query.about()
  return { network, height, begins, ratesHeight: query.ratesHeight(height), tickers: TICKERS }
}

/** What an address holds; at the last block also in USD. */
function balancesOf({ query, worths }: LedgerReader, asked: URLSearchParams): object {
  const [address, height] = [addressIn(asked), heightIn(asked, { query })]
  const dollars = height === query.about().height ? worths.dollars() : null
  const balances = [...query.balancesOf(address, height)].map(([ticker, amount]) => ({
    ...{ ticker, amount: unitsText(amount), usd: usdText(dollars?.(amount, ticker)) },
    units: amount,
  }))
  const known = balances.filter(({ usd }) => usd !== null)
  const total = known.reduce((sum, { ticker, units }) => sum + (dollars?.(units, ticker) ?? 0n), 0n)
  return {
    ...{ address: addressText(address), height },
    usd: dollars === null ? null : unitsText(total),
    balances: balances.map(({ ticker, amount, usd }) => ({ ticker, amount, usd })),
  }
}

/** Of one token over heights, or of all of them at one. */
function supplyOf(reader: LedgerReader, asked: URLSearchParams): object {
  const { query } = reader
  const ticker = tickerIn(asked)
  if (ticker === undefined) {
    const height = heightIn(asked, reader)
    const supply = [...query.issuance(height)].map(([name, amount]) => ({
      ticker: name,
      amount: unitsText(amount),
    }))
    return wantsCsv(asked) ? Csv.of(['ticker', 'amount'], supply) : { height, supply }
  }
  const heights = heightsIn(asked, rangeIn(asked, reader, query.firstHeight()))
  const times = timesOver(reader, heights)
  const points = query.suppliesOver(ticker, heights).map(({ height, amount }) => ({
    ...{ height, time: times(height), amount: unitsText(amount) },
  }))
  return seriesOf(asked, ticker, { name: 'amount', points })
}

/** USD of one token over heights, as the blocks said it, or of all of them by one block. */
function pricesOf(reader: LedgerReader, asked: URLSearchParams): object {
  const { query } = reader
  const ticker = tickerIn(asked)
  if (ticker === undefined) {
    const height = query.ratesHeight(heightIn(asked, reader))
    const rates = height === null ? null : query.ratesAt(height)
    const prices = [...(rates ?? [])].map(([name, rate]) => ({ ticker: name, usd: unitsText(rate) }))
    return wantsCsv(asked) ? Csv.of(['ticker', 'usd'], prices) : { height, prices }
  }
  const range = rangeIn(asked, reader, query.firstHeight())
  const dated = query.ratesOver(ticker, heightsIn(asked, range)).filter(({ height }) => height >= range.from)
  const times = timesOver(
    reader,
    dated.map(({ height }) => height),
  )
  const points = dated.map(({ height, amount }) => ({
    ...{ height, time: times(height), usd: unitsText(amount) },
  }))
  return seriesOf(asked, ticker, { name: 'usd', points })
}

interface Series<N extends string> {
  readonly name: N
  readonly points: readonly ({ readonly height: number; readonly time: string | null } & Readonly<
    Record<N, string>
  >)[]
}

function seriesOf<N extends string>(
  asked: URLSearchParams,
  ticker: Ticker,
  { name, points }: Series<N>,
): object {
  return wantsCsv(asked) ? Csv.of(['height', 'time', name], points) : { ticker, points }
}

/** The largest holders of one token, or by the worth of all that they hold. */
function richlistOf({ query, worths }: LedgerReader, asked: URLSearchParams): object {
  const ticker = tickerIn(asked)
  const limit = numberIn(asked, 'limit', HOLDERS)
  const dollars = worths.dollars()
  const holders =
    ticker === undefined
      ? (worths.holders()?.richest(limit) ?? []).map(({ address, usd }) => ({
          ...{ address: addressText(address), amount: null, usd: unitsText(usd) },
        }))
      : query.richest(ticker, limit).map(({ address, amount }) => ({
          address: addressText(address),
          amount: unitsText(amount),
          usd: usdText(dollars?.(amount, ticker)),
        }))
  if (wantsCsv(asked)) return Csv.of(['address', 'amount', 'usd'], holders)
  return { height: query.about().height, ticker: ticker ?? null, holders }
}

export const bankTexts = ({ amount, used, requested }: Bank) => ({
  ...{ amount: unitsText(amount), used: unitsText(used), requested: unitsText(requested) },
})

function bankOf({ query }: LedgerReader, asked: URLSearchParams): object {
  const limit = numberIn(asked, 'limit', HOLDERS)
  const banks = query.banks({ ...rangeIn(asked, { query }), most: limit }).map(([height, bank]) => ({
    ...{ height, ...bankTexts(bank) },
  }))
  return wantsCsv(asked) ? Csv.of(['height', 'amount', 'used', 'requested'], banks) : { banks }
}

/** Blocks with anything in them, the newest first. */
function blocksOf({ query }: LedgerReader, asked: URLSearchParams): object {
  const most = numberIn(asked, 'limit', BLOCKS)
  const below = numberIn(asked, 'before', { least: 0, most: HIGHEST, otherwise: HIGHEST })
  const found = query.blocks({ below, most: most + 1 })
  return {
    blocks: found.slice(0, most).map(({ seconds, ...block }) => ({ ...block, time: isoTime(seconds) })),
    more: found.length > most,
  }
}
