/** The API over HTTP, where the reference's clients look for it: `/v1`, and `/`. */
import type { IncomingMessage, ServerResponse } from 'node:http'

import { readBody, serveHttp, type HttpServer } from '../../base/http-server.js'
import { isOwnHost } from '../../base/index.js'
import { ledgerChains } from '../block.js'
import { fail } from '../errors.js'
import { rulesOf } from '../rules.js'
import { ledgerNetwork } from '../store/about.js'
import type { LedgerQueries } from '../store/queries.js'
import { createWorths, type Worths } from '../store/worth.js'
import { answerRpc, type RpcOptions } from './request.js'

const PATHS = ['/', '/v1', '/v1/']
const TEXT = 'text/plain; charset=utf-8'
/** A full entry in hex is 21 KB. */
const MOST_BODY_BYTES = 256 * 1024
const REQUEST_MS = 10_000

export interface RpcServerOptions {
  readonly query: LedgerQueries
  /** 0 is any free one. */
  readonly port: number
  readonly host: string
  /** Names that this machine is asked under, besides `localhost` and IP addresses. */
  readonly hosts: readonly string[]
  readonly version: string
  /** Default: one of its own. */
  readonly worths?: Worths
  /** The last block of the node that is followed; null: not known. Default: none is. */
  readonly nodeHeight?: () => number | null
  readonly onFailure: RpcOptions['onFailure']
}

/** Its `url` is that of the API. Throws `E_LEDGER_PORT` if the port is taken or forbidden. */
export async function serveRpc({
  query,
  port,
  host,
  hosts,
  version,
  worths = createWorths(query),
  nodeHeight = () => null,
  onFailure,
}: RpcServerOptions): Promise<HttpServer> {
  const network = ledgerNetwork(query.about())
  const rules = rulesOf(network)
  const ledger = {
    ...{ query, rules, version, worths, nodeHeight },
    transactions: ledgerChains(network).transactions,
  }
  const server = await serveHttp(
    (request, response) => {
      const refused = refusalOf(request, hosts)
      if (refused) return void send(response, ...refused)
      readBody(request, MOST_BODY_BYTES, (body) => {
        if (body === null) return send(response, 413, `a request has at most ${MOST_BODY_BYTES} bytes\n`)
        void answerRpc(body, { ledger, onFailure }).then((reply) => send(response, 200, reply))
      })
    },
    {
      ...{ port, host, requestMs: REQUEST_MS },
      refused: (message, cause) => fail('E_LEDGER_PORT', message, { cause }),
    },
  )
  return { ...server, url: `${server.url}/v1` }
}

function refusalOf(
  { headers, url = '/' }: IncomingMessage,
  hosts: readonly string[],
): [number, string] | null {
  if (!isOwnHost(headers.host, hosts))
    return [403, 'this name is not ours: ask for localhost or the address, or list it in ledger.hosts\n']
  return PATHS.includes(url.split('?', 1)[0] ?? '')
    ? null
    : [404, 'there is nothing here; the API is at /v1\n']
}

/** Null: an empty body, which has no type. The connection is closed where not all was read. */
function send(response: ServerResponse, status: number, body: string | null): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'content-length': Buffer.byteLength(body ?? ''),
    'x-content-type-options': 'nosniff',
    ...(body === null ? {} : { 'content-type': TEXT }),
    ...(status === 200 ? {} : { connection: 'close' }),
  })
  response.end(body ?? '')
}
