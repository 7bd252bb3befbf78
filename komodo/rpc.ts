/**
 * JSON-RPC as komodod speaks it: POST to /, Basic authorisation, positional parameters, errors as HTTP 500, 404 or
 * 400 with a JSON body, and a few that are no JSON (docs/protocol/komodo.md#transport). One call at a time: the
 * daemon's own lock would queue them anyway, and a daemon that hangs is not given more work.
 */
import { setMaxListeners } from 'node:events'
import http from 'node:http'
import https from 'node:https'

import axios from 'axios'
import type { AxiosInstance, AxiosResponse } from 'axios'

import { CLOCK, isCoded, parseJson, type CodedError } from '../base/index.js'
import type { Access } from './conf.js'
import { fail } from './errors.js'
import { FIRST_HEALTH, healthAfter, type Health, type HealthEvent } from './health.js'
import { printable } from './shape.js'

export interface RpcCall {
  readonly method: string
  readonly milliseconds: number
  /** `ok` or the code of the error. */
  readonly result: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** For this call instead of the client's. */
  readonly timeoutMs?: number
}

export interface RpcOptions {
  /** Asked at first, and again after a refusal: a daemon that was started again may have a new cookie. */
  readonly access: () => Access
  /** Stands for the daemon in messages: the chain's name. */
  readonly name: string
  /** From connecting to the last byte. Default 30 s; komodo-cli waits 900 s. */
  readonly timeoutMs?: number
  /** Largest reply that is read. Default 32 MiB: a long list of samples, or 130,000 outputs of an address. */
  readonly maxBytes?: number
  /** Told about every call, for metrics. */
  readonly onCall?: (call: RpcCall) => void
  /** Told when the state of the daemon changes. */
  readonly onHealth?: (health: Health) => void
  readonly monotonicMs?: () => number
}

export interface Rpc {
  readonly name: string
  readonly health: Health
  /** The `result` of one call. Throws `E_KOMODO_…`; a refusal by the daemon is `E_KOMODO_RPC`. */
  call(method: string, params?: readonly unknown[], options?: CallOptions): Promise<unknown>
  /** Tells what height the daemon was seen at; see `health.ts`. */
  sawHeight(height: number): void
  close(): void
}

const TIMEOUT_MS = 30_000
const MAX_BYTES = 32 * 1024 * 1024

export const RPC_CODES = {
  misc: -1,
  address: -5,
  decode: -22,
  inputs: -25,
  rejected: -26,
  inChain: -27,
  warmup: -28,
  noMethod: -32601,
} as const

