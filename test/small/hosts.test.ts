/** Servers of embedded networks answer no page that had its own name point here. */
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'

import { startDevChain } from '../../factom/dev/index.js'
import { startDevKomodo } from '../../komodo/dev/index.js'
import { startDevExchange } from '../../oracle/prices/dev/index.js'

/** Status of the reply to a request that was sent to `url` under another name. */
function asked(url: string, host: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const method = url.includes('/kraken/') ? 'GET' : 'POST'
    const one = request(url, { method, headers: { ...headers, host } }, (reply) => {
      reply.resume()
      resolve(reply.statusCode ?? 0)
    })
    one.on('error', reject)
    one.end(method === 'GET' ? '' : '{"jsonrpc":"2.0","id":0,"method":"heights","params":[]}')
  })
}

t.test('by the name of a stranger nobody is answered', async (t) => {
  const folder = t.testdir()
  const chain = await startDevChain({
    ...{ dataDir: join(folder, 'factom'), blockSeconds: 60, manual: true, walletPort: 0 },
  })
  t.teardown(() => chain.close())
  const komodo = await startDevKomodo({ dataDir: join(folder, 'komodo'), manual: true })
  t.teardown(() => komodo.close())
  const exchange = await startDevExchange()
  t.teardown(() => exchange.close())
  const login = ({ user, password }: { user: string; password: string }) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  })
  const servers: readonly (readonly [url: string, headers: Readonly<Record<string, string>>])[] = [
    [`${chain.url}/v2`, {}],
    [chain.control.url, { authorization: `Bearer ${chain.control.token}` }],
    [`${chain.walletUrl}/v2`, {}],
    [komodo.asset.url, login(komodo.asset)],
    [komodo.reference.url, login(komodo.reference)],
    [`${exchange.url}/kraken/0/public/Ticker`, {}],
  ]
  for (const [url, headers] of servers) {
    const { host, port } = new URL(url)
    for (const own of [host, `localhost:${port}`, `factomd:${port}`, `host.docker.internal:${port}`])
      t.not(await asked(url, own, headers), 403, `${url} as ${own}`)
    for (const foreign of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`])
      t.equal(await asked(url, foreign, headers), 403, `${url} as ${foreign}`)
  }
})
