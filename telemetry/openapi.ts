/** The description of `/api/v1` that is served beside it (OpenAPI 3.1). */
import {
  ACTION_NAMES,
  API_NAMES,
  LEDGER_NAMES,
  type ActionName,
  type Api,
  type ApiName,
  type LedgerName,
} from './api-types.js'
import { explorerPaths } from './explorer-schemas.js'
import { LEDGER_PARAMETERS, LEDGER_SCHEMAS, LEDGER_SUMMARIES } from './ledger-schemas.js'
import {
  answer,
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

const TIME = { type: ['number', 'null'], description: 'milliseconds since 1970' }

const PEG = { type: 'string', description: 'PEG, decimal' }
const MORE = { type: 'boolean', description: 'whether there is more behind the last: ask with before' }

const CHECKS = list(object({ name: TEXT, ok: { type: 'boolean' }, found: TEXT }))

const ALERTS = list(
  object({
    level: { enum: ['warn', 'error'] },
    message: TEXT,
    time: TIME,
    runbook: { type: ['string', 'null'], description: 'title of its entry at /runbook' },
  }),
)
const FACTS = {
  program: { enum: ['mine', 'feed', 'ledger', 'explorer'] },
  version: TEXT,
  network: TEXT,
  startedAt: TIME,
  changeable: { type: 'boolean', description: 'whether a token is set, so that POST requests are answered' },
  now: TIME,
  uptimeSeconds: NUMBER,
}

const NULLABLE_OBJECT = (members: Parameters<typeof object>[0]) => ({
  oneOf: [object(members), { type: 'null' }],
})
const STAKING = object({
  addresses: list(
    object({
      address: TEXT,
      standing: {
        ...NULLABLE_OBJECT({
          height: { type: 'number', description: 'the block that it stands before' },
          rank: { ...NULLABLE_NUMBER, description: '1 is the largest holder of PEG; null behind the 100' },
          balance: PEG,
          entitled: { type: 'boolean' },
          payout: { ...PEG, description: 'of a record among the 25 winners' },
        }),
        description: 'null: the ledger did not say yet',
      },
      skipped: {
        ...NULLABLE_OBJECT({ height: NUMBER, code: TEXT, reason: TEXT }),
        description: 'the last block of this run in which it had no record, and why',
      },
      last: {
        ...NULLABLE_OBJECT({
          height: NUMBER,
          status: TEXT,
          reason: NULLABLE_TEXT,
          place: NULLABLE_NUMBER,
          payout: NULLABLE_TEXT,
        }),
        description: 'its last record, also of an earlier run; places count from 1',
      },
      records: NUMBER,
      winners: NUMBER,
      paid: PEG,
    }),
  ),
})

const WITHDRAWAL = object({
  txid: TEXT,
  state: { type: 'string', description: 'see docs/feed.md' },
  amount: { type: 'string', description: 'coins, decimal' },
  to: TEXT,
  seenAt: TIME,
  changedAt: TIME,
  message: TEXT,
  waitsFor: { type: 'string', description: 'whom or what it waits for; empty: nothing' },
  payoutTxid: { ...NULLABLE_TEXT, description: 'on the reference chain' },
  markTxid: { ...NULLABLE_TEXT, description: 'on the asset chain' },
})
const GATEWAY = object({
  name: TEXT,
  asset: TEXT,
  reference: TEXT,
  state: { type: 'string', description: 'of the relay; see docs/feed.md' },
  trouble: NULLABLE_TEXT,
  daemons: object({ asset: TEXT, reference: TEXT }),
  headers: {
    ...object({
      tip: NULLABLE_NUMBER,
      published: NULLABLE_NUMBER,
      target: { ...NULLABLE_NUMBER, description: 'highest height that may be published by now' },
      lag: { ...NULLABLE_NUMBER, description: 'headers due' },
      lagSeconds: { ...NULLABLE_NUMBER, description: 'since one was published, or none was due' },
      gaps: { ...NULLABLE_NUMBER, description: 'missing below the highest' },
      sent: { type: 'number', description: 'in this run' },
      lastPass: TIME,
    }),
    type: ['object', 'null'],
  },
  funds: object({
    perBlock: NULLABLE_NUMBER,
    outputs: NULLABLE_NUMBER,
    oracle: { ...NULLABLE_TEXT, description: 'coins, decimal' },
    wallet: { ...NULLABLE_TEXT, description: 'coins, decimal' },
    headersLeft: NULLABLE_NUMBER,
    hoursLeft: NULLABLE_NUMBER,
    alarm: NULLABLE_TEXT,
  }),
  withdrawals: object({
    signer: { type: ['boolean', 'null'] },
    paid: NUMBER,
    refused: NUMBER,
    states: { type: 'object', additionalProperties: NUMBER },
    blockedBy: {
      ...NULLABLE_TEXT,
      description: 'the one that must be paid or released before the gateway takes another',
    },
    open: { ...list(WITHDRAWAL), description: 'those that are not done, newest first' },
    done: { ...list(WITHDRAWAL), description: 'the last that are done, newest first' },
  }),
})
const HEADER = object({ time: TIME, gateway: TEXT, height: NUMBER, txid: TEXT, why: TEXT })
const ENTRY = {
  entryHash: TEXT,
  height: NUMBER,
  time: TIME,
  difficulty: TEXT,
  status: TEXT,
  reason: NULLABLE_TEXT,
  place: NULLABLE_NUMBER,
  payout: NULLABLE_TEXT,
}
const SERIES = object({
  names: { ...list(TEXT), description: 'what can be asked for' },
  name: NULLABLE_TEXT,
  points: list(object({ time: TIME, value: NUMBER })),
})
const LOG = object({
  log: list(
    object({
      id: NUMBER,
      time: TIME,
      level: { enum: ['info', 'warn', 'error'] },
      code: TEXT,
      message: TEXT,
    }),
  ),
  more: MORE,
})
const CONFIG = object({
  settings: list(object({ key: TEXT, value: TEXT, origin: TEXT, place: TEXT })),
})

/** What each answer of a feed holds. */
export const FEED_SCHEMAS = {
  summary: object({
    ...FACTS,
    state: { enum: ['relaying', 'waiting'] },
    live: CHECKS,
    ready: CHECKS,
    alerts: ALERTS,
    changes: { type: 'number', description: 'counts up with every header and notice' },
  }),
  feed: object({
    running: { type: 'boolean' },
    gateways: list(GATEWAY),
    recent: list(HEADER),
  }),
  series: SERIES,
  log: LOG,
  config: CONFIG,
}

/** What each answer of a miner holds; a test holds the answers against it. */
export const API_SCHEMAS: Readonly<Record<ApiName, object>> = {
  summary: object({
    ...FACTS,
    identity: TEXT,
    coinbase: TEXT,
    kernel: { enum: ['native', 'simd', 'scalar'], description: 'what hashes' },
    state: { enum: ['waiting', 'mining', 'paused', 'stopped'] },
    holds: { ...list(TEXT), description: 'why it is paused: manual, schedule, battery, load, temperature' },
    height: NULLABLE_NUMBER,
    minute: NULLABLE_NUMBER,
    hashrate: object({
      now: NULLABLE_NUMBER,
      s10: NULLABLE_NUMBER,
      s60: NULLABLE_NUMBER,
      m15: NULLABLE_NUMBER,
      max: NUMBER,
    }),
    threads: NUMBER,
    bestDifficulty: { type: 'string', description: '16 hex digits' },
    entries: object({
      committed: NUMBER,
      revealed: NUMBER,
      acknowledged: NUMBER,
      landed: NUMBER,
      missed: NUMBER,
    }),
    blocks: { type: 'number', description: 'graded in this run, as places and reward' },
    places: NUMBER,
    reward: PEG,
    allTime: {
      ...object({ since: TIME, records: NUMBER, landed: NUMBER, places: NUMBER, reward: PEG }),
      type: ['object', 'null'],
      description: 'of all runs, from the history of graded blocks',
    },
    entryCredits: NULLABLE_NUMBER,
    creditDays: { ...NULLABLE_NUMBER, description: 'for how many days they last at full pace' },
    networkHashrate: { ...NULLABLE_NUMBER, description: 'of the whole network, estimated' },
    expected: {
      ...object({
        place: { type: 'number', description: 'by difficulty, of our best record of a block' },
        seconds: { type: 'number', description: 'until one is among the 50 that are graded' },
      }),
      type: ['object', 'null'],
    },
    computeErrors: NUMBER,
    restarts: NUMBER,
    live: CHECKS,
    ready: CHECKS,
    alerts: ALERTS,
    changes: { type: 'number', description: 'counts up with every block, entry and notice' },
  }),
  farm: object({
    active: { type: 'boolean', description: 'false: another coordinator is, and knows the machines' },
    here: NUMBER,
    missing: NUMBER,
    hashrate: NUMBER,
    machines: list(
      object({
        worker: TEXT,
        state: { type: 'string', enum: ['here', 'missing', 'left', 'refused'] },
        refused: NULLABLE_TEXT,
        version: TEXT,
        host: TEXT,
        cpu: TEXT,
        threads: NUMBER,
        bits: NUMBER,
        hugePages: NUMBER,
        kernel: TEXT,
        hashes: { type: 'string', description: 'a count that may exceed 2^53' },
        hashrate: object({ s10: NULLABLE_NUMBER, s60: NULLABLE_NUMBER, m15: NULLABLE_NUMBER }),
        silentSeconds: NUMBER,
        lastHitSeconds: NULLABLE_NUMBER,
        lagMs: { ...NULLABLE_NUMBER, description: 'from a record until the machine had nonces of it' },
        lease: object({ seconds: NUMBER, nonces: TEXT }),
        accepted: NUMBER,
        faults: object({ false: NUMBER, stale: NUMBER, malformed: NUMBER, foreign: NUMBER, flood: NUMBER }),
      }),
    ),
  }),
  accounts: object({
    accounts: list(
      object({
        day: { type: 'string', description: 'UTC, as 2026-11-30' },
        worker: TEXT,
        hits: { type: 'number', description: 'that counted' },
        hashes: { type: 'string', description: 'that the hits stand for; a count that may exceed 2^53' },
      }),
    ),
  }),
  threads: object({
    threads: list(
      object({
        thread: NUMBER,
        hashes: { type: 'string', description: 'a count that may exceed 2^53' },
        hashrate: NULLABLE_NUMBER,
        beatAgeMs: NUMBER,
        stalled: { type: 'boolean' },
      }),
    ),
    history: list(object({ time: TIME, total: NUMBER, threads: list(NUMBER) })),
  }),
  prices: object({
    takenAt: TIME,
    complete: { type: 'boolean' },
    assets: list(
      object({
        asset: TEXT,
        usd: NULLABLE_TEXT,
        status: { type: ['string', 'null'], description: 'ok, thin, held, policy or failed' },
        routes: list(TEXT),
        spread: { ...NULLABLE_NUMBER, description: 'highest minus lowest vote, as a share of the price' },
        deviation: { ...NULLABLE_NUMBER, description: 'from the median of the last winners, as a share' },
        ageMs: { ...NULLABLE_NUMBER, description: 'of the oldest vote when the price was taken' },
        missing: NULLABLE_TEXT,
      }),
    ),
    sources: list(object({ name: TEXT, ok: { type: 'boolean' }, ageMs: NULLABLE_NUMBER })),
  }),
  blocks: object({
    blocks: list(
      object({
        height: NUMBER,
        time: TIME,
        records: NULLABLE_NUMBER,
        valid: NULLABLE_NUMBER,
        gradable: {
          type: ['boolean', 'null'],
          description: 'whether there were enough valid records, so that winners are paid',
        },
        places: { ...list(NUMBER), description: 'of ours, from 1' },
        reward: PEG,
        skipped: { type: ['object', 'null'] },
      }),
    ),
    more: MORE,
  }),
  block: object({
    height: NUMBER,
    time: TIME,
    version: NUMBER,
    records: NUMBER,
    valid: NUMBER,
    gradable: { type: 'boolean' },
    network: { ...NULLABLE_NUMBER, description: 'hashes a second of the whole network, estimated' },
    winnersFrom: { ...NULLABLE_NUMBER, description: 'the block whose winners the next record names' },
    winners: list(
      object({
        place: NUMBER,
        entryHash: TEXT,
        identity: TEXT,
        address: TEXT,
        difficulty: TEXT,
        grade: NULLABLE_NUMBER,
        distance: {
          ...NULLABLE_NUMBER,
          description:
            'from the average, as if all prices were off by the same share, beyond what is tolerated',
        },
        payout: PEG,
        ours: { type: 'boolean' },
      }),
    ),
    graded: NUMBER,
    refusals: list(object({ reason: TEXT, count: NUMBER })),
    own: list(
      object({
        ...ENTRY,
        grade: NULLABLE_NUMBER,
        verdict: NULLABLE_TEXT,
        costs: list(object({ asset: TEXT, distance: NUMBER })),
      }),
    ),
  }),
  entries: object({ entries: list(object(ENTRY)), more: MORE }),
  holdings: object({
    height: { ...NULLABLE_NUMBER, description: 'the last block of the ledger; null: none is kept' },
    usd: {
      ...NULLABLE_TEXT,
      description: 'of all addresses, in USD by the last rates; null: there are none',
    },
    addresses: list(LEDGER_SCHEMAS.balances),
  }),
  staking: STAKING,
  series: SERIES,
  log: LOG,
  feed: {
    ...object({
      running: { type: 'boolean', description: 'whether a feed that is watched answers' },
      trouble: NULLABLE_TEXT,
      gateways: list(GATEWAY),
      recent: list(HEADER),
    }),
    required: ['running'],
  },
  config: CONFIG,
}

const LEDGER_PROGRAM = {
  summary: object({
    ...FACTS,
    height: NULLABLE_NUMBER,
    nodeHeight: { ...NULLABLE_NUMBER, description: 'the last block of the node that is followed' },
    trouble: { ...NULLABLE_TEXT, description: 'what keeps it from following the chain' },
    live: CHECKS,
    ready: CHECKS,
    alerts: ALERTS,
  }),
}

/** What each program answers and does. */
const OFFERS = {
  mine: { schemas: API_SCHEMAS, actions: ACTION_NAMES },
  feed: { schemas: FEED_SCHEMAS, actions: ['stop'] },
  ledger: { schemas: LEDGER_PROGRAM, actions: [] },
  explorer: { schemas: LEDGER_PROGRAM, actions: [] },
} as const

const SUMMARIES: Readonly<Record<ApiName | ActionName, string>> = {
  summary: 'The run at a glance',
  threads: 'Threads, and the hashrates of the last two hours',
  prices: 'The prices of the last snapshot',
  blocks: 'Blocks of all time, newest first',
  block: 'A graded block: its winners, what was refused, and our records',
  entries: 'Our records of all time and what became of them, newest first',
  holdings: 'What the coinbase address and those of telemetry.addresses hold, where a ledger is kept',
  staking: 'Addresses that stake: whether they may, their last record, and what they were paid',
  series: 'How something went in the last hours: hashrate, network, price:XBT and so on',
  log: 'What happened, in this run and in earlier ones, newest first',
  farm: 'The machines of a farm, if a coordinator is asked',
  accounts: 'What each worker of a farm has contributed, by day, newest first',
  feed: 'The gateways of the feed, of the one that is watched if a miner is asked',
  config: 'Settings and where they come from, without secrets',
  pause: 'Stop hashing until resumed',
  resume: 'Hash again',
  stop: 'Shut the program down cleanly',
}

const LIMIT = parameter('limit', 'how many, at most 100')
const PARAMETERS: Readonly<Partial<Record<ApiName, readonly object[]>>> = {
  blocks: [parameter('before', 'only below this height'), LIMIT],
  block: [{ ...parameter('height', 'of the block'), required: true }],
  entries: [
    parameter('before', 'only below this height'),
    parameter('heights', 'of how many heights, at most 20'),
  ],
  series: [
    parameter('name', 'one of names; without it only they are answered', 'string'),
    parameter('hours', 'how far back, at most 87600'),
  ],
  log: [parameter('before', 'only below this id'), LIMIT],
  accounts: [FORMAT],
}

const ledgerRead = (name: LedgerName): readonly [path: string, item: object] => [
  `/api/v1/ledger/${name}`,
  reading(`ledger-${name}`, {
    summary: LEDGER_SUMMARIES[name],
    parameters: LEDGER_PARAMETERS[name],
    schema: LEDGER_SCHEMAS[name],
    responses: { 503: ERROR },
  }),
]

/** `ledger`: it keeps one. */
export function openApi(
  version: string,
  { program, ledger }: { readonly program: Api['program']; readonly ledger?: unknown },
): object {
  const { actions } = OFFERS[program]
  const schemas: Partial<Record<ApiName, object>> = OFFERS[program].schemas
  const reads = API_NAMES.filter((name) => name in schemas).map((name) => [
    `/api/v1/${name}`,
    reading(name, {
      summary: SUMMARIES[name],
      parameters: PARAMETERS[name],
      schema: schemas[name] ?? {},
    }),
  ])
  const acts = actions.map((name) => [
    `/api/v1/${name}`,
    {
      post: {
        operationId: name,
        summary: SUMMARIES[name],
        security: [{ token: [] }],
        responses: {
          200: answer('Done', object({ state: TEXT })),
          ...{ 401: ERROR, 403: ERROR, 429: ERROR },
        },
      },
    },
  ])
  return {
    openapi: '3.1.0',
    info: { title: 'pegminer', version },
    paths: {
      ...(Object.fromEntries([...reads, ...acts]) as Record<string, object>),
      ...(ledger === undefined ? {} : Object.fromEntries(LEDGER_NAMES.map(ledgerRead))),
      ...(program === 'explorer' ? explorerPaths() : {}),
      '/api/v1/events': serverEvents('events', 'Server-sent events: summary, every two seconds'),
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}
