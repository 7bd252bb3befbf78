/** The description of `/api/v1/explorer/…`: what each answers, and what it may be asked. */
import { ACTION, AMOUNT, HEIGHT, LEDGER_SCHEMAS, LEDGER_SUMMARIES, TIME, USD } from './ledger-schemas.js'
import {
  ERROR,
  FORMAT,
  list,
  NULLABLE_NUMBER,
  NULLABLE_TEXT,
  NUMBER,
  object,
  parameter,
  reading,
  serverEvents,
  TEXT,
} from './schema.js'

const EXPLORER_NAMES = [
  'network',
  'blocks',
  'block',
  'asset',
  'address',
  'entry',
  'miner',
  'series',
  'search',
] as const
export type ExplorerName = (typeof EXPLORER_NAMES)[number]

const nullable = (schema: object) => ({ oneOf: [schema, { type: 'null' }] })
const DECIMAL = { ...NULLABLE_TEXT, description: 'decimal' }
const HASHRATE = { ...NULLABLE_NUMBER, description: 'hashes a second of the whole network, estimated' }
const NEXT = { description: 'ask with before for what came earlier; null: there is no more' }
const LISTED = {
  place: { type: 'number', description: 'from 0' },
  entryHash: TEXT,
  identity: TEXT,
  address: TEXT,
  payout: { type: 'string', description: 'PEG, decimal' },
}
const RECORD = { ...LISTED, difficulty: TEXT }
const CHAINS = ['oracle', 'staking', 'transactions']
const GRADED = object({
  ...RECORD,
  grade: NULLABLE_NUMBER,
  distances: { ...list(NUMBER), description: 'from the average, in the order of tickers; empty: not kept' },
})
const UNGRADED = {
  place: { type: 'number', description: 'by what it claims, from 0' },
  difficulty: { type: 'string', description: 'as it claims, hex' },
}
const SUMS = { blocks: NUMBER, records: NUMBER, reward: AMOUNT }
const PRICE = list(object({ ticker: TEXT, usd: TEXT }))
const HISTORY = { actions: list(ACTION), next: { ...NULLABLE_TEXT, ...NEXT } }
const PAID = object({
  ...{ ticker: TEXT, amount: AMOUNT },
  usd: { ...USD, description: 'by the price of that block' },
})
const BALANCES = list(object({ ticker: TEXT, amount: AMOUNT, usd: USD }))

