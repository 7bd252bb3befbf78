/** `pegminer prices …`: what each asset is worth, by which sources, and why. */
import { appendFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { makeFolder, nearest, problem, problemsError, shown, type OprVersion } from '../config/index.js'
import {
  assetJson,
  ASSETS,
  createPriceFeed,
  createSnapshotStore,
  inlineTables,
  snapshotLine,
  type PriceFeed,
  type PriceFeedOptions,
  type PriceSection,
  type PriceSettings,
  type PriceSnapshot,
  type SnapshotInput,
  type WinnersView,
} from '../oracle/index.js'
import { EXIT, type CommandContext } from './context.js'
import type { PricesKey } from './keys.js'
import { defaultDataDir } from './mine-plan.js'
import { doctor } from './prices-doctor.js'
import { record } from './prices-record.js'
import { replayFile } from './prices-replay.js'
import { sources } from './prices-sources.js'
import { watch } from './prices-watch.js'
import { openResources, type Resources } from './resources.js'
import { explainLines, missingLines, priceTable, summaryLine, troubleLines } from './view/prices.js'

export type PricesContext = CommandContext<PricesKey, { readonly prices: PriceSection }>

/** A source that hangs is given up after its own deadline; this bounds all of them together on a busy machine. */
export const DEADLINE_MS = 60_000

const ACTIONS = {
  explain: { most: 1, run: explain },
  doctor: { most: 0, run: doctor },
  sources: { most: 0, run: sources },
  replay: { most: 2, run: replayFile },
  record: { most: 1, run: record },
} as const
type Action = keyof typeof ACTIONS

export async function prices(context: PricesContext): Promise<number> {
  const [word, ...rest] = context.positionals
  const action = (Object.keys(ACTIONS) as Action[]).find((known) => known === word)
  if (word !== undefined && action === undefined) {
    const near = nearest(word, Object.keys(ACTIONS))
    const hint = near === undefined ? `choose ${Object.keys(ACTIONS).join(', ')}` : `did you mean ${near}?`
    throw problemsError([problem('E_CONFIG_ARGUMENT', `prices does not know ${shown(word)}; ${hint}`)])
  }
  if (action !== undefined && rest.length > ACTIONS[action].most)
    throw problemsError([
      problem('E_CONFIG_ARGUMENT', `unexpected argument ${shown(rest.at(-1) ?? '')}; see --help`),
    ])
  if (action !== undefined) return ACTIONS[action].run(context, rest)
  if (context.settings['prices.watch']) return watch(context)
  return once(context)
}

/** The assets that are asked for, in record order. Throws `problemsError`. */
export function assetsOf({ settings }: PricesContext): readonly string[] {
  const all = ASSETS[settings['prices.recordVersion'] as OprVersion]
  const wanted = settings['prices.only']?.map((asset) => asset.toUpperCase())
  if (wanted === undefined) return all
  const strange = wanted.filter((asset) => !all.includes(asset))
  if (strange.length > 0) throw problemsError(strange.map((asset) => unknownAsset(asset, all)))
  return all.filter((asset) => wanted.includes(asset))
}

function unknownAsset(asset: string, all: readonly string[]) {
  const near = nearest(asset, all)
  return problem(
    'E_CONFIG_ARGUMENT',
    `there is no asset ${shown(asset)} in this record version${near === undefined ? '' : `; did you mean ${near}?`}`,
  )
}

export interface OpenFeed {
  readonly feed: PriceFeed
  readonly settings: PriceSettings
  /** What the miner of this data directory last knew of the winners. */
  readonly winners: WinnersView | null
  /** All that went into the last snapshot. */
  readonly input: () => SnapshotInput | undefined
}

/** A feed of the world, or of the embedded exchange. `resources` close it. */
export async function openFeed(
  context: PricesContext,
  resources: Resources,
  options: Partial<PriceFeedOptions> = {},
): Promise<OpenFeed> {
  const { settings: flags } = context
  const network = flags['network.name']
  const keep = flags['prices.keep']
  const settings = await settingsOf(context, resources)
  const last = createSnapshotStore({
    dir: join(flags['data.dir'] ?? defaultDataDir(network), 'prices'),
  }).last()
  let input: SnapshotInput | undefined
  const feed = createPriceFeed({
    config: settings.config,
    keys: settings.keys,
    assets: assetsOf(context),
    tables: inlineTables(),
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

async function settingsOf(context: PricesContext, resources: Resources): Promise<PriceSettings> {
  const { settings, sections } = context
  const network = settings['network.name']
  const exchange = settings['prices.exchange']
  const trouble = settings['network.trouble']
  if (exchange !== undefined && network !== 'dev' && network !== 'local')
    throw problemsError([
      problem('E_CONFIG_NETWORK', '--exchange has no use on this network, only on dev and local'),
    ])
  if (trouble !== undefined && (network !== 'dev' || exchange !== undefined))
    throw problemsError([
      problem('E_CONFIG_NETWORK', '--trouble is for the embedded exchange of the network dev'),
    ])
  if (exchange !== undefined) return sections.prices.at(exchange.replace(/\/+$/, ''))
  if (network !== 'dev') return sections.prices.settings
  const { openDevExchange } = await import('./dev-network.js')
  const embedded = await openDevExchange({ port: 0, trouble }, resources)
  return sections.prices.at(embedded.url)
}

/** What programs are told of a snapshot. */
export function tellSnapshot({ output }: Pick<PricesContext, 'output'>, snapshot: PriceSnapshot): void {
  for (const price of snapshot.assets.values())
    output.event({ event: 'price', ...assetJson(price), asset: price.asset })
  const {
    height,
    version,
    complete,
    takenAt,
    configHash,
    engine,
    sources: states,
    prices: priced,
    missing,
  } = snapshot
  output.event({
    event: 'snapshot',
    height: height === 0 ? null : height,
    version,
    complete,
    takenAt: new Date(takenAt).toISOString(),
    priced: priced.size,
    missing: Object.fromEntries(missing),
    indices: [...snapshot.indices.values()].map(assetJson),
    sources: states,
    outliers: Object.fromEntries(snapshot.outliers),
    configHash,
    engine,
  })
}

/** Says on a terminal what is waited for. */
export function sayAsking(
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

async function once(context: PricesContext): Promise<number> {
  const { output } = context
  const resources = openResources()
  try {
    const open = await openFeed(context, resources)
    const snapshot = await takeSnapshot(context, open)
    tellSnapshot(context, snapshot)
    priceTable(snapshot, output).forEach((line) => output.line(line))
    output.line()
    troubleLines(snapshot, output).forEach((line) => output.line(line))
    missingLines(snapshot, output).forEach((line) => output.line(line))
    output.line(` ${summaryLine(snapshot)}`)
    return snapshot.complete ? EXIT.done : EXIT.missing
  } finally {
    await resources.close()
  }
}

async function explain(context: PricesContext, [word]: readonly string[]): Promise<number> {
  const { output, settings } = context
  const all = ASSETS[settings['prices.recordVersion'] as OprVersion]
  if (word === undefined)
    throw problemsError([
      problem('E_CONFIG_ARGUMENT', 'say which asset, for example: pegminer prices explain XBT'),
    ])
  const asset = word.toUpperCase()
  if (!all.includes(asset)) throw problemsError([unknownAsset(word, all)])
  const resources = openResources()
  try {
    const open = await openFeed(context, resources, { assets: [asset] })
    const snapshot = await takeSnapshot(context, open)
    tellSnapshot(context, snapshot)
    const price = snapshot.assets.get(asset)
    if (price) explainLines(price, output, open.winners).forEach((line) => output.line(line))
    for (const index of snapshot.indices.values()) {
      output.line()
      explainLines(index, output)
        .slice(0, -2)
        .forEach((line) => output.line(line))
    }
    troubleLines(snapshot, output).forEach((line) => output.line(line))
    return snapshot.complete ? EXIT.done : EXIT.missing
  } finally {
    await resources.close()
  }
}

/** Between two rounds of `--watch`, ms. */
export const WATCH_MS = 5000

export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  wait(ms, undefined, { signal }).catch(() => undefined)
