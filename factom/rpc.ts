/**
 * JSON-RPC 2.0 as factomd speaks it: POST to /v2, HTTP 200 with a result or HTTP 400 with an error, plain text as
 * content type, ids echoed (`null` where the request was not understood), no batches (docs/protocol/factom.md#calls).
 */
import { createPoster, PostError, type Posted } from '../base/http-post.js'
import { isCoded, parseJson, type CodedError } from '../base/index.js'
import { fail, type FACTOM_ERRORS } from './errors.js'
import { printable } from './reply.js'

export interface RpcCall {
  readonly method: string
  readonly milliseconds: number
  /** `ok` or the code of the error. */
  readonly result: string
}

export interface RpcOptions {
  /** `http://host:port`, `https://…` or `host:port`; the path `/v2` is added if there is none. */
  readonly url: string
  /** For the whole of one call, from connecting to the last byte; slow methods get four times as long. Default 5000. */
  readonly timeoutMs?: number
  /** For a node that asks for them (HTTP Basic). */
  readonly login?: { readonly user: string; readonly password: string } | undefined
  /** Certificates (PEM) to trust instead of the system's, for https with a certificate of one's own. */
  readonly ca?: string | undefined
  /** Largest reply that is read. Default 8 MiB. */
  readonly maxBytes?: number
  /** Told about every call, for metrics. */
  readonly onCall?: (call: RpcCall) => void
}

export interface Rpc {
  /** The node's address with path, without any secret. */
  readonly url: string
  /** The `result` of one call. Throws `E_FACTOM_…`; a refusal by the node is `E_FACTOM_RPC…`. */
  call(method: string, params?: object, signal?: AbortSignal): Promise<unknown>
  /** Ends calls under way (`E_FACTOM_ABORTED`) and closes the connections. */
  close(): void
}

const TIMEOUT_MS = 5000
const MAX_BYTES = 8 * 1024 * 1024
/** Bounds what a burst of calls may open; one block of records needs far less. */
const MAX_SOCKETS = 16
/** 8 MiB of what a node lists longest (hashes with times) has 280,000. */
const MAX_VALUES = 500_000
/** They walk everything that is pending, or whole blocks. */
const SLOW_METHODS: ReadonlySet<string> = new Set([
  'pending-entries',
  'raw-data',
  'entry-block',
  'dblock-by-height',
  'fblock-by-height',
])

export function createRpc(options: RpcOptions): Rpc {
  const url = nodeUrl(options.url)
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const { login } = options
  const auth = login && { username: login.user, password: login.password }
  const poster = createPoster({
    contentType: 'application/json',
    maxSockets: MAX_SOCKETS,
    maxBytes: options.maxBytes ?? MAX_BYTES,
    ca: options.ca,
  })
  let lastId = 0

  return {
    url,
    async call(method, params, signal) {
      const id = (lastId = (lastId % 0x7fffffff) + 1)
      const started = performance.now()
      let outcome = 'ok'
      try {
        const body = JSON.stringify({ jsonrpc: '2.0', id, method, ...(params && { params }) })
        const limitMs = SLOW_METHODS.has(method) ? 4 * timeoutMs : timeoutMs
        const reply = await poster.post(url, body, { limitMs, signal, auth }).catch((error: unknown) => {
          throw transportError(error, url, limitMs)
        })
        return resultOf(reply, id, `${method} at ${url}`)
      } catch (error) {
        outcome = isCoded(error) ? error.code : 'unknown'
        throw error
      } finally {
        options.onCall?.({ method, milliseconds: performance.now() - started, result: outcome })
      }
    },
    close: () => poster.close(),
  }
}

/** The code of the node's own refusal (docs/protocol/factom.md#calls), or `null` for any other error. */
export function rpcCodeOf(error: unknown): number | null {
  if (!isCoded(error) || !error.code.startsWith('E_FACTOM_RPC')) return null
  return typeof error.details.rpcCode === 'number' ? error.details.rpcCode : null
}

/** factomd's refusal of a commit because one with the same or greater payment is already in. */
export const REPEATED_COMMIT = -32011
export const MISSING_CHAIN_HEAD = -32009
export const BLOCK_NOT_FOUND = -32008
export const METHOD_NOT_FOUND = -32601

