/** `pegminer ledger serve`: follows the chain, and answers programs that speak with pegnetd, people and dashboards. */
import { once } from 'node:events'

import { messageOf, wallMs } from '../../base/index.js'
import { createLedgerReads, createWorths, serveRpc, type LedgerQueries } from '../../ledger/index.js'
import { createLedgerApi, createMetrics, ledgerChecks } from '../../telemetry/index.js'
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { ledgerNumbers, ledgerPulse } from '../service/ledger-reader.js'
import { metricsRoutes, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'
import type { LedgerContext } from './context.js'
import { follows, keepFollowing, nothingSeen, openWhenKnown, type Serving } from './keep-following.js'

export async function serve(context: LedgerContext): Promise<number> {
  const { settings, output, signal } = context
  return withResources(async (resources) => {
    const metrics = createMetrics({ version: versionOf(), network: settings['network.name'] })
    const serving: Serving = { metrics, resources, seen: nothingSeen() }
    const failed = new AbortController()
    const ending = AbortSignal.any([signal, failed.signal])
    const known = new AbortController()
    if (follows(context)) {
      const following = keepFollowing({ ...context, signal: ending }, serving, () => known.abort())
      following.catch((error: unknown) => void (signal.aborted || failed.abort(error)))
    } else known.abort()
    const query = await openWhenKnown(context, known.signal, ending)
    if (query !== null) {
      resources.add(() => query.close())
      await answer(context, query, serving)
      if (!ending.aborted) await once(ending, 'abort')
    }
    if (failed.signal.aborted) throw failed.signal.reason
    output.event({ event: 'stopped', reason: 'interrupted', height: query?.about().height ?? null })
    return EXIT.interrupted
  })
}

async function answer(context: LedgerContext, query: LedgerQueries, serving: Serving): Promise<void> {
  const { settings, output, log } = context
  const { metrics, seen, resources } = serving
  const worths = createWorths(query)
  // To read all holdings takes a second where there are many: now, so that no question waits for it.
  worths.holders()
  const server = await serveRpc({
    ...{ query, worths, nodeHeight: () => seen.nodeHeight },
    port: settings['ledger.port'],
    host: settings['ledger.host'],
    hosts: settings['ledger.hosts'],
    version: versionOf(),
    onFailure: (error, method) => log.warn(`${method} could not be answered`, { reason: messageOf(error) }),
  })
  resources.add(() => server.close())
  const { network, height } = query.about()
  const pulse = () => ledgerPulse(query, seen)
  metrics.observeLedger(() => ledgerNumbers(query, seen))
  const reads = createLedgerReads(query, worths)
  const facts = { version: versionOf(), network, startedAt: wallMs() }
  const routes = {
    ...metricsRoutes(metrics),
    ready: () => ledgerChecks(pulse()),
    api: createLedgerApi({ facts, pulse, ledger: () => reads }),
  }
  const served = await serveMetrics(context, routes, { hosts: () => settings['telemetry.hosts'] })
  const { server: site } = served
  if (site) resources.add(() => site.close())
  const api = site ? `${site.url}/api/v1` : null
  output.event({ event: 'ledger.serving', url: server.url, api, network, height })
  const fact = factPrinter(output)
  fact('rpc', `${server.url}  (JSON-RPC as pegnetd's)`)
  fact('api', api === null ? 'off' : `${api}/ledger/…  (described at ${api}/openapi.json)`)
  fact('ledger', `${network}, block ${height}`)
  output.line(' Ctrl-C ends it.')
}
