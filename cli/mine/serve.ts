/** The page, the API and the metrics of `pegminer mine`. */
import { wallMs } from '../../base/index.js'
import type { KernelName } from '../../lxrhash/index.js'
import type { Miner } from '../../miner/index.js'
import {
  createApi,
  liveChecks,
  readyChecks,
  watchFeed,
  type ApiActions,
  type Board,
  type FarmRead,
  type Metrics,
  type Past,
  type StakingView,
} from '../../telemetry/index.js'
import type { Keeper } from '../../watch/index.js'
import { MINE_KEYS, type MineKey } from '../program/keys.js'
import type { Resources } from '../program/resources.js'
import { shownSettings } from '../program/shown.js'
import { versionOf } from '../program/version.js'
import type { Reloader } from '../service/reload.js'
import type { LateLedger } from '../service/ledger-reader.js'
import { metricsRoutes, type ServedMetrics, serveMetrics } from '../service/serve-metrics.js'
import type { MinePlan } from './plan.js'
import type { MineContext, MineSections } from './reload.js'

export interface ServedRun {
  readonly plan: MinePlan
  readonly kernel: KernelName
  readonly miner: Pick<Miner, 'view'>
  readonly metrics: Metrics
  readonly board: Board
  readonly farm?: FarmRead | undefined
  readonly past: Past
  readonly standings: StakingView
  /** On networks where the miner keeps the ledger. */
  readonly ledger: Pick<LateLedger, 'reads'> | null
  readonly keeper: Pick<Keeper, 'holds'>
  /** The settings in effect now. */
  readonly reloader: Pick<Reloader<MineKey, MineSections>, 'given'>
  readonly actions: ApiActions
  readonly resources: Pick<Resources, 'add'>
}

export async function serveRun(context: MineContext, run: ServedRun): Promise<ServedMetrics> {
  const { plan, kernel, miner, metrics, board, farm, past, ledger, keeper, reloader, resources } = run
  const now = () => reloader.given.settings
  const feedPage = context.settings['telemetry.feed']
  const feed = feedPage === undefined ? undefined : watchFeed({ url: feedPage })
  if (feed) resources.add(() => feed.close())
  const api = createApi({
    facts: {
      version: versionOf(),
      network: plan.network.name,
      get identity() {
        return now()['miner.identity'] ?? plan.identity
      },
      get coinbase() {
        return now()['miner.coinbase'] ?? plan.coinbase
      },
      kernel,
      startedAt: wallMs(),
      get changeable() {
        return now()['telemetry.token'] !== undefined
      },
    },
    view: miner.view,
    board,
    holds: () => keeper.holds.reasons,
    feed: feed && (() => feed.seen),
    farm,
    past,
    ledger: ledger ? () => ledger.reads() : undefined,
    addresses: () => [
      ...new Set([now()['miner.coinbase'] ?? plan.coinbase, ...now()['telemetry.addresses']]),
    ],
    staking: run.standings,
    settings: () => shownSettings(reloader.given, MINE_KEYS),
    actions: run.actions,
  })
  const served = await serveMetrics(
    context,
    {
      ...metricsRoutes(metrics),
      live: () => liveChecks(miner.view),
      ready: () => readyChecks(miner.view),
      api,
    },
    { token: () => now()['telemetry.token'], hosts: () => now()['telemetry.hosts'] },
  )
  const { server } = served
  if (server) resources.add(() => server.close())
  return served
}
