/** The parts that a miner needs, opened in the order that costs the least time: network, prices, ByteMap. */
import type { NodeClient } from '../../factom/index.js'
import { byteMapInfo, openNativeMarker, type OpenByteMap } from '../../lxrhash/index.js'
import type { PriceFeed, PriceSettings } from '../../oracle/prices/index.js'
import { createMetrics, type Metrics } from '../../telemetry/index.js'
import { lanesOf, openMap, paramsOf } from '../bytemap/open.js'
import { noteNode } from '../network/connect.js'
import type { Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { BESIDE } from '../service/memory.js'
import { checkHeight } from './check-height.js'
import { feedOpener, openNetwork, type MineNetwork, type NodeHooks } from './network.js'
import type { MinePlan } from './plan.js'
import { runPrices, warmUp, type RunPrices } from './price-setup.js'
import type { MineContext } from './reload.js'

export type Notice = (level: 'info' | 'warn' | 'error', code: string, message: string) => void

export interface MineParts {
  readonly metrics: Metrics
  readonly around: MineNetwork
  readonly client: NodeClient
  readonly prices: RunPrices
  readonly openPrices: (settings: PriceSettings) => PriceFeed
  /** Settled when the sources were asked for the first time. */
  readonly warm: Promise<unknown>
  readonly map: OpenByteMap
}

export interface MinePartsOptions {
  /** How many hashers may exist at once. */
  readonly slots: number
  readonly resources: Resources
  readonly notice: Notice
  /** Aborted when the run ends. */
  readonly signal: AbortSignal
}

export async function openParts(
  context: MineContext,
  plan: MinePlan,
  { slots, resources, notice, signal }: MinePartsOptions,
): Promise<MineParts> {
  const { settings, log } = context
  const open = (): Promise<OpenByteMap> =>
    openMap(context, {
      ...{ params: paramsOf({ 'lxrhash.bits': plan.bits }), slots, beside: BESIDE.mining },
      kernel: settings['lxrhash.kernel'],
      ...lanesOf(settings),
      choose: { marker: openNativeMarker(plan.dataDir) },
    })
  // Prices are asked for while the map is opened; but a chain of our own does not begin before a map is built.
  const [isOurs, there] = [plan.network.name === 'dev', await isBuilt(settings, plan)]
  const isBuiltFirst = isOurs && !there
  if (isBuiltFirst)
    await (await import('../network/dev-network.js')).requireDevNetwork(plan.dataDir, settings)
  const early = isBuiltFirst ? await open() : undefined
  if (!isOurs && !there) await noteNode(context)
  const metrics = createMetrics({ version: versionOf(), network: plan.network.name })
  const hooks: NodeHooks = {
    onCall: (call) => metrics.factomCall(call),
    onSwitch: ({ from, to, why }) => {
      metrics.tree.factom.switches.inc()
      notice('warn', 'E_FACTOM_SWITCHED', `from ${from} to ${to}: ${why}`)
    },
  }
  const around = await openNetwork(context, plan, { resources, hooks })
  await checkHeight(context, plan.network, around.client)
  const { client } = around
  resources.add(() => client.close())
  const openPrices = feedOpener(context, { metrics, dataDir: plan.dataDir })
  const prices = runPrices(openPrices(around.prices))
  resources.add(() => prices.close())
  metrics.observePrices(prices)
  const warm = warmUp(prices, signal, (error) => log.warn('prices were not asked for in advance', { error }))
  const map = early ?? (await open())
  metrics.tree.miner.byteMapBytes.set(2 ** plan.bits)
  metrics.tree.miner.byteMapSeconds.set(map.milliseconds / 1000)
  metrics.tree.miner.kernel.set({ kernel: map.kernel }, 1)
  metrics.tree.miner.hugePages.set(map.pages.share)
  return { metrics, around, client, prices, openPrices, warm, map }
}

async function isBuilt(
  { 'lxrhash.dir': dir }: MineContext['settings'],
  { bits }: MinePlan,
): Promise<boolean> {
  const { bytes, fileBytes } = await byteMapInfo(paramsOf({ 'lxrhash.bits': bits }), dir)
  return bytes === fileBytes
}