/** What is not found may be saved later; a database error or a panic passes. */
const REFUSALS: Readonly<Record<number, keyof typeof FACTOM_ERRORS>> = {
  [-32700]: 'E_FACTOM_RPC_REQUEST',
  [-32600]: 'E_FACTOM_RPC_REQUEST',
  [METHOD_NOT_FOUND]: 'E_FACTOM_RPC_METHOD',
  [-32602]: 'E_FACTOM_RPC_PARAMS',
  [-32603]: 'E_FACTOM_RPC_INTERNAL',
  [BLOCK_NOT_FOUND]: 'E_FACTOM_RPC_MISSING',
  [MISSING_CHAIN_HEAD]: 'E_FACTOM_RPC_MISSING',
  [-32010]: 'E_FACTOM_RPC_RECEIPT',
  [REPEATED_COMMIT]: 'E_FACTOM_RPC_REPEATED',
}

/** Checked URL of a node. Throws `E_FACTOM_URL`. */
export function nodeUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`)
  } catch {
    throw fail('E_FACTOM_URL', 'the address of factomd is not a URL: give http://host:port')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw fail('E_FACTOM_URL', `factomd speaks http or https, not ${printable(url.protocol, 20)}`)
  }
  if (url.username || url.password || url.search || url.hash) {
    throw fail('E_FACTOM_URL', 'the address of factomd must not hold a user, password, query or fragment')
  }
  if (url.pathname === '/') url.pathname = '/v2'
  return url.href
}

function resultOf({ status, text }: Posted, id: number, where: string): unknown {
  if (status === 401)
    throw fail('E_FACTOM_AUTH', `${where}: the node asks for a user name and password, or for other ones`)
  if (status !== 200 && status !== 400) {
    throw fail('E_FACTOM_HTTP', `${where}: HTTP status ${status}`, {
      retryable: status >= 500 || status === 429,
      details: { status },
    })
  }
  const reply = parse(text, where)
  const bad = (what: string) => fail('E_FACTOM_REPLY', `${where}: ${what}`)
  if (reply.jsonrpc !== '2.0') throw bad('the reply is not JSON-RPC 2.0')
  const failed = 'error' in reply
  if (failed === 'result' in reply) throw bad('the reply must hold either a result or an error')
  if (reply.id !== id && !(failed && reply.id === null)) throw bad('the reply belongs to another request')
  if (failed) throw rpcError(reply.error, where)
  if (status !== 200) throw bad('a result came with HTTP status 400')
  return reply.result
}

function parse(text: string, where: string): Record<string, unknown> {
  let reply: unknown
  try {
    reply = parseJson(text, { values: MAX_VALUES })
  } catch (error) {
    const what = error instanceof RangeError ? `unusable: ${error.message}` : 'not complete JSON'
    throw fail('E_FACTOM_REPLY', `${where}: the reply is ${what}`)
  }
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) {
    throw fail('E_FACTOM_REPLY', `${where}: the reply is not a JSON object`)
  }
  return reply as Record<string, unknown>
}

function rpcError(error: unknown, where: string): CodedError {
  const { code, message, data } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >
  if (!Number.isSafeInteger(code) || typeof message !== 'string') {
    return fail('E_FACTOM_REPLY', `${where}: the error of the reply has no code or text`)
  }
  const rpcMessage = printable(message, 200)
  const rpcData =
    data === undefined ? undefined : printable(typeof data === 'string' ? data : JSON.stringify(data), 300)
  const text = rpcData === undefined ? rpcMessage : `${rpcMessage} (${rpcData})`
  return fail(REFUSALS[code as number] ?? 'E_FACTOM_RPC', `${where}: ${text} [${code as number}]`, {
    details: { rpcCode: code, rpcMessage, ...(rpcData !== undefined && { rpcData }) },
  })
}

function transportError(error: unknown, url: string, limitMs: number): unknown {
  if (!(error instanceof PostError)) return error
  const { failure, reason, message } = error
  if (failure === 'late')
    return fail('E_FACTOM_TIMEOUT', `${url} did not finish its reply within ${limitMs} ms`)
  if (failure === 'ended') return fail('E_FACTOM_ABORTED', `the call to ${url} was ended`)
  if (failure === 'large')
    return fail('E_FACTOM_TOO_LARGE', `the reply of ${url} is larger than the program accepts`)
  const details = { reason }
  if (TLS_TROUBLE.test(reason))
    return fail('E_FACTOM_TLS', `${url}: no secure connection (${printable(message, 100)})`, { details })
  const why = printable(reason || message, 100)
  return fail('E_FACTOM_UNREACHABLE', `${url} cannot be reached (${why})`, { details })
}

/** Codes of OpenSSL and Node for certificates that are not trusted, names that do not fit, and what is no TLS. */
const TLS_TROUBLE = /^(EPROTO$|ERR_(TLS|SSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/
