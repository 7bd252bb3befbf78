/** HTTP as factomd and factom-walletd speak it: loopback only, any HTTP method, plain-text replies, bounded bodies. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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

export interface ApiServer {
  readonly port: number
  close(): Promise<void>
}

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
    readBody(request, (body) => {
      if (body === null)
        return send(response, { ...refusal(invalidRequest(), null), headers: { Connection: 'close' } })
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const { authorization } = request.headers
      void Promise.resolve(handler({ body, authorization, signal: gone.signal })).then(
        (reply) => (reply ? send(response, reply) : request.socket.destroy()),
        (error: unknown) => send(response, refusal(error, null)),
      )
    })
  })
  server.keepAliveTimeout = IDLE_MS
  server.requestTimeout = REQUEST_MS
  await listening(server, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Hands on the whole body, or `null` as soon as it is too long. */
function readBody(request: IncomingMessage, done: (body: string | null) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) return void chunks.push(chunk)
    request.removeAllListeners('data').removeAllListeners('end').resume()
    done(null)
  })
  request.on('end', () => done(Buffer.concat(chunks).toString()))
  request.on('error', () => request.destroy())
}

function send(response: ServerResponse, { status, body, headers }: HttpReply): void {
  if (response.destroyed) return
  response.writeHead(status, { 'Content-Type': TEXT, 'Content-Length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

/** Whether a port that was asked for by number can be had, before work is done that needs it. Throws `E_DEVCHAIN_PORT`. */
export async function requirePort(port: number): Promise<void> {
  const server = createServer()
  await listening(server, port)
  await new Promise((resolve) => server.close(resolve))
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(fail('E_DEVCHAIN_PORT', `cannot listen on 127.0.0.1:${port}: ${messageOf(cause)}`, { cause })),
    )
    server.listen(port, '127.0.0.1', () => resolve())
  })
}