export const EXPLORER_SCHEMAS: Readonly<Record<ExplorerName, object>> = {
  network: object({
    network: TEXT,
    height: HEIGHT,
    ratesHeight: NULLABLE_NUMBER,
    time: TIME,
    nodeHeight: {
      ...NULLABLE_NUMBER,
      description: 'the last block of the node that is followed; null: none is',
    },
    minute: NULLABLE_NUMBER,
    trouble: { ...NULLABLE_TEXT, description: 'what keeps it from following the chain' },
    behind: NULLABLE_NUMBER,
    pegged: { type: 'string', description: 'USD of all tokens but PEG, decimal' },
    peg: object({
      usd: DECIMAL,
      index: { ...DECIMAL, description: 'PNI: what all pegged tokens are worth for each PEG, USD' },
      phases: list(object({ from: HEIGHT, text: TEXT })),
      phase: NULLABLE_NUMBER,
      mined: AMOUNT,
      burnt: AMOUNT,
    }),
    records: nullable(
      object({ height: HEIGHT, entries: NUMBER, valid: NUMBER, staked: NUMBER, power: HASHRATE }),
    ),
    tokens: list(object({ ticker: TEXT, supply: AMOUNT, usd: DECIMAL, value: DECIMAL })),
    blocks: (LEDGER_SCHEMAS.blocks as ReturnType<typeof object>).properties['blocks'] ?? {},
    more: { type: 'boolean' },
  }),
  blocks: LEDGER_SCHEMAS.blocks,
  block: object({
    height: HEIGHT,
    tip: {
      ...NULLABLE_NUMBER,
      description: 'the last block; null: this one is far behind it, and its answer does not change any more',
    },
    time: TIME,
    contents: nullable(
      object({
        ...{ version: NULLABLE_NUMBER, entries: NUMBER, valid: NUMBER, staked: NUMBER, power: HASHRATE },
        ungraded: { type: 'number', description: 'valid oracle records without a grade' },
      }),
    ),
    tickers: list(TEXT),
    records: list(GRADED),
    ungraded: {
      ...list(object({ ...UNGRADED, entryHash: TEXT })),
      description: 'valid oracle records behind the best 50, or of a block with too few of them',
    },
    staked: { ...list(object(LISTED)), description: 'staking records that came to a place' },
    refused: list(object({ hash: TEXT, chain: { enum: CHAINS }, reason: TEXT })),
    rates: nullable(PRICE),
    bank: nullable(object({ amount: AMOUNT, used: AMOUNT, requested: AMOUNT })),
    ...HISTORY,
  }),
  asset: object({
    ticker: TEXT,
    height: HEIGHT,
    firstHeight: HEIGHT,
    price: nullable(object({ height: HEIGHT, usd: TEXT })),
    said: nullable(object({ low: DECIMAL, high: DECIMAL })),
    still: nullable(object({ since: HEIGHT, hours: NULLABLE_NUMBER })),
    supply: AMOUNT,
    converted: object({ in: AMOUNT, out: AMOUNT }),
    holderCount: NUMBER,
    points: list(object({ height: HEIGHT, time: TIME, usd: TEXT })),
    holders: list(object({ address: TEXT, amount: DECIMAL, usd: USD })),
  }),
  address: object({
    address: TEXT,
    height: HEIGHT,
    tip: HEIGHT,
    usd: USD,
    balances: BALANCES,
    typed: list(object({ ticker: TEXT, address: TEXT })),
    actions: list(
      object({
        ...ACTION.properties,
        after: {
          ...list(PAID),
          description:
            'what the address had of each token that the line moves, after it; empty: not executed',
        },
      }),
    ),
    next: { ...NULLABLE_TEXT, ...NEXT },
  }),
  entry: object({
    hash: TEXT,
    height: HEIGHT,
    status: {
      ...NULLABLE_NUMBER,
      description: 'height of its execution, 0 while it waits, below 0: refused',
    },
    reason: NULLABLE_TEXT,
    raw: nullable(
      object({
        chain: { enum: CHAINS },
        chainId: TEXT,
        place: { type: 'number', description: 'in the block of its chain, from 0' },
        time: TIME,
        signed: {
          type: ['boolean', 'null'],
          description: 'whether the signature fits; null: nothing to sign',
        },
        wrong: { ...NULLABLE_TEXT, description: 'why it is no batch, or its content no record' },
        raw: { type: 'string', description: 'hex' },
        extIds: list(TEXT),
        binary: { type: 'boolean', description: 'the content is no text: it is given in hex' },
        content: TEXT,
        transactions: nullable(
          list(
            object({
              ...{ kind: TEXT, address: TEXT, ticker: TEXT, amount: AMOUNT, target: NULLABLE_TEXT },
              outputs: list(object({ address: TEXT, amount: AMOUNT })),
            }),
          ),
        ),
        record: nullable(
          object({
            version: NUMBER,
            nonce: { ...NULLABLE_TEXT, description: 'hex' },
            claim: { ...NULLABLE_TEXT, description: 'difficulty as the record says, hex' },
            said: nullable(
              object({
                ...{ identity: TEXT, address: TEXT, height: NUMBER, prices: PRICE },
                winners: list(
                  object({
                    short: TEXT,
                    hash: { ...NULLABLE_TEXT, description: 'of the entry that it names' },
                  }),
                ),
              }),
            ),
          }),
        ),
      }),
    ),
    tickers: list(TEXT),
    record: nullable(GRADED),
    ungraded: nullable(object(UNGRADED)),
    staked: nullable(object({ place: NULLABLE_NUMBER, payout: LISTED.payout })),
    ...HISTORY,
  }),
  miner: object({
    records: list(object({ height: HEIGHT, ...RECORD, distance: NULLABLE_NUMBER })),
    next: { ...NULLABLE_NUMBER, ...NEXT },
    reward: AMOUNT,
    total: {
      ...object({ ...SUMS, first: HEIGHT, last: HEIGHT }),
      description: 'of all blocks',
    },
    share: object({
      ...{ ...SUMS, from: HEIGHT, to: HEIGHT, all: NUMBER },
      share: { type: 'number', description: 'of the graded records of these blocks' },
      power: HASHRATE,
    }),
    assets: {
      ...list(object({ ticker: TEXT, mean: NUMBER, bias: NUMBER, blocks: NUMBER })),
      description: 'distances of his best record of each block of the range, or of so many of them, evenly',
    },
  }),
  series: object({
    name: TEXT,
    ticker: NULLABLE_TEXT,
    miner: NULLABLE_TEXT,
    title: TEXT,
    unit: TEXT,
    from: HEIGHT,
    to: HEIGHT,
    lines: list(
      object({
        name: TEXT,
        points: list(
          object({ height: HEIGHT, time: TIME, value: { type: 'string', description: 'decimal' } }),
        ),
      }),
    ),
  }),
  search: object({
    q: TEXT,
    found: list(
      object({ kind: { enum: ['block', 'address', 'entry', 'asset', 'miner'] }, name: TEXT, path: TEXT }),
    ),
    tried: list(TEXT),
  }),
}

