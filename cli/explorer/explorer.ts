/** `pegminer explorer`: the pages of a ledger that was synced, or of a recorded chain. */
import { once } from 'node:events'
import { join } from 'node:path'

import { problem, problemsError } from '../../config/index.js'
import { createExplorer } from '../../explorer/index.js'
import { openLedger } from '../../ledger/index.js'
import { createMetrics } from '../../telemetry/index.js'
import { dirOf, openEither, RECORDED_FILE } from '../ledger/files.js'
import { syncRecorded } from '../ledger/sync.js'
import { EXIT, type CommandContext } from '../program/context.js'
import type { ExplorerKey } from '../program/keys.js'
import { openResources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { requireDataDir } from '../service/data-dir.js'
import { ledgerNumbers } from '../service/ledger-reader.js'
import { metricsRoutes, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'

/** A page asks for a few files and one answer; many people may look at once. */
const REQUESTS = { perSecond: 500, burst: 1_000, holdMs: 500 }

export async function explorer(context: CommandContext<ExplorerKey>): Promise<number> {
  const { settings, output, signal } = context
  const from = settings['ledger.fromFile']
  if (from === undefined && settings['grade.trustClaims'])
    throw problemsError([problem('E_CONFIG_VALUE', '--trust-claims is for --from-file')])
  if (settings['telemetry.port'] === 'off')
    throw problemsError([problem('E_CONFIG_VALUE', 'the explorer needs a port: --metrics-port')])
  const resources = openResources()
  try {
    const file = join(dirOf(context), RECORDED_FILE)
    if (from !== undefined) {
      requireDataDir(dirOf(context))
      await syncRecorded(context, { from, file }, resources)
    }
    const query = from === undefined ? openEither(context) : openLedger(file)
    resources.add(() => query.close())
    const { network, height } = query.about()
    const metrics = createMetrics({ version: versionOf(), network })
    metrics.observeLedger(() => ledgerNumbers(query, { nodeHeight: null, trouble: null, evenAt: null }))
    const served = await serveMetrics(
      context,
      { ...metricsRoutes(metrics), pages: createExplorer(query) },
      { hosts: () => settings['telemetry.hosts'], requests: REQUESTS },
    )
    const { server } = served
    if (server) resources.add(() => server.close())
    const url = `${server?.url ?? ''}/explorer`
    output.event({ event: 'explorer.serving', url, network, height })
    const fact = factPrinter(output)
    fact('explorer', url)
    fact('ledger', `${network}, block ${height}`)
    output.line(' Ctrl-C ends it.')
    if (!signal.aborted) await once(signal, 'abort')
    output.event({ event: 'stopped', reason: 'interrupted', height: query.about().height })
    return EXIT.interrupted
  } finally {
    await resources.close()
  }
}
