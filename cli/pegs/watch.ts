/** `pegs watch`: a peg is looked at again and again, told and measured, and acted upon where the plan says so. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { ageMs, wallMs } from '../../base/index.js'
import { lockJournal, openBooks, tokenOf, watchPeg } from '../../komodo/index.js'
import { createMetrics, pegsChecks, type Metrics, type PegsPulse } from '../../telemetry/index.js'
import { EXIT } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { metricsRoutes, onPort, serveMetrics } from '../service/serve-metrics.js'
import type { Holder } from './holder.js'
import { journeysOf, type PegsContext } from './plan.js'
import { createTelling, type Seen } from './watch-telling.js'

/** Between two looks at the embedded chain, ms. */
const DEV_LOOK_MS = 1_000
/** After those of the miner and the feed: all may run on one machine. */
const WATCH_PORT = 9470

/** With --once it looks once, and serves nothing. */
export async function watch(context: PegsContext, holder: Holder, resources: Resources): Promise<number> {
  const { settings, signal } = context
  const { opened, asset, peg, pubkey } = holder
  const named = settings['pegs.gateway']
  const tokens = named === undefined ? peg.tokens : [tokenOf(peg, named)]
  const { watch: rules, asset: chain } = opened.plan
  const folder = journeysOf(opened.dataDir, opened.plan)
  const acts = Object.values(rules).some((rule) => rule !== null) && !settings['feed.dryRun']
  if (acts) resources.add(lockJournal(join(folder, 'watch.json')))
  const books = acts ? openBooks(join(folder, 'watch.json'), `${chain.name} ${peg.pegsTxid} ${pubkey}`) : null
  const metrics = createMetrics({ version: versionOf(), network: settings['network.name'] })
  const seen: Seen = { at: null, trouble: null, frozen: false }
  const once = settings['feed.once']
  if (!once) await serve(context, { metrics, seen, resources })
  const tell = createTelling(context, metrics.tree, seen)
  const { dev } = opened
  // The embedded chain would run away.
  const pause = async () => {
    await opened.pause()
    if (dev !== null && !once) await wait(DEV_LOOK_MS, undefined, { signal })
  }
  await watchPeg({
    client: asset,
    peg,
    pubkey,
    tokens,
    rules,
    books,
    folder,
    once,
    signal,
    pause,
    tell,
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return once ? EXIT.done : EXIT.interrupted
}

interface Serving {
  readonly metrics: Metrics
  readonly seen: Seen
  readonly resources: Resources
}

async function serve(context: PegsContext, { metrics, seen, resources }: Serving): Promise<void> {
  const { settings, output } = context
  const routes = {
    ...metricsRoutes(metrics),
    live: () => [{ name: 'running', ok: true, found: 'it watches' }],
    ready: () => pegsChecks(pulseOf(seen)),
  }
  const { server, text } = await serveMetrics(onPort(context, WATCH_PORT), routes, {
    hosts: () => settings['telemetry.hosts'],
  })
  if (server) resources.add(() => server.close())
  output.event({ event: 'pegs.watching', metrics: server?.url ?? null })
  output.line(` metrics ${text}`)
}

const pulseOf = ({ at, trouble, frozen }: Seen): PegsPulse => ({
  lookAgeMs: at === null ? null : ageMs(at, wallMs()),
  trouble,
  frozen,
})
