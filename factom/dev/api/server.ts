/** The HTTP side: loopback only, any HTTP method on /v2, plain-text replies, bounded bodies. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { messageOf } from '../../../config/index.js'
import { fail } from '../errors.js'
import { answer, refusal } from './request.js'
import type { Answer, Method } from './request.js'

/** Go sniffs the replies of factomd as text. */
const TEXT = 'text/plain; charset=utf-8'
const MAX_BODY_BYTES = 1024 * 1024
const IDLE_MS = 120_000
const REQUEST_MS = 30_000

export interface ApiServer {
  readonly port: number
  close(): Promise<void>
}

/** Listens on 127.0.0.1; port 0 takes any free one. Throws `E_DEVCHAIN_PORT`. */
export async function serveApi(methods: ReadonlyMap<string, Method>, port: number): Promise<ApiServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path !== '/v2') {
      request.resume()
      response.setHeader('X-Content-Type-Options', 'nosniff')
      return send(response, 404, '404 page not found\n')
    }
    readBody(request, (body) => {
      const reply: Answer = body === null ? refusal() : answer(methods, body)
      if (body === null) response.setHeader('Connection', 'close')
      send(response, reply.status, reply.body)
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

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': TEXT, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(fail('E_DEVCHAIN_PORT', `cannot listen on 127.0.0.1:${port}: ${messageOf(cause)}`, { cause })),
    )
    server.listen(port, '127.0.0.1', () => resolve())
  })
}
