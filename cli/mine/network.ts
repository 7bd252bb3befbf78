/** How `pegminer mine` reaches its network: the embedded one, or nodes and exchanges outside. */
import {
  createFactomClient,
  ecKey,
  type EcKey,
  type FactomClientOptions,
  type NodeClient,
} from '../../factom/index.js'
import type { PriceFeed, PriceSettings } from '../../oracle/prices/index.js'
import type { Metrics } from '../../telemetry/index.js'
import { connect, payerKey } from '../network/connect.js'
import type { Resources } from '../program/resources.js'
import type { MinePlan } from './plan.js'
import { priceOpener } from './price-setup.js'
import type { MineContext } from './reload.js'

export type NodeHooks = Pick<FactomClientOptions, 'onCall' | 'onSwitch'>

/** How the miner reaches the network, and who pays there. */
export interface MineNetwork {
  readonly client: NodeClient
  readonly key: EcKey
  readonly prices: PriceSettings
  /** How to end minutes and set faults, on dev. */
  readonly control?: { readonly url: string; readonly token: string }
  /** Where the embedded exchange is, if prices come from it. */
  readonly exchange?: string
}

export interface NetworkParts {
  readonly resources: Resources
  readonly hooks: NodeHooks
}

export function openNetwork(context: MineContext, plan: MinePlan, parts: NetworkParts): Promise<MineNetwork> {
  return plan.network.name === 'dev' ? embed(context, plan, parts) : outside(context, plan, parts)
}

/** Starts the embedded chain and exchange. Loaded only when they are wanted. */
async function embed(
  { settings, log, sections }: MineContext,
  plan: MinePlan,
  { resources, hooks }: NetworkParts,
): Promise<MineNetwork> {
  const { startDevNetwork } = await import('../network/dev-network.js')
  const { chain, exchange } = await startDevNetwork(
    {
      dataDir: plan.dataDir,
      bits: plan.bits,
      port: settings['network.port'] ?? 0,
      walletPort: settings['network.walletPort'] ?? 'off',
      settings,
      onError: (error) => log.error('the embedded chain stands still', { error }),
    },
    resources,
  )
  return {
    client: createFactomClient({ url: chain.url, ...hooks }),
    control: chain.control,
    key: ecKey(chain.keys.ecSecret),
    prices: sections.prices.at(exchange.url),
    exchange: exchange.url,
  }
}

async function outside(
  context: MineContext,
  { exchange }: MinePlan,
  { hooks }: NetworkParts,
): Promise<MineNetwork> {
  const key = await payerKey(context)
  if (key === undefined) throw new TypeError('the plan was made without a key')
  const around = { client: connect(context, hooks), key }
  const { sections } = context
  return exchange === undefined
    ? { ...around, prices: sections.prices.settings }
    : { ...around, prices: sections.prices.at(exchange.replace(/\/+$/, '')), exchange }
}

/** Opens a price feed: its rounds and snapshots are measured, and sources that fail are logged. */
export function feedOpener(
  { log }: Pick<MineContext, 'log'>,
  { metrics, dataDir }: { metrics: Metrics; dataDir: string },
): (settings: PriceSettings) => PriceFeed {
  const failing = new Set<string>()
  return priceOpener({
    dataDir,
    log,
    onPoll: (report) => {
      metrics.pricePoll(report)
      const { source, code, error } = report
      // Once when it begins and once when it ends: a source that is down is asked again and again.
      if (code === undefined && failing.delete(source))
        log.info('a price source gives prices again', { source })
      else if (code !== undefined && !failing.has(source)) {
        failing.add(source)
        log.info('a price source gives nothing', { source, code, error })
      }
    },
    onSnapshot: (_input, snapshot, milliseconds) => metrics.priceSnapshot(snapshot, milliseconds),
  })
}
