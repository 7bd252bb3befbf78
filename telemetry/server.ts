/** The HTTP server: metrics and health for machines, API and status page for people. On loopback unless told. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

import { serveHttp, type HttpServer } from '../base/http-server.js'
import { BadRequest, Csv, isOwnHost, messageOf, unlessKnown, withTag } from '../base/index.js'
import { ACTION_NAMES, API_NAMES, LEDGER_NAMES, type Api } from './api-types.js'
import { assetOf } from './assets.js'
import { fail } from './errors.js'
import { createStreams, type Streams, type StreamSource } from './events.js'
import type { Check } from './health.js'
import {
  clientOf,
  createBudget,
  createClientBudgets,
  hasToken,
  type Budget,
  type ClientBudgets,
} from './limits.js'
import { jsonOf } from './logger.js'
import { openApi } from './openapi.js'

export interface TelemetryRoutes {
  /** Text of /metrics, in the format that `contentType` names. */
  metrics(): Promise<string>
  readonly contentType: string
  live(): readonly Check[]
  ready(): readonly Check[]
  /** Pages and data of another part, looked for first. `known`: the tag that the asker has of an earlier reply. */
  readonly pages?: (path: string, query: URLSearchParams, known?: string) => Reply | undefined
  /** Server-sent events of another part, by path. */
  readonly news?: Readonly<Record<string, StreamSource>>
  /** With it there are /api/v1 and the status page. */
  readonly api?: Api
}

export interface TelemetryOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string
  /** What POST requests must carry; without it none is accepted. Asked for with each. */
  readonly token?: () => string | undefined
  /** Names that this machine is asked under, besides `localhost` and IP addresses. Asked for with each request. */
  readonly hosts?: () => readonly string[]
  readonly version?: string
  /**
   * How many requests are answered a second, and at once after a pause; how long the others wait to be refused, ms.
   * Default 50, 200 and 500. `perClient`: of one client; those of this machine have no limit of their own.
   */
  readonly requests?: {
    readonly perSecond: number
    readonly burst: number
    readonly holdMs: number
    readonly perClient?: { readonly perSecond: number; readonly burst: number }
  }
  /** How many connections there may be at once, those of listeners among them; default 64. */
  readonly connections?: number
}

export type TelemetryServer = HttpServer

const HOST = '127.0.0.1'
const SUMMARY_MS = 2_000
/** A request is a few hundred bytes: a client that needs longer to send it is not served. */
const REQUEST_MS = 5_000
/** An open page asks for a few things every two seconds. */
const REQUESTS: NonNullable<TelemetryOptions['requests']> = { perSecond: 50, burst: 200, holdMs: 500 }
/** No request needs a body; those of usual clients are small. */
const MOST_BODY_BYTES = 1024 * 1024
const ALLOWED_BODY_BYTES = 1024

/** Throws `E_TELEMETRY_PORT` if the port is taken or forbidden. Port 0 is any free one. */
export async function startTelemetry(
  port: number,
  routes: TelemetryRoutes,
  options: TelemetryOptions = {},
): Promise<TelemetryServer> {
  const { host = HOST, requests = REQUESTS } = options
  const streams = streamsOf(routes)
  const site: Site = {
    routes,
    options,
    streams,
    budget: createBudget(requests.perSecond, requests.burst),
    clients: requests.perClient && createClientBudgets(requests.perClient),
    holdMs: requests.holdMs,
  }
  const server = await serveHttp((request, response) => void answer(request, response, site), {
    ...{ port, host, requestMs: REQUEST_MS, connections: options.connections },
    refused: (message, cause) => fail('E_TELEMETRY_PORT', message, { cause }),
  })
  return {
    ...server,
    close() {
      for (const stream of streams.values()) stream.close()
      return server.close()
    },
  }
}

/** The summary, where there is an API, and what other parts tell. */
function streamsOf({ api, news = {} }: TelemetryRoutes): ReadonlyMap<string, Streams> {
  const summary = api && {
    '/api/v1/events': { event: 'summary', everyMs: SUMMARY_MS, most: 16, next: () => api.read.summary() },
  }
  return new Map(
    Object.entries({ ...summary, ...news }).map(([path, source]) => [path, createStreams(source)]),
  )
}

interface Site {
  readonly routes: TelemetryRoutes
  readonly options: TelemetryOptions
  readonly streams: ReadonlyMap<string, Streams>
  readonly budget: Budget
  readonly clients: ClientBudgets | undefined
  readonly holdMs: number
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = 'application/json; charset=utf-8'
const CSV_TYPE = 'text/csv; charset=utf-8'

/** The page uses nothing but what comes from here; its chart library sets styles on its elements. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

async function answer(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  limitBody(request)
  const path = pathOf(request.url)
  const stream = site.streams.get(path)
  if (stream && request.method === 'GET' && mayAsk(request, site) === null) {
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    if (!stream.add(response, whoAsks(request))) response.end('retry: 10000\n\n')
    return
  }
  const reply = await replyTo(path, request, site).catch((error: unknown) =>
    problemReply(error instanceof BadRequest ? 400 : 500, messageOf(error)),
  )
  // Without this pause, the refusals for a client that asks without end would take half of the machine from the miner.
  if (reply.status === 429) await wait(site.holdMs, undefined, { ref: false })
  response.writeHead(reply.status, {
    ...HEADERS,
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.body),
    ...reply.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : reply.body)
}

/** Nothing that is sent is read; a client that goes on sending is cut off. */
function limitBody(request: IncomingMessage): void {
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_BODY_BYTES) request.destroy()
  })
  request.on('error', () => {})
}

