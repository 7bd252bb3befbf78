/** What a feed says of itself before it begins. */
import { homedir } from 'node:os'

import { stringify } from 'yaml'

import type { FeedConfig, GatewaySettings } from '../../oracle/feed/index.js'
import type { FeedPlan } from './plan.js'
import { tilde } from '../view/format.js'
import type { Output } from '../program/output.js'
import type { ServedMetrics } from '../service/serve-metrics.js'
import { versionOf } from '../program/version.js'
import { factPrinter } from '../view/facts.js'

export interface FeedHead {
  readonly plan: FeedPlan
  readonly config: FeedConfig
  readonly served: ServedMetrics
  readonly dryRun: boolean
}

export function tellFeed(output: Output, { plan, config, served, dryRun }: FeedHead): void {
  const fact = factPrinter(output)
  fact('pegminer', `${versionOf()}, the oraclefeed; times are UTC`)
  for (const gateway of config.gateways) fact('gateway', gatewayText(gateway))
  if (plan.translated !== null) {
    fact('config', 'the same as configuration:')
    for (const line of stringify({ feed: plan.translated }).trimEnd().split('\n'))
      output.line(`             ${line}`)
  }
  fact('status', served.text)
  fact('state', tilde(plan.dataDir, homedir()))
  if (dryRun) fact('dry run', 'everything is built and checked, nothing is sent')
  output.line()
  output.event({
    event: 'start',
    version: versionOf(),
    network: plan.network,
    gateways: config.gateways.map(({ name, oracleTxid, bindTxid, pubkey, depth }) => ({
      name,
      oracleTxid,
      bindTxid,
      pubkey,
      depth,
    })),
    metrics: served.server ? `${served.server.url}/metrics` : null,
    dataDir: plan.dataDir,
    ...(plan.translated === null ? {} : { configuration: { feed: plan.translated } }),
  })
}

function gatewayText({ name, asset, reference, oracleTxid, bindTxid, depth }: GatewaySettings): string {
  const bind = bindTxid === null ? 'headers only' : `gateway ${bindTxid.slice(0, 16)}…`
  return `${name}: ${reference.name} → ${asset.name}, oracle ${oracleTxid.slice(0, 16)}…, ${bind}, depth ${depth}`
}
