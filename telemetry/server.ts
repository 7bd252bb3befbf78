/** The HTTP server for Prometheus and supervisors: /metrics, /live, /ready. Read-only, on loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { messageOf } from '../config/index.js'
import { fail } from './errors.js'
import type { Check } from './health.js'

export interface TelemetryRoutes {
  /** Text of /metrics, in the format that `contentType` names. */
  metrics(): Promise<string>
  readonly contentType: string
  live(): readonly Check[]
  ready(): readonly Check[]
}

export interface TelemetryServer {
  readonly port: number
  /** Without a path and without a slash at its end. */
  readonly url: string
  /** Ends open connections too. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** Prometheus needs one connection; more than these are somebody's mistake. */
const MAX_CONNECTIONS = 64
/** A request is a few hundred bytes: whoever needs longer to send it is not served. */
const REQUEST_MS = 5_000

/** Throws `E_TELEMETRY_PORT` if the port is taken or forbidden. Port 0 is any free one. */
export async function startTelemetry(port: number, routes: TelemetryRoutes): Promise<TelemetryServer> {
  const server = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      maxHeaderSize: 8192,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => void answer(request, response, routes),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.keepAliveTimeout = 30_000
  await listen(server, port)
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `http://${HOST}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'it is in use'
          : error.code === 'EACCES'
            ? 'it needs more rights'
            : error.message
      reject(fail('E_TELEMETRY_PORT', `port ${port} on ${HOST} cannot be used: ${why}`, { cause: error }))
    })
    server.listen(port, HOST, resolve)
  })
}

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
}

const JSON_TYPE = 'application/json; charset=utf-8'

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: TelemetryRoutes,
): Promise<void> {
  request.resume()
  const allowed = request.method === 'GET' || request.method === 'HEAD'
  const reply = allowed
    ? await replyTo(pathOf(request.url), routes).catch((error: unknown) => textReply(500, messageOf(error)))
    : textReply(405, 'only GET and HEAD')
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(allowed ? {} : { allow: 'GET, HEAD', connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : reply.body)
}

const pathOf = (url = '/'): string => url.split('?', 1)[0] ?? '/'
const textReply = (status: number, text: string): Reply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${text}\n`,
})

async function replyTo(path: string, routes: TelemetryRoutes): Promise<Reply> {
  switch (path) {
    case '/metrics':
      return { status: 200, type: routes.contentType, body: await routes.metrics() }
    case '/live':
      return checked(routes.live())
    case '/ready':
      return checked(routes.ready())
    case '/':
      return textReply(200, 'pegminer: /metrics for Prometheus, /live and /ready for supervisors')
    default:
      return textReply(404, 'there are /metrics, /live and /ready')
  }
}

function checked(checks: readonly Check[]): Reply {
  const ok = checks.every((check) => check.ok)
  return { status: ok ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify({ ok, checks })}\n` }
}
