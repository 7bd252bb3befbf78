/** The description of `/api/v1/ledger/…`: what each answers, and what it may be asked. */
import type { LedgerName } from './api-types.js'
import { FORMAT, list, NULLABLE_NUMBER, NULLABLE_TEXT, NUMBER, object, parameter, TEXT } from './schema.js'

export const AMOUNT = { type: 'string', description: 'decimal' }
export const USD = { type: ['string', 'null'], description: 'USD, decimal; null: there is no price' }
export const TIME = {
  type: ['string', 'null'],
  description: 'when the block began, ISO 8601; null: not known',
}
export const HEIGHT = { type: 'number', description: 'of the block' }

export const ACTION = object({
  hash: {
    type: 'string',
    description: 'of the entry, of the factoid transaction, or one made for a payment',
  },
  index: { type: 'number', description: 'in its entry' },
  height: HEIGHT,
  time: TIME,
  status: { enum: ['executed', 'refused', 'waiting'] },
  verdict: {
    type: 'number',
    description: 'height of its execution, 0 while it waits, or why it was refused',
  },
  kind: { enum: ['transfer', 'conversion', 'coinbase', 'burn'] },
  address: { type: 'string', description: 'whose input it is, or who is paid' },
  ticker: NULLABLE_TEXT,
  amount: AMOUNT,
  target: { ...NULLABLE_TEXT, description: 'what a conversion or a payment gives' },
  result: AMOUNT,
  refund: { ...NULLABLE_TEXT, description: 'of a conversion into PEG from the bank, decimal' },
  outputs: list(object({ address: TEXT, amount: AMOUNT })),
})

/** Of one token, or of all of them. */
const either = (one: object, all: object) => ({ oneOf: [one, all] })

export const LEDGER_SCHEMAS: Readonly<Record<LedgerName, object>> = {
  status: object({
    network: TEXT,
    height: { type: 'number', description: 'the last block that is known' },
    begins: {
      ...NULLABLE_NUMBER,
      description: 'the block of the checkpoint that it was begun with: nothing is known of earlier ones',
    },
    ratesHeight: { ...NULLABLE_NUMBER, description: 'the last block that has rates' },
    tickers: list(TEXT),
  }),
  balances: object({
    address: TEXT,
    height: HEIGHT,
    usd: {
      ...USD,
      description:
        'all of it in USD by the last rates; null: there are none, or an earlier block is asked for',
    },
    balances: list(object({ ticker: TEXT, amount: AMOUNT, usd: USD })),
  }),
  supply: either(
    object({ ticker: TEXT, points: list(object({ height: HEIGHT, time: TIME, amount: AMOUNT })) }),
    object({ height: HEIGHT, supply: list(object({ ticker: TEXT, amount: AMOUNT })) }),
  ),
  prices: either(
    object({ ticker: TEXT, points: list(object({ height: HEIGHT, time: TIME, usd: TEXT })) }),
    object({ height: NULLABLE_NUMBER, prices: list(object({ ticker: TEXT, usd: TEXT })) }),
  ),
  history: object({
    actions: list(ACTION),
    next: { ...NULLABLE_TEXT, description: 'ask with before for what came earlier; null: there is no more' },
  }),
  richlist: object({
    height: HEIGHT,
    ticker: NULLABLE_TEXT,
    holders: list(object({ address: TEXT, amount: { ...NULLABLE_TEXT, description: 'decimal' }, usd: USD })),
  }),
  bank: object({
    banks: list(object({ height: HEIGHT, amount: AMOUNT, used: AMOUNT, requested: AMOUNT })),
  }),
  blocks: object({
    blocks: list(
      object({
        height: HEIGHT,
        time: TIME,
        executed: { type: 'number', description: 'entries of transactions that were executed' },
        refused: NUMBER,
        waiting: NUMBER,
        credits: { type: 'number', description: 'payments and burns' },
        rated: { type: 'boolean', description: 'whether it has rates' },
      }),
    ),
    more: { type: 'boolean', description: 'whether there is more behind the last: ask with before' },
  }),
}

export const LEDGER_SUMMARIES: Readonly<Record<LedgerName, string>> = {
  status: 'Of which network the ledger is, and how far it has come',
  balances: 'What an address holds, now or after an earlier block',
  supply: 'How much there is of each token, or of one over a range of blocks',
  prices: 'USD for each token, or for one over a range of blocks',
  history: 'Transactions, conversions, payments and burns of an address, a block or an entry, newest first',
  richlist: 'The largest holders of a token, or by the worth of all that they hold',
  bank: 'What conversions into PEG were paid from, newest block first',
  blocks: 'Blocks that have anything in them, newest first',
}

const ADDRESS = parameter('address', 'FA…, Fe… or FE…', 'string')
const TICKER = parameter('ticker', 'PEG, pUSD …', 'string')
const AT = parameter('height', 'after the block of this height instead of the last')
const FROM = parameter('from', 'first height')
const TO = parameter('to', 'last height')
const POINTS = parameter('points', 'of how many heights at most, evenly: up to 1000, 400 by default')
const limit = (most: number) => parameter('limit', `how many, at most ${most}`)
const SERIES = [TICKER, AT, FROM, TO, POINTS, FORMAT]

export const LEDGER_PARAMETERS: Readonly<Partial<Record<LedgerName, readonly object[]>>> = {
  balances: [{ ...ADDRESS, required: true }, AT],
  supply: SERIES,
  prices: SERIES,
  history: [
    ...[ADDRESS, parameter('hash', 'of an entry', 'string'), parameter('height', 'of a block'), TICKER],
    parameter('kind', 'transfer, conversion, coinbase or burn', 'string'),
    ...[FROM, TO, parameter('before', 'next of the page before', 'string'), limit(1000), FORMAT],
  ],
  richlist: [TICKER, limit(1000), FORMAT],
  bank: [FROM, TO, limit(1000), FORMAT],
  blocks: [parameter('before', 'only below this height'), limit(100)],
}