export function createRpc(options: RpcOptions): Rpc {
  const { name } = options
  const monotonicMs = options.monotonicMs ?? CLOCK.monotonicMs
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const agents = {
    httpAgent: new http.Agent({ keepAlive: true, maxSockets: 2 }),
    httpsAgent: new https.Agent({ keepAlive: true, maxSockets: 2 }),
  }
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // each call under way waits on it
  const client = axiosOf(agents, options.maxBytes ?? MAX_BYTES)
  let access: Access | undefined
  let health: Health = FIRST_HEALTH
  let last: Promise<unknown> = Promise.resolve()
  let id = 0

  const learn = (event: HealthEvent): void => {
    const after = healthAfter(health, event)
    if (after === health) return
    const isStarting = (one: Health): boolean => one.state === 'down' && one.starting
    const changed = after.state !== health.state || isStarting(after) !== isStarting(health)
    health = after
    if (changed) options.onHealth?.(after)
  }

  /**
   * A timer of our own: on Node.js 20 a signal made by `AbortSignal.any` of `AbortSignal.timeout` may be collected as
   * garbage before it fires, and the call then waits for ever.
   */
  async function post(body: string, given: CallOptions): Promise<AxiosResponse<Buffer>> {
    access ??= options.access()
    const limit = given.timeoutMs ?? timeoutMs
    const cut = new AbortController()
    const stop = (): void => cut.abort()
    let late = false
    const timer = setTimeout(() => {
      late = true
      stop()
    }, limit)
    const outer = given.signal === undefined ? [closing.signal] : [closing.signal, given.signal]
    for (const signal of outer) {
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop)
    }
    const { url, user: username, password } = access
    try {
      return await client.post<Buffer>(url, body, {
        signal: cut.signal,
        auth: { username, password },
        ...(isLoopback(url) ? { proxy: false as const } : {}),
      })
    } catch (error) {
      if (late) throw fail('E_KOMODO_TIMEOUT', `${name} did not answer within ${limit} ms`)
      if (cut.signal.aborted) throw fail('E_KOMODO_ABORTED', `the call to ${name} was ended`)
      throw transportError(error, name)
    } finally {
      clearTimeout(timer)
      for (const signal of outer) signal.removeEventListener('abort', stop)
    }
  }

  /** The daemon closes idle connections after 30 s, perhaps just as one is used again: such a call is sent once more. */
  async function exchange(body: string, given: CallOptions): Promise<AxiosResponse<Buffer>> {
    try {
      return await post(body, given)
    } catch (error) {
      if (reasonOf(error) !== STALE) throw error
      return await post(body, given)
    }
  }

  async function one(method: string, params: readonly unknown[], given: CallOptions): Promise<unknown> {
    if (closing.signal.aborted || given.signal?.aborted)
      throw fail('E_KOMODO_ABORTED', `the call to ${name} was ended`)
    if (health.state === 'hung' && monotonicMs() < health.until)
      throw fail(
        'E_KOMODO_HUNG',
        `${name} has not answered ${health.tries} times: ${method} is not tried now`,
      )
    const started = performance.now()
    let outcome = 'ok'
    try {
      const number = (id = (id % 0x7fffffff) + 1)
      const body = JSON.stringify({ jsonrpc: '1.0', id: number, method, params })
      const result = resultOf(await exchange(body, given), number, `${method} at ${name}`)
      learn({ type: 'answered', at: monotonicMs() })
      return result
    } catch (error) {
      outcome = isCoded(error) ? error.code : 'unknown'
      if (outcome === 'E_KOMODO_AUTH') access = undefined
      if (outcome === 'E_KOMODO_TIMEOUT') learn({ type: 'timeout', at: monotonicMs() })
      else if (outcome === 'E_KOMODO_WARMUP' || reasonOf(error) === 'ECONNREFUSED')
        learn({ type: 'away', at: monotonicMs(), starting: outcome === 'E_KOMODO_WARMUP' })
      else if (outcome !== 'E_KOMODO_ABORTED' && outcome !== 'E_KOMODO_UNREACHABLE')
        learn({ type: 'answered', at: monotonicMs() })
      throw error
    } finally {
      options.onCall?.({ method, milliseconds: performance.now() - started, result: outcome })
    }
  }

  return {
    name,
    get health() {
      return health
    },
    call(method, params = [], given = {}) {
      const next = last.then(() => one(method, params, given))
      last = next.catch(() => undefined)
      return next
    },
    sawHeight(height) {
      learn({ type: 'height', height, at: monotonicMs() })
    },
    close() {
      closing.abort()
      agents.httpAgent.destroy()
      agents.httpsAgent.destroy()
    },
  }
}

/** The daemon's own error code (docs/protocol/komodo.md#sending), or null for any other error. */
export function rpcCodeOf(error: unknown): number | null {
  if (!isCoded(error) || !('rpcCode' in error.details)) return null
  return error.details['rpcCode'] as number
}

/** The daemon's own text. */
export function rpcTextOf(error: unknown): string {
  const text = isCoded(error) ? error.details['rpcMessage'] : undefined
  return typeof text === 'string' ? text : ''
}

function axiosOf(
  agents: { httpAgent: http.Agent; httpsAgent: https.Agent },
  maxBytes: number,
): AxiosInstance {
  return axios.create({
    ...agents,
    headers: { 'content-type': 'text/plain', 'accept-encoding': 'identity', 'user-agent': 'pegminer' },
    maxContentLength: maxBytes,
    maxBodyLength: maxBytes,
    maxRedirects: 0,
    decompress: false,
    responseType: 'arraybuffer',
    transformRequest: [(body: string) => body],
    transformResponse: [(body: Buffer) => body],
    validateStatus: () => true,
  })
}

