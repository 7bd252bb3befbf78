/**
 * JSON-RPC 2.0 as the reference speaks it: one request or a list of them in, the text of the reply out. Pure but for what
 * the methods read.
 */
import { checkJson, goJson, messageOf, type Json } from '../../base/index.js'
import { compactJson, elementsOf, isNull } from '../transactions/json.js'
import { decodeObject, rawText } from './decode.js'
import { RpcError } from './errors.js'
import type { RpcLedger } from './method.js'
import { methodOf } from './methods.js'

/** No request needs more: six levels, and a handful of values each. */
const BOUNDS = { depth: 32, values: 20_000 }
/** One body asks so much at most. */
const MOST_REQUESTS = 100

export interface RpcOptions {
  readonly ledger: RpcLedger
  /** Told what went wrong here, which the reply does not say. */
  readonly onFailure: (error: unknown, method: string) => void
}

/** Requests of a list take turns with what else is to be done. Null: nothing is answered, no request has an id. */
export async function answerRpc(body: Uint8Array, options: RpcOptions): Promise<string | null> {
  const json = readBody(body)
  if (json instanceof RpcError) return replyOf(json, 'null')
  const list = elementsOf(json)
  if (list === null) return answerOne(json, options)
  if (list.length === 0) return replyOf(new RpcError('request', 'empty batch request'), 'null')
  if (list.length > MOST_REQUESTS)
    return replyOf(new RpcError('request', `more than ${MOST_REQUESTS} requests in a batch`), 'null')
  const replies: string[] = []
  for (const one of list) {
    const reply = answerOne(one, options)
    if (reply !== null) replies.push(reply)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return replies.length === 0 ? null : `[${replies.join(',')}]`
}

function readBody(body: Uint8Array): Uint8Array | RpcError {
  try {
    checkJson(rawText(body), BOUNDS)
  } catch (error) {
    return new RpcError('request', messageOf(error))
  }
  return compactJson(body) ?? new RpcError('parse')
}

const REQUEST_SHAPE = { jsonrpc: 'text', method: 'text', params: 'raw', id: 'raw' } as const

interface Request {
  readonly method: string
  readonly params: Uint8Array | null
  /** As it stands; null: there is none. */
  readonly id: string | null
}

/** Throws the reference's words for what is no request. */
function requestOf(json: Uint8Array): Request {
  const { jsonrpc = '', method, params, id } = decodeObject(json, REQUEST_SHAPE, 'jsonrpc2.jRequest')
  if (jsonrpc !== '2.0') throw new Error(`invalid "jsonrpc" version: ${JSON.stringify(jsonrpc)}`)
  if (method === undefined) throw new Error('missing "method"')
  const idText = id === undefined ? null : rawText(id)
  if (idText !== null && !/^["n\d-]/.test(idText))
    throw new Error('invalid "id": not a number, string, or null')
  const given = params === undefined || isNull(params) ? null : params
  if (given !== null && !/^[[{]/.test(rawText(given.subarray(0, 1))))
    throw new Error('invalid "params": not an object, array, or null')
  return { method, params: given, id: idText }
}

function answerOne(json: Uint8Array, { ledger, onFailure }: RpcOptions): string | null {
  let request: Request
  try {
    request = requestOf(json)
  } catch (error) {
    return replyOf(new RpcError('request', messageOf(error)), 'null')
  }
  const { method, params, id } = request
  const found = methodOf(method)
  // What is only told is carried out by the reference too, but nothing here changes anything.
  if (id === null) return null
  if (!found) return replyOf(new RpcError('method', method), id)
  try {
    return `{"jsonrpc":"2.0","result":${goJson(found(params, ledger))},"id":${id}}`
  } catch (error) {
    if (!(error instanceof RpcError)) onFailure(error, method)
    return replyOf(error instanceof RpcError ? error : new RpcError('internal'), id)
  }
}

function replyOf({ code, message, data }: RpcError, id: string): string {
  const error: Json = { code, message, data: data === '' ? undefined : data }
  return `{"jsonrpc":"2.0","error":${goJson(error)},"id":${id}}`
}
