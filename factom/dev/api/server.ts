/** HTTP as factomd and factom-walletd speak it: loopback only, any HTTP method, plain-text replies, bounded bodies. */
import { createServer, type Server, type ServerResponse } from 'node:http'

import { listening, readBody, type HttpServer } from '../../../base/http-server.js'
import { isPrivateHost, messageOf } from '../../../base/index.js'
import { fail } from '../errors.js'
import { invalidRequest } from './errors.js'
import { refusal } from './request.js'

/** Go sniffs the replies of factomd as text. */
const TEXT = 'text/plain; charset=utf-8'
const MAX_BODY_BYTES = 1024 * 1024
const IDLE_MS = 120_000
const REQUEST_MS = 30_000

export interface HttpRequest {
  readonly body: string
  readonly authorization: string | undefined
  /** Aborted when the client has gone or the server closes. */
  readonly signal: AbortSignal
}

export interface HttpReply {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** `null`: the connection is cut. */
export type Handler = (request: HttpRequest) => Promise<HttpReply | null> | HttpReply | null

export type ApiServer = Pick<HttpServer, 'port' | 'close'>

/** Listens on 127.0.0.1, a handler a path; port 0 takes any free one. Throws `E_DEVCHAIN_PORT`. */
export async function serveApi(
  handlers: Readonly<Record<string, Handler>>,
  port: number,
): Promise<ApiServer> {
  const server = createServer((request, response) => {
    if (!isPrivateHost(request.headers.host)) {
      request.resume()
      return send(response, { status: 403, body: 'ask for it by an address or as localhost\n' })
    }
    const handler = new Map(Object.entries(handlers)).get(request.url?.split('?')[0] ?? '')
    if (!handler) {
      request.resume()
      response.setHeader('X-Content-Type-Options', 'nosniff')
      return send(response, { status: 404, body: '404 page not found\n' })
    }
    readBody(request, MAX_BODY_BYTES, (bytes) => {
      if (bytes === null)
        return send(response, { ...refusal(invalidRequest(), null), headers: { Connection: 'close' } })
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const { authorization } = request.headers
      void Promise.resolve(handler({ body: bytes.toString(), authorization, signal: gone.signal })).then(
        (reply) => (reply ? send(response, reply) : request.socket.destroy()),
        (error: unknown) => send(response, refusal(error, null)),
      )
    })
  })
  server.keepAliveTimeout = IDLE_MS
  server.requestTimeout = REQUEST_MS
  return bind(server, port)
}

function send(response: ServerResponse, { status, body, headers }: HttpReply): void {
  if (response.destroyed) return
  response.writeHead(status, { 'Content-Type': TEXT, 'Content-Length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

/** Whether a port that was asked for by number can be had, before work is done that needs it. Throws `E_DEVCHAIN_PORT`. */
export async function requirePort(port: number): Promise<void> {
  const server = await bind(createServer(), port)
  await server.close()
}

const bind = (server: Server, port: number): Promise<ApiServer> =>
  listening(server, { port }, (cause) =>
    fail('E_DEVCHAIN_PORT', `cannot listen on 127.0.0.1:${port}: ${messageOf(cause)}`, { cause }),
  )