function resultOf(response: AxiosResponse<Buffer>, id: number, where: string): unknown {
  const { status } = response
  // Lenient: error texts of the daemon may hold bytes that are no UTF-8.
  const text = new TextDecoder('utf-8').decode(response.data)
  if (status === 401) throw fail('E_KOMODO_AUTH', `${where}: user or password is wrong`)
  if (status === 403) throw fail('E_KOMODO_AUTH', `${where}: this address is not in rpcallowip`)
  if (/^Work queue depth exceeded/.test(text)) throw fail('E_KOMODO_BUSY', `${where}: its work queue is full`)
  const reply = parse(text, where)
  if (reply === undefined) {
    if (status === 200) throw fail('E_KOMODO_REPLY', `${where}: the reply is not complete JSON`)
    throw fail('E_KOMODO_HTTP', `${where}: HTTP status ${status}`, {
      retryable: status >= 500,
      details: { status },
    })
  }
  if (reply.id !== id && reply.id !== null)
    throw fail('E_KOMODO_REPLY', `${where}: the reply belongs to another request`)
  if (reply.error !== null && reply.error !== undefined) throw rpcError(reply.error, where)
  if (status !== 200 || !('result' in reply))
    throw fail('E_KOMODO_REPLY', `${where}: the reply holds neither a result nor an error`)
  return reply.result
}

/** Undefined for what is no JSON object: some answers of the daemon are plain text. */
function parse(text: string, where: string): Record<string, unknown> | undefined {
  try {
    const reply = parseJson(text)
    if (typeof reply === 'object' && reply !== null && !Array.isArray(reply))
      return reply as Record<string, unknown>
  } catch (error) {
    if (error instanceof RangeError)
      throw fail('E_KOMODO_REPLY', `${where}: the reply is unusable: ${error.message}`)
  }
  return undefined
}

function rpcError(error: unknown, where: string): CodedError {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >
  if (!Number.isSafeInteger(code) || typeof message !== 'string')
    return fail('E_KOMODO_REPLY', `${where}: the error of the reply has no code or text`)
  const rpcMessage = printable(message, 300)
  const text = `${where}: ${rpcMessage === '' ? 'no text' : rpcMessage} [${code as number}]`
  const details = { rpcCode: code, rpcMessage }
  if (code === RPC_CODES.warmup) return fail('E_KOMODO_WARMUP', text, { details })
  // An exception of the daemon's own, in passing: `std::bad_array_new_length` was seen.
  if (code === RPC_CODES.misc && /^std::/.test(rpcMessage)) return fail('E_KOMODO_INTERNAL', text)
  if (code === RPC_CODES.noMethod) return fail('E_KOMODO_METHOD', text, { details })
  return fail('E_KOMODO_RPC', text, { details })
}

/** The AxiosError itself is not kept as cause: it drags the password and the whole reply along. */
function transportError(error: unknown, name: string): CodedError {
  if (isCoded(error)) return error
  const code = isStale(error) ? STALE : axios.isAxiosError(error) ? (error.code ?? '') : ''
  const message = error instanceof Error ? error.message : String(error)
  if (/maxContentLength/.test(message))
    return fail('E_KOMODO_TOO_LARGE', `a reply of ${name} is larger than the program accepts`)
  return fail('E_KOMODO_UNREACHABLE', `${name} cannot be reached (${printable(code || message, 100)})`, {
    details: { reason: code },
  })
}

/** A kept connection was found closed. */
const STALE = 'stale connection'

function isStale(error: unknown): boolean {
  if (!axios.isAxiosError(error) || error.response) return false
  const request = error.request as { reusedSocket?: boolean } | undefined
  return request?.reusedSocket === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

const reasonOf = (error: unknown): unknown => (isCoded(error) ? error.details['reason'] : undefined)

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
