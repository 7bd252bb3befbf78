/** `pegminer explorer`: the pages of a network: a living one of its own, one that is followed, or a recorded chain. */
import { once } from 'node:events'

import { meant, mistake, wrongArgument } from '../../config/index.js'
import { wallMs } from '../../base/index.js'
import { blockNews, createExplorer } from '../../explorer/index.js'
import { createLedgerReads, createWorths, type LedgerQueries } from '../../ledger/index.js'
import { createLedgerApi, createMetrics, ledgerChecks } from '../../telemetry/index.js'
import { nothingSeen, type Serving } from '../ledger/keep-following.js'
import { EXIT } from '../program/context.js'
import { openResources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { ledgerNumbers, ledgerPulse } from '../service/ledger-reader.js'
import { metricsRoutes, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'
import type { ExplorerContext } from './context.js'
import { openShown, type Shown } from './shown.js'

/** A page asks for a few files and answers; many people may look at once. */
const REQUESTS = { perSecond: 500, burst: 1_000, holdMs: 500, perClient: { perSecond: 50, burst: 250 } }
/** How often it is looked whether there is news, and for how many pages at once. */
const NEWS = { event: 'news', everyMs: 500, most: 1_000, mostOfClient: 20 }
/** Each page that listens for news holds one; as many are left for all that is asked besides. */
const CONNECTIONS = 2 * NEWS.most

export async function explorer(context: ExplorerContext): Promise<number> {
  const { settings, positionals } = context
  const [action, ...words] = positionals
  if (action === 'plot') return (await import('./plot.js')).plot(context, words)
  if (action !== undefined)
    throw wrongArgument(`unknown action${meant(action, ['plot'], 'see pegminer explorer --help')}`)
  if (settings['ledger.fromFile'] === undefined && settings['grade.trustClaims'])
    throw mistake('E_CONFIG_VALUE', '--trust-claims is for --from-file')
  if (settings['telemetry.port'] === 'off')
    throw mistake('E_CONFIG_VALUE', 'the explorer needs a port: --metrics-port')
  return show(context)
}

async function show(context: ExplorerContext): Promise<number> {
  const { settings, output, signal } = context
  const resources = openResources()
  const failed = new AbortController()
  const ending = AbortSignal.any([signal, failed.signal])
  const serving: Serving = {
    metrics: createMetrics({ version: versionOf(), network: settings['network.name'] }),
    ...{ resources, seen: nothingSeen() },
  }
  const keep = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => ending.aborted || failed.abort(error))
  try {
    const shown = await openShown({ ...context, signal: ending }, serving, keep)
    if (shown.query !== null) {
      await serve(context, { ...shown, query: shown.query }, serving)
      if (!ending.aborted) await once(ending, 'abort')
    }
    if (failed.signal.aborted) throw failed.signal.reason
    output.event({ event: 'stopped', reason: 'interrupted', height: shown.query?.about().height ?? null })
    return EXIT.interrupted
  } finally {
    failed.abort()
    await resources.close()
  }
}

/** The pages, their data, what the ledger answers besides, and metrics. */
async function serve(
  context: ExplorerContext,
  { query, blockSeconds, pulse }: Shown & { readonly query: LedgerQueries },
  { metrics, seen, resources }: Serving,
): Promise<void> {
  const { settings, output } = context
  const { network, height } = query.about()
  const state = () => ledgerPulse(query, seen)
  metrics.observeLedger(() => ledgerNumbers(query, seen))
  const worths = createWorths(query)
  const reads = createLedgerReads(query, worths)
  const facts = { version: versionOf(), network, startedAt: wallMs() }
  const routes = {
    ...metricsRoutes(metrics),
    ready: () => (pulse() === null ? [] : ledgerChecks(state())),
    pages: createExplorer(query, { blockSeconds, pulse, worths }),
    news: { '/api/v1/explorer/events': { ...NEWS, next: blockNews(query, { pulse, blockSeconds }) } },
    api: createLedgerApi({ facts, pulse: state, ledger: () => reads, program: 'explorer' }),
  }
  const hosts = () => settings['telemetry.hosts']
  const { server } = await serveMetrics(context, routes, {
    hosts,
    requests: REQUESTS,
    connections: CONNECTIONS,
  })
  if (server) resources.add(() => server.close())
  const url = `${server?.url ?? ''}/explorer`
  output.event({ event: 'explorer.serving', url, network, height })
  const fact = factPrinter(output)
  fact('explorer', url)
  fact('ledger', `${network}, block ${height}`)
  output.line(' Ctrl-C ends it.')
}
