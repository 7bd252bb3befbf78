/** The feed's numbers → metrics, and its answers to /live and /ready. Pure but for the instruments. */
import { ageMs } from '../../base/index.js'
import { DAEMON_WORDS } from '../../komodo/index.js'
import { RELAY_STATES, WITHDRAWAL_STEPS, type GatewayView } from '../../oracle/feed/index.js'
import { gatewayChecks, type Check, type GatewayPulse, type MetricTree } from '../../telemetry/index.js'

const coins = (sat: bigint): number => Number(sat) / 1e8

/**
 * Copies what the views say now; called at each scrape. Of a gateway that is gone, nothing is left but its requests.
 */
export function copyFeed({ feed }: MetricTree, views: readonly GatewayView[], monotonicMs: number): void {
  for (const instrument of Object.values(feed))
    if (instrument !== feed.requests && instrument !== feed.requestSeconds) instrument.reset()
  for (const { name: gateway, relay, withdrawals, treasury, file, daemons } of views) {
    const label = { gateway }
    for (const chain of ['asset', 'reference'] as const)
      for (const state of DAEMON_WORDS)
        feed.daemon.set({ gateway, chain, state }, daemons[chain] === state ? 1 : 0)
    const records = Object.values(file.state.withdrawals)
    for (const state of WITHDRAWAL_STEPS)
      feed.withdrawals.set({ gateway, state }, records.filter(({ step }) => step === state).length)
    feed.paid.inc(label, withdrawals?.paid ?? 0)
    feed.thieves.inc(label, withdrawals?.refused ?? 0)
    const state = relay?.state.state ?? 'starting'
    for (const one of RELAY_STATES) feed.state.set({ gateway, state: one }, one === state ? 1 : 0)
    if (treasury !== null) {
      feed.fundsAlarm.set(label, treasury.alarm === null ? 0 : 1)
      if (treasury.wallet !== null) feed.walletCoins.set(label, coins(treasury.wallet))
      if (treasury.forecast !== null) feed.headersLeft.set(label, treasury.forecast.headersLeft)
    }
    if (relay === null) continue
    feed.headers.inc(label, relay.headers)
    feed.repairs.inc(label, relay.repairs)
    feed.unsent.inc(label, relay.refused)
    for (const chain of ['asset', 'reference'] as const)
      feed.reorgs.inc({ gateway, chain }, relay.reorgs[chain])
    if (relay.tip !== null) feed.referenceHeight.set(label, relay.tip)
    if (relay.lastPass !== null) feed.passTime.set(label, relay.lastPass / 1000)
    if (relay.lastProgress !== null)
      feed.lagSeconds.set(label, Math.max(0, monotonicMs - relay.lastProgress) / 1000)
    if (relay.budget !== null) {
      feed.budget.set(label, relay.budget.perBlock)
      feed.outputs.set(label, relay.budget.whole)
      feed.oracleCoins.set(label, coins(relay.budget.sat))
    }
    if (relay.plan === null) continue
    if (relay.plan.top !== null) feed.publishedHeight.set(label, relay.plan.top)
    feed.lagBlocks.set(label, relay.plan.lag)
    feed.gapBlocks.set(label, relay.plan.gaps)
  }
}

/** Always alive while it answers: a daemon that hangs is no reason to restart the feed. */
export function feedLive(views: readonly GatewayView[]): Check[] {
  return [{ name: 'running', ok: views.length > 0, found: `${views.length} gateways` }]
}

/** A healthy process may be stuck all the same: what counts is the lag, and that it was looked at lately. */
export const feedReady = (views: readonly GatewayView[], wallMs: number): Check[] =>
  views.flatMap((view) => gatewayChecks(pulseOf(view, wallMs)))

function pulseOf({ name, settings, relay, withdrawals, trouble }: GatewayView, wallMs: number): GatewayPulse {
  const seen = settings.headers ? (relay?.lastPass ?? null) : (withdrawals?.lastPass ?? null)
  return {
    name,
    passAgeMs: seen === null ? null : ageMs(seen, wallMs),
    passLimitMs: Math.max(60_000, 6 * settings.pollMs + settings.timeoutMs),
    trouble,
    relay: settings.headers
      ? {
          lag: relay?.plan?.lag ?? null,
          readyLag: settings.readyLag,
          state: relay?.state.state ?? 'starting',
        }
      : null,
  }
}
