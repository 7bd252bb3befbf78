/** What the actions of `pegminer prices` have in common: a feed as the settings say, a snapshot, how it is told. */
import { appendFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { makeFolder } from '../../base/index.js'
import type { OprVersion } from '../../pegnet/index.js'
import { meant, mistake, problem, problemsError, shown } from '../../config/index.js'
import { ASSETS } from '../../oracle/index.js'
import {
  assetJson,
  createPriceFeed,
  createRests,
  createSnapshotStore,
  inlineExchanges,
  snapshotLine,
  type PriceFeed,
  type PriceFeedOptions,
  type PriceSection,
  type PriceSettings,
  type PriceSnapshot,
  type Rests,
  type SnapshotInput,
  type WinnersView,
} from '../../oracle/prices/index.js'
import type { CommandContext } from '../program/context.js'
import type { PricesKey } from '../program/keys.js'
import { dataDirOf } from '../network/data-dir.js'
import { restsFile } from '../mine/price-setup.js'
import type { Resources } from '../program/resources.js'

export type PricesContext = CommandContext<PricesKey, { readonly prices: PriceSection }>

/** What a feed is opened by. */
export interface FeedContext extends Pick<PricesContext, 'sections' | 'log'> {
  readonly settings: Pick<PricesContext['settings'], 'network.name' | 'data.dir' | 'prices.recordVersion'> &
    Partial<PricesContext['settings']>
}

/** A source that hangs is given up after its own deadline; this bounds all of them together on a busy machine. */
export const DEADLINE_MS = 60_000

/** The assets that are asked for, in record order. Throws `problemsError`. */
export function assetsOf({ settings }: Pick<FeedContext, 'settings'>): readonly string[] {
  const all = ASSETS[settings['prices.recordVersion'] as OprVersion]
  const wanted = settings['prices.only']?.map((asset) => asset.toUpperCase())
  if (wanted === undefined) return all
  const strange = wanted.filter((asset) => !all.includes(asset))
  if (strange.length > 0) throw problemsError(strange.map((asset) => unknownAsset(asset, all)))
  return all.filter((asset) => wanted.includes(asset))
}

/** The problem of an unknown asset, with the nearest known one. */
export function unknownAsset(asset: string, all: readonly string[]) {
  const hint = meant(asset, all)
  return problem('E_CONFIG_ARGUMENT', `there is no asset ${shown(asset)} in this record version${hint}`)
}

export interface OpenFeed {
  readonly feed: PriceFeed
  readonly settings: PriceSettings
  /** What the miner of this data directory last knew of the winners. */
  readonly winners: WinnersView | null
  /** All inputs of the last snapshot. */
  readonly input: () => SnapshotInput | undefined
}

/** A feed of the real exchanges, or of the embedded one. `resources` close it. */
export async function openFeed(
  context: FeedContext,
  resources: Resources,
  options: Partial<PriceFeedOptions> = {},
): Promise<OpenFeed> {
  const { settings: flags } = context
  const network = flags['network.name']
  const keep = flags['prices.keep']
  const settings = await settingsOf(context, resources)
  const last = createSnapshotStore({
    dir: join(dataDirOf(flags, network), 'prices'),
  }).last()
  let input: SnapshotInput | undefined
  const feed = createPriceFeed({
    config: settings.config,
    keys: settings.keys,
    assets: assetsOf(context),
    exchanges: inlineExchanges(),
    rests: restsOf(context),
    pollTimeoutMs: DEADLINE_MS,
    ...(last === null ? {} : { memory: last.memory }),
    onSnapshot: (from, snapshot) => {
      input = from
      if (keep === undefined) return
      makeFolder(dirname(keep))
      appendFileSync(keep, `${snapshotLine(from, snapshot)}\n`)
    },
    ...options,
  })
  resources.add(() => feed.close())
  return { feed, settings, winners: last?.winners ?? null, input: () => input }
}

/** Sources that asked the miner of this data directory to wait: they are not asked here either. */
export function restsOf({ settings }: FeedContext): Rests {
  const network = settings['network.name']
  return createRests(restsFile(dataDirOf(settings, network)), { readOnly: true })
}

async function settingsOf(context: FeedContext, resources: Resources): Promise<PriceSettings> {
  const settings = await placedSettings(context, resources)
  for (const notice of settings.notices ?? []) context.log.warn(notice)
  return settings
}

async function placedSettings(context: FeedContext, resources: Resources): Promise<PriceSettings> {
  const { settings, sections } = context
  const network = settings['network.name']
  const exchange = settings['prices.exchange']
  const trouble = settings['network.trouble']
  if (exchange !== undefined && network !== 'dev' && network !== 'local')
    throw mistake('E_CONFIG_NETWORK', '--exchange has no use on this network, only on dev and local')
  if (trouble !== undefined && (network !== 'dev' || exchange !== undefined))
    throw mistake('E_CONFIG_NETWORK', '--trouble is for the embedded exchange of the network dev')
  if (exchange !== undefined) return sections.prices.at(exchange.replace(/\/+$/, ''))
  if (network !== 'dev') return sections.prices.settings
  const { openDevExchange } = await import('../network/dev-network.js')
  const embedded = await openDevExchange({ port: 0, trouble }, resources)
  return sections.prices.at(embedded.url)
}

/** A snapshot as `--json` shows it. */
export function tellSnapshot({ output }: Pick<PricesContext, 'output'>, snapshot: PriceSnapshot): void {
  for (const price of snapshot.assets.values())
    output.event({ event: 'price', ...assetJson(price), asset: price.asset })
  const { height, version, complete, takenAt, missing, outliers, configHash, engine, sources } = snapshot
  output.event({
    ...{ event: 'snapshot', height: height === 0 ? null : height, version, complete },
    takenAt: new Date(takenAt).toISOString(),
    priced: snapshot.prices.size,
    missing: Object.fromEntries(missing),
    indices: [...snapshot.indices.values()].map(assetJson),
    sources,
    outliers: Object.fromEntries(outliers),
    configHash,
    engine,
  })
}

/** Says on a terminal what the command waits for. */
function sayAsking(
  { stderr, output }: Pick<PricesContext, 'stderr' | 'output'>,
  feed: PriceFeed,
): () => void {
  if (stderr.isTTY !== true || output.json) return () => undefined
  stderr.write(`asking ${feed.sourceNames.length} sources …`)
  return () => void stderr.write('\r\u001b[K')
}

export async function takeSnapshot(
  context: PricesContext,
  { feed, winners }: OpenFeed,
): Promise<PriceSnapshot> {
  const { settings, signal } = context
  const said = sayAsking(context, feed)
  try {
    const version = settings['prices.recordVersion'] as OprVersion
    return await feed.snapshot({ deadlineMs: DEADLINE_MS, signal, version, winners })
  } finally {
    said()
  }
}

/** Between two rounds of `--watch`, ms. */
export const WATCH_MS = 5000
