/** The description of `/api/v1` that is served beside it (OpenAPI 3.1). */
import { ACTION_NAMES, API_NAMES, type ActionName, type ApiName } from './api.js'

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

/** What each answer holds; a test holds the answers against it. */
export const API_SCHEMAS: Readonly<Record<ApiName, object>> = {
  summary: object({
    version: TEXT,
    network: TEXT,
    identity: TEXT,
    coinbase: TEXT,
    startedAt: TIME,
    now: TIME,
    uptimeSeconds: NUMBER,
    state: { enum: ['waiting', 'mining', 'paused', 'stopped'] },
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
    alerts: list(object({ level: { enum: ['warn', 'error'] }, message: TEXT, time: TIME })),
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
  feed: object({ running: { type: 'boolean' } }),
  config: object({
    settings: list(object({ key: TEXT, value: TEXT, origin: TEXT, place: TEXT })),
  }),
}

const SUMMARIES: Readonly<Record<ApiName | ActionName, string>> = {
  summary: 'The miner at a glance',
  threads: 'Threads, and the hashrates of the last two hours',
  prices: 'The prices of the last snapshot',
  blocks: 'Blocks, newest first',
  entries: 'Our records and what became of them, newest first',
  feed: 'The relay of feeds, if this program runs one',
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

export function openApi(version: string): object {
  const reads = API_NAMES.map((name) => [
    `/api/v1/${name}`,
    {
      get: {
        operationId: name,
        summary: SUMMARIES[name],
        responses: { 200: answer('It is so', API_SCHEMAS[name]), 403: ERROR, 429: ERROR },
      },
    },
  ])
  const acts = ACTION_NAMES.map((name) => [
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
