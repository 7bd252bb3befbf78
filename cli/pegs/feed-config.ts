/** The feed that a peg needs, as the section `feed` of a configuration says it: each gateway with its oracle. */
import { readFeedConfig, type FeedConfig } from '../../oracle/feed/index.js'
import type { DevKomodo } from '../../komodo/dev/index.js'
import type { JournalState, PegPlan } from '../../komodo/index.js'
import { fail } from '../program/errors.js'

/** Gateways of the plan that are bound by now; null: none. */
export function feedSectionOf(
  plan: PegPlan,
  { facts }: Pick<JournalState, 'facts'>,
): { readonly gateways: readonly Readonly<Record<string, unknown>>[] } | null {
  const { asset, reference, pubkey } = plan
  const gateways = plan.gateways.flatMap(({ token, coin }) => {
    const oracleTxid = facts[`done:oracle:${token}`]
    const bindTxid = facts[`done:bind:${token}`]
    if (oracleTxid === undefined || bindTxid === undefined) return []
    return { name: token, asset, reference: { ...reference, name: coin }, oracleTxid, bindTxid, pubkey }
  })
  return gateways.length === 0 ? null : { gateways }
}

/** The same for the embedded chains, looked at many times a second. */
export function devFeedConfig(
  plan: PegPlan,
  facts: JournalState['facts'],
  dev: DevKomodo,
): FeedConfig | null {
  const section = feedSectionOf(plan, { facts })
  if (section === null) return null
  const { assetName, coin, asset, reference } = dev
  const gateways = section.gateways.map((gateway) => ({
    ...gateway,
    asset: { name: assetName, ...asset },
    reference: { name: coin, ...reference },
    depth: DEV_DEPTH,
  }))
  const read = readFeedConfig({ gateways }, { folder: '.', readableByOthers: false })
  if ('problems' in read)
    throw fail('E_CLI_INTERNAL', `the embedded gateway: ${JSON.stringify(read.problems)}`)
  const fast = read.value.gateways.map((gateway) => ({ ...gateway, pollMs: DEV_POLL_MS }))
  return { ...read.value, gateways: fast }
}

/** Blocks on top of a header before it is published. */
const DEV_DEPTH = 2
const DEV_POLL_MS = 50
