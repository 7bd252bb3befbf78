/** What `/api/v1/explorer/…` answers. Amounts and rates are decimal text; a page of a list says where the next begins. */
import { BadRequest, Csv, numberIn, unitsText } from '../base/index.js'
import {
  addressText,
  bankTexts,
  createLedgerReads,
  createWorths,
  timeAt,
  type GradedRecord,
  type LedgerQueries,
} from '../ledger/index.js'
import { addressOf, findings, tickerOf } from './search.js'

/** Null: there is no such thing. Throws `BadRequest`. */
export type Answer = (name: string, asked: URLSearchParams) => object | null

const HOLDERS = 25
const BLOCKS = 12
const RECORDS = { least: 1, most: 200, otherwise: 50 }
const HIGHEST = 2 ** 32
const HASH = /^[0-9a-f]{64}$/i
/** What fits into a request, nearly; names of version 1 may be longer. */
const MOST_NAME = 4_000

/** By the first word of a path; what follows it is the name. */
export function createAnswers(query: LedgerQueries): Readonly<Record<string, Answer>> {
  const worths = createWorths(query)
  // To read all holdings takes a second where there are many: now, so that no question waits for it.
  worths.holders()
  const reads = createLedgerReads(query, worths)
  const asking = (
    values: Readonly<Record<string, string>>,
    asked = new URLSearchParams(),
  ): URLSearchParams => {
    const all = new URLSearchParams(asked)
    for (const [name, value] of Object.entries(values)) all.set(name, value)
    return all
  }

  function network(): object {
    const { network: name, height } = query.about()
    const rated = query.ratesHeight(height)
    const rates = rated === null ? null : query.ratesAt(rated)
    const dollars = worths.dollars()
    const rows = [...query.issuance()].map(([ticker, amount]) => ({
      ...{
        ticker,
        units: amount,
        worth: dollars?.(amount, ticker) ?? null,
        rate: rates?.get(ticker) ?? null,
      },
    }))
    const pegged = rows.filter(({ ticker }) => ticker !== 'PEG')
    return {
      ...{ network: name, height, ratesHeight: rated, time: timeAt({ query }, height) },
      pegged: unitsText(pegged.reduce((sum, { worth }) => sum + (worth ?? 0n), 0n)),
      tokens: rows.map(({ ticker, units, worth, rate }) => ({
        ...{ ticker, supply: unitsText(units), usd: textOf(rate), value: textOf(worth) },
      })),
      ...reads.blocks(new URLSearchParams({ limit: String(BLOCKS) })),
    }
  }

  function block(name: string, asked: URLSearchParams): object | null {
    if (!/^\d{1,10}$/.test(name)) throw new BadRequest('a height is a whole number')
    const height = Number(name)
    const { height: tip } = query.about()
    if (height > tip) return null
    const history = reads.history(asking({ height: name }, asked))
    if (history instanceof Csv) return history
    const rates = query.ratesAt(height)
    const [bank] = query.banks({ from: height, to: height, most: 1 })
    return {
      ...{ height, tip, time: timeAt({ query }, height) },
      records: query.gradedAt(height).map(recordOf),
      rates: rates && [...rates].map(([ticker, rate]) => ({ ticker, usd: unitsText(rate) })),
      bank: bank === undefined ? null : bankTexts(bank[1]),
      ...history,
    }
  }

  function asset(name: string, asked: URLSearchParams): object | null {
    const ticker = tickerOf(name)
    if (ticker === null) return null
    const of = (values: Readonly<Record<string, string>> = {}) => asking({ ticker, ...values }, asked)
    const prices = reads.prices(of())
    if (prices instanceof Csv) return prices
    const { height } = query.about()
    const last = query.rateBy(ticker, height)
    return {
      ...{ ticker, height },
      price: last && { height: last.height, usd: unitsText(last.amount) },
      supply: unitsText(query.issuance().get(ticker) ?? 0n),
      prices: (prices as { points: object }).points,
      supplies: (reads.supply(of()) as { points: object }).points,
      holders: (reads.richlist(asking({ ticker, limit: String(HOLDERS) })) as { holders: object }).holders,
    }
  }

  function address(name: string, asked: URLSearchParams): object {
    const found = addressOf(name)
    if (found === null) throw new BadRequest('this is no address: give one that begins with FA')
    const text = addressText(found)
    const history = reads.history(without('height', asking({ address: text }, asked)))
    if (history instanceof Csv) return history
    return { ...reads.balances(asking({ address: text }, asked)), tip: query.about().height, ...history }
  }

  function entry(name: string, asked: URLSearchParams): object | null {
    if (!HASH.test(name)) throw new BadRequest('a hash has 64 hexadecimal digits')
    const hash = name.toLowerCase()
    const state = query.statusOf(hash)
    if (state === null) return null
    const history = reads.history(asking({ hash }, asked))
    if (history instanceof Csv) return history
    const record = query.gradedAt(state.height).find(({ entryHash }) => entryHash === hash)
    return { hash, ...state, record: record ? recordOf(record) : null, ...history }
  }

  function miner(name: string, asked: URLSearchParams): object | null {
    const limit = numberIn(asked, 'limit', RECORDS)
    const below = numberIn(asked, 'before', { least: 0, most: HIGHEST, otherwise: HIGHEST })
    const known = addressOf(name)
    const whose = known === null ? { identity: name } : { address: addressText(known) }
    const found = query.recordsOf(whose, { below, most: limit + 1 })
    if (found.length === 0 && below === HIGHEST) return null
    // A page ends with a whole block, so that the next one begins below it.
    const whole =
      found.length > limit ? found.filter(({ height }) => height > (found.at(-1)?.height ?? 0)) : found
    const page = whole.length > 0 ? whole : found
    const records = page.map(({ height, ...record }) => ({ height, ...recordOf(record) }))
    return {
      ...whose,
      records,
      next: found.length > limit ? (page.at(-1)?.height ?? null) : null,
      reward: unitsText(page.reduce((sum, { payout }) => sum + payout, 0n)),
    }
  }

  return {
    network,
    block,
    asset,
    address,
    entry,
    miner,
    blocks: (_, asked) => reads.blocks(asked),
    search: (_, asked) => findings(query, (asked.get('q') ?? '').trim().slice(0, MOST_NAME)),
  }
}

const textOf = (amount: bigint | null): string | null => (amount === null ? null : unitsText(amount))

const recordOf = ({ entryHash, payout, difficulty, place, identity, address }: GradedRecord) => ({
  ...{ place, entryHash, identity, address, payout: unitsText(payout) },
  difficulty: difficulty.toString(16).padStart(16, '0'),
})

function without(name: string, asked: URLSearchParams): URLSearchParams {
  asked.delete(name)
  return asked
}