const SUMMARIES: Readonly<Record<ExplorerName, string>> = {
  network: 'The network: last block, records, hash power, PEG and its price, all tokens, the newest blocks',
  blocks: LEDGER_SUMMARIES.blocks,
  block: 'A block: graded records with distances by token, refused entries, rates, transactions and payments',
  asset: 'A token: price, what records said, supply, conversions, the largest holders',
  address: 'What an address holds, now or after an earlier block, and its history with balances',
  entry: 'An entry as the chain has it, what it says and what became of it',
  miner: 'Graded records of an identity or an address, their distances, the share of hash power',
  series:
    'How something went over heights: price, spread, supply, conversions of a token; power, records, index, risk; distance, share, reward of a miner',
  search: 'An address in any form, a height, a hash or its first digits, a token, a miner',
}

/** What stands behind the name in the path. */
const OF: Readonly<Partial<Record<ExplorerName, string>>> = {
  block: 'height',
  asset: 'ticker',
  address: 'address',
  entry: 'hash',
  miner: 'miner',
  series: 'chart',
}

const RANGE = [
  parameter('from', 'first height'),
  parameter('to', 'last height'),
  parameter('points', 'of how many heights at most, evenly: up to 1000, 400 by default'),
]
const PAGE = [
  parameter('before', 'next of the page before', 'string'),
  parameter('limit', 'how many, at most 1000'),
  FORMAT,
]
const PARAMETERS: Readonly<Partial<Record<ExplorerName, readonly object[]>>> = {
  blocks: [parameter('before', 'only below this height'), parameter('limit', 'how many, at most 100')],
  block: PAGE,
  asset: [...RANGE, FORMAT],
  address: [
    parameter('height', 'after the block of this height instead of the last'),
    parameter('list', 'with format=csv: balances, or history by default', 'string'),
    parameter('kind', 'of the history only transfer, conversion, coinbase or burn', 'string'),
    parameter('ticker', 'of the history only this token', 'string'),
    ...PAGE,
  ],
  entry: PAGE,
  miner: [
    ...RANGE,
    parameter('before', 'records only below this height'),
    parameter('limit', 'how many records, at most 200'),
    FORMAT,
  ],
  series: [
    parameter(
      'ticker',
      'PEG, pUSD …; of price, spread, supply, conversions, and distance if wanted',
      'string',
    ),
    parameter('miner', 'identity or address; of distance, share, reward', 'string'),
    ...RANGE,
    FORMAT,
  ],
  search: [parameter('q', 'what is looked for', 'string')],
}

/** By path. What has not changed for who sends `If-None-Match` is answered with 304. */
export const explorerPaths = (): Readonly<Record<string, object>> => ({
  ...Object.fromEntries(EXPLORER_NAMES.map(explorerPath)),
  '/api/v1/explorer/events': serverEvents(
    'explorer-events',
    'Server-sent events: news, at each block and each minute of the node',
  ),
})

function explorerPath(name: ExplorerName): readonly [path: string, item: object] {
  const of = OF[name]
  const named = of === undefined ? [] : [{ name: of, in: 'path', required: true, schema: { type: 'string' } }]
  return [
    `/api/v1/explorer/${name}${of === undefined ? '' : `/{${of}}`}`,
    reading(`explorer-${name}`, {
      summary: SUMMARIES[name],
      parameters: [...named, ...(PARAMETERS[name] ?? [])],
      schema: EXPLORER_SCHEMAS[name],
      responses: { 304: { description: 'As it was' }, 404: ERROR },
    }),
  ]
}
