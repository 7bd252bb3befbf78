/** One HTTP body in, one status and body out, exactly as factomd's /v2. */
import { invalidRequest, methodNotFound, panic, RpcError } from './errors.js'
import { goJson, type Json } from '../../../base/index.js'

/** A method gets the raw params of the request and returns the `result`. */
export type Method = (params: unknown) => Json
export type MethodTable = Readonly<Record<string, Method>>

export interface Answer {
  /** Every error comes with HTTP 400. */
  readonly status: 200 | 400
  readonly body: string
}

/** Deeper nested requests are refused: Go's decoder does the same at 10,000. */
const MAX_DEPTH = 1000

export function answer(methods: ReadonlyMap<string, Method>, body: string): Answer {
  let id: Json = null
  try {
    const request = parseRequest(body)
    id = request.id
    const method = methods.get(request.method)
    if (!method) throw methodNotFound()
    return replyOf(id, method(request.params))
  } catch (thrown) {
    return refusal(thrown, id)
  }
}

export function replyOf(id: Json, result: Json): Answer {
  return { status: 200, body: goJson({ jsonrpc: '2.0', id, result }) }
}

/** The reply to a request that failed; what is no error of the API is a panic. */
export function refusal(thrown: unknown, id: Json): Answer {
  const error = thrown instanceof RpcError ? thrown : panic()
  return {
    status: 400,
    body: goJson({
      jsonrpc: '2.0',
      id: error.anonymous ? null : id,
      error: { code: error.code, message: error.message, data: error.data },
    }),
  }
}

export interface Request {
  readonly id: Json
  readonly method: string
  readonly params: unknown
}

/** Throws -32600 for what is no request. */
export function parseRequest(body: string): Request {
  if (tooDeep(body)) throw invalidRequest()
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw invalidRequest()
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalidRequest()
  const members = Object.entries(value)
  const member = (name: string): unknown =>
    members.findLast(([key, held]) => key.toLowerCase() === name && held !== null)?.[1]
  const method = member('method') ?? ''
  if (member('jsonrpc') !== '2.0' || typeof method !== 'string') throw invalidRequest()
  return { id: (member('id') ?? null) as Json, method, params: member('params') }
}

function tooDeep(body: string): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < body.length; at++) {
    const char = body[at]
    if (quoted && char === '\\') at++
    else if (char === '"') quoted = !quoted
    else if (!quoted && (char === '[' || char === '{')) depth++
    else if (!quoted && (char === ']' || char === '}')) depth--
    if (depth > MAX_DEPTH) return true
  }
  return false
}
