/** `pegs price-stub`: prices for daemons of 2020, whose two web APIs are gone, over HTTP and HTTPS on this machine. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'

import { monotonicMs, wallMs } from '../../base/index.js'
import { selfSigned, serveHttp } from '../../base/http-server.js'
import { wrongArgument } from '../../config/index.js'
import { pegsFail, readStubPrices, STUB_HOSTS, stubReply } from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { openOracle } from './oracle-prices.js'
import type { PegsContext } from './plan.js'

const HOST = '127.0.0.1'
const REQUEST_MS = 5_000

export async function priceStub(context: PegsContext): Promise<number> {
  const { settings, output, signal } = context
  const prices = readStubPrices(settings['pegs.prices'] ?? '')
  if (typeof prices === 'string') throw wrongArgument(`--prices: ${prices}`)
  const begun = monotonicMs()
  const answer = (oracle: (feed: string) => number | null) => {
    const priceOf = (feed: string): number | null | undefined => {
      const from = prices.get(feed)
      return from === 'oracle' ? oracle(feed) : from?.((monotonicMs() - begun) / 1000)
    }
    return (request: IncomingMessage, response: ServerResponse): void => {
      const url = request.url ?? '/'
      const { status, body } = stubReply(url, priceOf)
      output.event({ event: 'pegs.asked', url: url.slice(0, 200), status })
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
  }
  const refused = (message: string, cause: Error) => pegsFail('E_PEGS_PORT', message, { cause })
  const given = { host: HOST, requestMs: REQUEST_MS, refused }
  return withResources(async (resources) => {
    const feeds = [...prices].flatMap(([feed, from]) => (from === 'oracle' ? feed : []))
    const listener = answer(await openOracle(context, feeds, resources))
    const plain = await serveHttp(listener, { ...given, port: settings['pegs.httpPort'] })
    resources.add(() => plain.close())
    const tls = selfSigned(STUB_HOSTS, wallMs())
    const secure = await serveHttp(listener, { ...given, port: settings['pegs.httpsPort'], tls })
    resources.add(() => secure.close())
    output.event({ event: 'pegs.stub', http: plain.url, https: secure.url, hosts: STUB_HOSTS })
    output.line(` ${output.paint('bold', `${plain.url}  ${secure.url}`)}`)
    output.line(' To point the daemons of this machine at it, as root:')
    for (const line of directions(plain.port, secure.port)) output.command(`   ${line}`)
    if (!signal.aborted) await once(signal, 'abort')
    return EXIT.interrupted
  })
}

/** Names of the dead hosts, and their ports, which only root may take. */
const directions = (http: number, https: number): string[] => [
  `echo '${HOST} ${STUB_HOSTS.join(' ')}' >> /etc/hosts`,
  ...[
    [80, http],
    [443, https],
  ].map(
    ([from, to]) =>
      `iptables -t nat -A OUTPUT -d ${HOST} -p tcp --dport ${from} -j REDIRECT --to-ports ${to}`,
  ),
]
