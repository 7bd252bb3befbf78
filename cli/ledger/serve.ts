/** `pegminer ledger serve`: follows the chain, and answers programs that speak with pegnetd, people and dashboards. */
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'

import { isCoded, messageOf, wallMs } from '../../base/index.js'
import { createLedgerReads, createWorths, serveRpc, type LedgerQueries } from '../../ledger/index.js'
import { sharedByteMap } from '../../lxrhash/index.js'
import { HISTORY_FILE } from '../../oracle/index.js'
import { createLedgerApi, createMetrics, ledgerChecks, type Metrics } from '../../telemetry/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { connect } from '../network/connect.js'
import { createFollowView, type FollowView } from '../network/follow-progress.js'
import { followedNetwork } from '../network/follow.js'
import { EXIT } from '../program/context.js'
import { openResources, type Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { requireDataDir } from '../service/data-dir.js'
import { ledgerNumbers } from '../service/ledger-reader.js'
import { metricsRoutes, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'
import type { LedgerContext } from './context.js'
import { dirOf, openEither, RECORDED_FILE } from './files.js'
import { followInThread } from './following.js'
import type { FollowingNews } from './following-thread.js'
import { ledgerBits } from './sync.js'

/** What is known of the node that is followed. */
interface Seen {
  nodeHeight: number | null
  trouble: string | null
  /** ms since 1970. */
  evenAt: number | null
}

interface Serving {
  readonly metrics: Metrics
  readonly seen: Seen
  readonly resources: Resources
}

export async function serve(context: LedgerContext): Promise<number> {
  const { settings, output, signal } = context
  const resources = openResources()
  const metrics = createMetrics({ version: versionOf(), network: settings['network.name'] })
  const serving: Serving = { metrics, resources, seen: { nodeHeight: null, trouble: null, evenAt: null } }
  try {
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
  } finally {
    await resources.close()
  }
}

/** On the network dev `pegminer mine` keeps the ledger; that of a recorded chain is whole. */
function follows({ settings }: LedgerContext): boolean {
  const dir = dirOf({ settings })
  const recordedOnly = existsSync(join(dir, RECORDED_FILE)) && !existsSync(join(dir, HISTORY_FILE))
  return settings['network.name'] !== 'dev' && !recordedOnly
}

/** Ends with the thread, or throws its failure. `onBlock` is called with each block. */
async function keepFollowing(context: LedgerContext, serving: Serving, onBlock: () => void): Promise<void> {
  const { settings } = context
  const dir = dirOf(context)
  requireDataDir(dir)
  // What is wrong with the settings is said here: an error of the thread would be its text alone.
  const network = followedNetwork(settings)
  connect(context).close()
  const bits = ledgerBits(context, network)
  const byteMap = await openMap(context, { params: paramsOf({ 'lxrhash.bits': bits }), slots: 1 })
  context.signal.throwIfAborted()
  const task = { settings: { ...settings }, dir, byteMap: sharedByteMap(byteMap) }
  const following = followInThread(task, createHearer(context, serving, onBlock))
  serving.resources.add(() => following.close())
  await following.ended
}

/** Shows what the thread tells: a bar while it catches up, then an event for each block. */
function createHearer(
  context: LedgerContext,
  { metrics, seen }: Serving,
  onBlock: () => void,
): (news: FollowingNews) => void {
  const { output, log } = context
  let catchingUp: FollowView | null = createFollowView(context)
  return (news) => {
    switch (news.kind) {
      case 'node':
        seen.nodeHeight = news.height
        return
      case 'block':
        return metrics.ledgerBlock(news.block)
      case 'progress': {
        const { height } = news.progress
        seen.trouble = null
        onBlock()
        if (catchingUp) return catchingUp.show(news.progress)
        output.event({ event: 'ledger.block', height })
        return log.debug('a block was followed', { height })
      }
      case 'even':
        ;[seen.evenAt, seen.trouble] = [wallMs(), null]
        catchingUp?.end()
        catchingUp = null
        return
      case 'trouble':
        seen.trouble = `${news.code}: ${news.message}`
        log.warn(seen.trouble)
        output.event({ event: 'notice', level: 'warn', code: news.code, message: news.message })
    }
  }
}

/** The ledger, as soon as there is one; null if the end comes first. */
async function openWhenKnown(
  context: LedgerContext,
  known: AbortSignal,
  ending: AbortSignal,
): Promise<LedgerQueries | null> {
  try {
    return openEither(context)
  } catch (error) {
    if (known.aborted || !isCoded(error) || error.code !== 'E_LEDGER_NONE') throw error
  }
  const either = AbortSignal.any([known, ending])
  if (!either.aborted) await once(either, 'abort')
  return ending.aborted ? null : openEither(context)
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
  const pulse = () => ({ ...seen, height: query.about().height })
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
