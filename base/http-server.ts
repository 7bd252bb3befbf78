/**
 * An HTTP server that others may ask: it limits connections and the time of a request, and ends without waiting for
 * one.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { hostInUrl } from './own-host.js'

export { selfSigned } from './self-signed.js'

export interface HttpServer {
  readonly port: number
  /** Without a path and without a slash at its end. */
  readonly url: string
  /** Ends open connections too. */
  readonly close: () => Promise<void>
}

export interface HttpServerOptions {
  /** 0 is any free one. */
  readonly port: number
  readonly host: string
  /** How long a request may take to arrive, ms. */
  readonly requestMs: number
  /** How many connections there may be at once; default 64. */
  readonly connections?: number | undefined
  /** With it the server speaks HTTPS; PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** The error to throw if the port is taken or forbidden. */
  readonly refused: (message: string, cause: Error) => Error
}

/** Prometheus needs one connection, a browser six; more than these are a mistake of the caller. */
const CONNECTIONS = 64
const IDLE_MS = 30_000

/** Throws what `refused` makes of it if the port cannot be used. */
export async function serveHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  { port, host, requestMs, connections = CONNECTIONS, tls, refused }: HttpServerOptions,
): Promise<HttpServer> {
  const options = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    maxHeaderSize: 8192,
    connectionsCheckingInterval: 1000,
  }
  const server = tls ? createSecureServer({ ...options, ...tls }, answer) : createServer(options, answer)
  server.maxConnections = connections
  server.keepAliveTimeout = IDLE_MS
  return listening(server, { port, host }, (cause: NodeJS.ErrnoException) => {
    const why = REASONS[cause.code ?? ''] ?? cause.message
    return refused(`port ${port} on ${host} cannot be used: ${why}`, cause)
  })
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EACCES: 'it needs more rights',
}

/** Port 0 takes any free one. Throws what `refused` makes of it if the port cannot be had. */
export async function listening(
  server: Server | SecureServer,
  { port, host = '127.0.0.1' }: { readonly port: number; readonly host?: string },
  refused: (cause: Error) => Error = (cause) => cause,
): Promise<HttpServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refused(cause)))
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `${server instanceof SecureServer ? 'https' : 'http'}://${hostInUrl(host)}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Hands on the whole body, or null as soon as it is longer than `most` bytes; the rest is read and dropped. */
export function readBody(request: IncomingMessage, most: number, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= most) return void chunks.push(chunk)
    request.removeAllListeners('data').removeAllListeners('end').resume()
    done(null)
  })
  request.on('end', () => done(Buffer.concat(chunks)))
  request.on('error', () => request.destroy())
}
