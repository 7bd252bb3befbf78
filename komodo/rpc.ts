/**
 * JSON-RPC as komodod speaks it: POST to /, Basic authorisation, positional parameters, errors as HTTP 500, 404 or
 * 400 with a JSON body, and a few that are no JSON (docs/protocol/komodo.md#transport). One call at a time: the
 * daemon's own lock would queue them anyway, and a daemon that hangs is not given more work.
 */
import { createPoster, PostError, type Posted } from '../base/http-post.js'
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
  /** The daemon closes idle connections after 30 s. */
  const poster = createPoster({
    contentType: 'text/plain',
    maxSockets: 2,
    maxBytes: options.maxBytes ?? MAX_BYTES,
  })
  let isClosed = false
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

  async function post(
    body: string,
    { signal, timeoutMs: limitMs = timeoutMs }: CallOptions,
  ): Promise<Posted> {
    const { url, user: username, password } = (access ??= options.access())
    try {
      return await poster.post(url, body, { limitMs, signal, auth: { username, password } })
    } catch (error) {
      throw transportError(error, name, limitMs)
    }
  }

  async function one(method: string, params: readonly unknown[], given: CallOptions): Promise<unknown> {
    if (isClosed || given.signal?.aborted) throw fail('E_KOMODO_ABORTED', `the call to ${name} was ended`)
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
      const result = resultOf(await post(body, given), number, `${method} at ${name}`)
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
      isClosed = true
      poster.close()
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

function resultOf({ status, text }: Posted, id: number, where: string): unknown {
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

function transportError(error: unknown, name: string, limitMs: number): unknown {
  if (!(error instanceof PostError)) return error
  const { failure, reason, message } = error
  if (failure === 'late') return fail('E_KOMODO_TIMEOUT', `${name} did not answer within ${limitMs} ms`)
  if (failure === 'ended') return fail('E_KOMODO_ABORTED', `the call to ${name} was ended`)
  if (failure === 'large')
    return fail('E_KOMODO_TOO_LARGE', `a reply of ${name} is larger than the program accepts`)
  return fail('E_KOMODO_UNREACHABLE', `${name} cannot be reached (${printable(reason || message, 100)})`, {
    details: { reason },
  })
}

const reasonOf = (error: unknown): unknown => (isCoded(error) ? error.details['reason'] : undefined)