const pathOf = (url = '/'): string => url.split('?', 1)[0] ?? '/'
const queryOf = (url = '/'): URLSearchParams => new URLSearchParams(url.split('?').slice(1).join('?'))

function problemReply(status: number, error: string, headers?: Readonly<Record<string, string>>): Reply {
  return { status, type: JSON_TYPE, body: `${JSON.stringify({ error })}\n`, ...(headers ? { headers } : {}) }
}

const jsonReply = (value: object): Reply => ({ status: 200, type: JSON_TYPE, body: `${jsonOf(value)}\n` })

const valueReply = (value: object): Reply =>
  value instanceof Csv ? { status: 200, type: CSV_TYPE, body: value.text } : jsonReply(value)

/** Null, or why the request is not answered at all. */
function mayAsk(request: IncomingMessage, { options, budget, clients }: Site): Reply | null {
  const { headers } = request
  if (!isOwnHost(headers.host, options.hosts?.()))
    return problemReply(
      403,
      'this name is not ours: ask for localhost or the address, or list it in telemetry.hosts',
    )
  const client = whoAsks(request)
  const within = client === null || clients === undefined || clients.take(client)
  if (!within || !budget.take()) return problemReply(429, 'too many requests', { 'retry-after': '1' })
  return null
}

const whoAsks = ({ socket, headers }: IncomingMessage): string | null =>
  clientOf(socket.remoteAddress ?? '', headers['x-forwarded-for']?.toString())

async function replyTo(path: string, request: IncomingMessage, site: Site): Promise<Reply> {
  const refused = mayAsk(request, site)
  if (refused) return refused
  const action = ACTION_NAMES.find((name) => path === `/api/v1/${name}`)
  const act = action && site.routes.api?.act[action]
  if (act) return actionReply(act, request, site)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return problemReply(405, 'only GET and HEAD', { allow: 'GET, HEAD', connection: 'close' })
  return (
    site.routes.pages?.(path, queryOf(request.url), request.headers['if-none-match']) ??
    (await readReply(path, request, site)) ??
    problemReply(404, 'there is nothing here; see /api/v1/openapi.json')
  )
}

function actionReply(act: () => object, request: IncomingMessage, site: Site): Reply {
  const token = site.options.token?.()
  if (request.method !== 'POST') return problemReply(405, 'only POST', { allow: 'POST' })
  if (Number(request.headers['content-length'] ?? 0) > ALLOWED_BODY_BYTES)
    return problemReply(413, 'no body is needed', { connection: 'close' })
  if (token === undefined)
    return problemReply(403, 'nothing can be changed from here: the setting telemetry.token is not set')
  if (!hasToken(request.headers.authorization, token))
    return problemReply(401, 'the header Authorization: Bearer TOKEN is missing or wrong', {
      'www-authenticate': 'Bearer',
    })
  return jsonReply(act())
}

async function readReply(
  path: string,
  { url, headers }: IncomingMessage,
  { routes, options }: Site,
): Promise<Reply | undefined> {
  const { api } = routes
  const [query, known] = [queryOf(url), headers['if-none-match']]
  switch (path) {
    case '/metrics':
      return { status: 200, type: routes.contentType, body: await routes.metrics() }
    case '/live':
      return checked(routes.live())
    case '/ready':
      return checked(routes.ready())
    case '/runbook':
    // Of pages of other parts, too.
    case '/theme.css':
    case '/plain.css':
    case '/pieces.js':
      return fileReply(path, known)
  }
  if (api === undefined || (path === '/' && api.program === 'ledger'))
    return path === '/'
      ? {
          status: 200,
          type: 'text/plain; charset=utf-8',
          body: `pegminer: /metrics for Prometheus, /live and /ready for supervisors${api ? '; /api/v1/openapi.json says what can be asked' : ''}\n`,
        }
      : undefined
  if (path === '/api/v1/openapi.json') return jsonReply(openApi(options.version ?? '', api))
  const ledgerName = LEDGER_NAMES.find((name) => path === `/api/v1/ledger/${name}`)
  if (ledgerName && api.ledger) {
    const reads = api.ledger()
    return reads
      ? valueReply(reads[ledgerName](query))
      : problemReply(503, 'there is no ledger yet', { 'retry-after': '5' })
  }
  const name = API_NAMES.find((name) => path === `/api/v1/${name}`)
  const read = name && api.read[name]
  if (read) return valueReply(read(query))
  return fileReply(path, known)
}

function fileReply(path: string, known?: string): Reply | undefined {
  const asset = assetOf(path)
  if (asset === undefined) return undefined
  return unlessKnown(withTag({ status: 200, ...asset, headers: { 'cache-control': 'no-cache' } }), known)
}

function checked(checks: readonly Check[]): Reply {
  const ok = checks.every((check) => check.ok)
  return { status: ok ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify({ ok, checks })}\n` }
}
