/** The HTTP side of one daemon: loopback, Basic authentication, JSON-RPC 1.0, komodod's statuses and texts. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

import { listening, readBody, type HttpServer } from '../../../base/http-server.js'
import { isPrivateHost, messageOf } from '../../../base/index.js'
import { nodeText } from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import { fail } from '../errors.js'
import type { Call } from '../modules/calls.js'
import type { DevNode } from '../node.js'
import type { CallVerdict, DevCall } from '../types.js'
import { DaemonCrash, NO_METHOD, RpcError } from './errors.js'
import { leaksOnBadType } from './table.js'

const HTML = 'text/html; charset=ISO-8859-1'
const MAX_BODY_BYTES = 4 * 1024 * 1024
/** A wrong password is answered late, against guessing. */
const WRONG_PASSWORD_MS = 250
const IDLE_MS = 30_000

export type DaemonServer = Pick<HttpServer, 'port' | 'close'>

export interface DaemonServerOptions {
  readonly node: DevNode
  readonly methods: ReadonlyMap<string, Call>
  readonly user: string
  readonly password: string
  readonly port: number
  readonly onCall: (
    call: Omit<DevCall, 'number' | 'chain' | 'operator'>,
    number: number | null,
  ) => { number: number; verdict: CallVerdict }
  /** The daemon is dead. */
  readonly onCrash: () => void
}

type Outcome = { readonly status: number; readonly body: string } | Cut
/** What is no JSON, or nothing at all. */
type Cut = Exclude<NonNullable<CallVerdict>, 'internal'>

/** Throws `E_DEVKOMODO_PORT`. */
export async function serveDaemon(options: DaemonServerOptions): Promise<DaemonServer> {
  const server = createServer((request, response) => handle(options, request, response))
  server.keepAliveTimeout = IDLE_MS
  const { port } = options
  return listening(server, { port }, (cause) =>
    fail('E_DEVKOMODO_PORT', `cannot listen on 127.0.0.1:${port}: ${messageOf(cause)}`, { cause }),
  )
}

function handle(options: DaemonServerOptions, request: IncomingMessage, response: ServerResponse): void {
  if (!isPrivateHost(request.headers.host)) {
    request.resume()
    return send(response, 403, 'ask for it by an address or as localhost', HTML)
  }
  if (request.method !== 'POST') {
    request.resume()
    return send(response, 405, 'JSONRPC server handles only POST requests', HTML)
  }
  if (request.url !== '/') {
    request.resume()
    return send(response, 404, '', HTML)
  }
  const expected = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`
  const given = request.headers.authorization
  readBody(request, MAX_BODY_BYTES, (body) => {
    if (body === null) return void request.destroy()
    if (given !== expected) {
      response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
      const refuse = () => send(response, 401, '', HTML)
      if (given === undefined) return refuse()
      setTimeout(refuse, WRONG_PASSWORD_MS).unref()
      return
    }
    const outcome = answer(options, body.toString())
    if (outcome === 'busy') send(response, 500, 'Work queue depth exceeded', HTML)
    else if (outcome === 'unavailable') send(response, 503, '', HTML)
    else if (outcome === 'drop') request.socket.destroy()
    else if (outcome !== 'hang') send(response, outcome.status, outcome.body, 'application/json')
  })
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

/** One reply: result, error, id, and a line's end. */
function replyText(result: NodeJson, error: RpcError | null, id: NodeJson): string {
  return nodeText({ result, error: error && { code: error.code, message: error.message }, id })
}

function answer(options: DaemonServerOptions, body: string): Outcome {
  const { node } = options
  if (node.health.state === 'hung') return 'hang'
  if (node.health.state === 'frozen' && node.health.lost > 0) {
    node.health.lost--
    return 'hang'
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return failed(new RpcError(-32700, 'Parse error'), null)
  }
  if (Array.isArray(parsed)) return batch(options, parsed)
  if (typeof parsed !== 'object' || parsed === null)
    return failed(new RpcError(-32700, 'Top-level object parse error'), null)
  const single = one(options, parsed)
  if (typeof single === 'string') return single
  return { status: single.status, body: `${single.text}\n` }
}

function failed(error: RpcError, id: NodeJson): { readonly status: number; readonly body: string } {
  return { status: error.status, body: `${replyText(null, error, id)}\n` }
}

function batch(options: DaemonServerOptions, requests: readonly unknown[]): Outcome {
  const texts: string[] = []
  for (const request of requests) {
    const valid = typeof request === 'object' && request !== null && !Array.isArray(request)
    const reply = valid
      ? one(options, request)
      : { text: replyText(null, new RpcError(-32600, 'Invalid Request object'), null) }
    if (typeof reply === 'string') return reply
    texts.push(reply.text)
  }
  return { status: 200, body: `[${texts.join(',')}]\n` }
}

function one(
  options: DaemonServerOptions,
  request: object,
): { readonly status: number; readonly text: string } | Cut {
  const { id: given, method, params: sent } = request as Record<string, unknown>
  const id = (given ?? null) as NodeJson
  const refuse = (error: RpcError) => ({ status: error.status, text: replyText(null, error, id) })
  if (method === undefined) return refuse(new RpcError(-32600, 'Missing method'))
  if (typeof method !== 'string') return refuse(new RpcError(-32600, 'Method must be a string'))
  if (sent !== undefined && sent !== null && !Array.isArray(sent))
    return refuse(new RpcError(-32600, 'Params must be an array'))
  const params = (sent ?? []) as readonly unknown[]
  const asked = options.onCall({ method, params, phase: 'asked' }, null)
  const internal = (): ReturnType<typeof refuse> => refuse(new RpcError(-1, 'std::bad_array_new_length'))
  if (asked.verdict) return asked.verdict === 'internal' ? internal() : asked.verdict
  let reply: { readonly status: number; readonly text: string }
  try {
    reply = { status: 200, text: replyText(perform(options, method, params), null, id) }
  } catch (error) {
    if (error instanceof DaemonCrash) {
      options.onCrash()
      return 'drop'
    }
    const refusal = error instanceof RpcError ? error : new RpcError(-1, messageOf(error))
    reply = refuse(refusal)
  }
  const { verdict } = options.onCall({ method, params, phase: 'done' }, asked.number)
  if (verdict) return verdict === 'internal' ? internal() : verdict
  return reply
}

function perform(
  { node, methods }: DaemonServerOptions,
  method: string,
  params: readonly unknown[],
): NodeJson {
  if (node.warmUp !== null) throw new RpcError(-28, node.warmUp)
  const call = methods.get(method)
  if (!call) throw NO_METHOD()
  const leaks = node.leaks()
  try {
    const result = call(node, params)
    // Whatever it says, its locks are taken once more instead of being given back (not so in family B).
    if (method === 'gatewayswithdraw' && leaks && node.family !== 'B') node.freeze()
    return result
  } catch (error) {
    const badType =
      error instanceof RpcError && error.code === -1 && error.message.startsWith('JSON value is not')
    if (badType && leaks && leaksOnBadType(method)) node.freeze()
    throw error
  }
}
