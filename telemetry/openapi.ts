/** The description of `/api/v1` that is served beside it (OpenAPI 3.1). */
import { ACTION_NAMES, API_NAMES, type ActionName, type Api, type ApiName } from './api.js'

const NULLABLE_NUMBER = { type: ['number', 'null'] }
const NULLABLE_TEXT = { type: ['string', 'null'] }
const TEXT = { type: 'string' }
const NUMBER = { type: 'number' }
const TIME = { type: ['number', 'null'], description: 'milliseconds since 1970' }
const object = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
})
const list = (items: object) => ({ type: 'array', items })

const CHECKS = list(object({ name: TEXT, ok: { type: 'boolean' }, found: TEXT }))

const ALERTS = list(object({ level: { enum: ['warn', 'error'] }, message: TEXT, time: TIME }))
const FACTS = {
  program: { enum: ['mine', 'feed'] },
  version: TEXT,
  network: TEXT,
  startedAt: TIME,
  changeable: { type: 'boolean', description: 'whether a token is set, so that POST requests are answered' },
  now: TIME,
  uptimeSeconds: NUMBER,
}

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
    open: list(object({ txid: TEXT, state: TEXT, amount: TEXT, to: TEXT, seenAt: TIME, message: TEXT })),
  }),
})
const HEADER = object({ time: TIME, gateway: TEXT, height: NUMBER, txid: TEXT, why: TEXT })
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
  config: CONFIG,
}

/** What each answer of a miner holds; a test holds the answers against it. */
export const API_SCHEMAS: Readonly<Record<ApiName, object>> = {
  summary: object({
    ...FACTS,
    identity: TEXT,
    coinbase: TEXT,
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
    blocks: NUMBER,
    places: NUMBER,
    reward: { type: 'string', description: 'PEG, decimal' },
    entryCredits: NULLABLE_NUMBER,
    computeErrors: NUMBER,
    restarts: NUMBER,
    live: CHECKS,
    ready: CHECKS,
    alerts: ALERTS,
    changes: { type: 'number', description: 'counts up with every block, entry and notice' },
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
        places: list(NUMBER),
        reward: TEXT,
        skipped: { type: ['object', 'null'] },
      }),
    ),
  }),
  entries: object({
    entries: list(
      object({
        entryHash: TEXT,
        height: NUMBER,
        time: TIME,
        difficulty: TEXT,
        status: TEXT,
        reason: NULLABLE_TEXT,
        place: NULLABLE_NUMBER,
        payout: NULLABLE_TEXT,
      }),
    ),
  }),
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

/** What each program answers and does. */
const OFFERS = {
  mine: { schemas: API_SCHEMAS, actions: ACTION_NAMES },
  feed: { schemas: FEED_SCHEMAS, actions: ['stop'] },
} as const

const SUMMARIES: Readonly<Record<ApiName | ActionName, string>> = {
  summary: 'The run at a glance',
  threads: 'Threads, and the hashrates of the last two hours',
  prices: 'The prices of the last snapshot',
  blocks: 'Blocks, newest first',
  entries: 'Our records and what became of them, newest first',
  feed: 'The gateways of the feed, of the one that is watched if a miner is asked',
  config: 'Settings and where they come from, without secrets',
  pause: 'Stop hashing until resumed',
  resume: 'Hash again',
  stop: 'End the program in order',
}

const answer = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
})
const ERROR = answer('Refused, with the reason', object({ error: TEXT }))

export function openApi(version: string, program: Api['program'] = 'mine'): object {
  const { actions } = OFFERS[program]
  const schemas: Partial<Record<ApiName, object>> = OFFERS[program].schemas
  const reads = API_NAMES.filter((name) => name in schemas).map((name) => [
    `/api/v1/${name}`,
    {
      get: {
        operationId: name,
        summary: SUMMARIES[name],
        responses: { 200: answer('It is so', schemas[name] ?? {}), 403: ERROR, 429: ERROR },
      },
    },
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
          401: ERROR,
          403: ERROR,
          429: ERROR,
        },
      },
    },
  ])
  const events = {
    get: {
      operationId: 'events',
      summary: 'Server-sent events: summary, every two seconds',
      responses: { 200: { description: 'Never ends', content: { 'text/event-stream': {} } } },
    },
  }
  return {
    openapi: '3.1.0',
    info: { title: 'pegminer', version },
    paths: {
      ...(Object.fromEntries([...reads, ...acts]) as Record<string, object>),
      '/api/v1/events': events,
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}
