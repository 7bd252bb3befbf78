/** `pegs watch`: a peg is looked at again and again, told and measured, and acted upon where the plan says so. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { ageMs, wallMs } from '../../base/index.js'
import {
  coinsText,
  lockJournal,
  openBooks,
  ratioOf,
  tokenOf,
  valueOf,
  warningsOf,
  watchPeg,
  type ActionEvent,
  type Look,
  type PegWarning,
  type WatchEvent,
} from '../../komodo/index.js'
import {
  createMetrics,
  pegsChecks,
  type AlarmId,
  type Metrics,
  type MetricTree,
  type PegsPulse,
} from '../../telemetry/index.js'
import { EXIT } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { metricsRoutes, onPort, serveMetrics } from '../service/serve-metrics.js'
import type { Holder } from './holder.js'
import { journeysOf, type PegsContext } from './plan.js'

/** Between two looks at the embedded chain, ms. */
const DEV_LOOK_MS = 1_000
/** After those of the miner and the feed: all may run on one machine. */
const WATCH_PORT = 9470

interface Seen {
  at: number | null
  trouble: string | null
  frozen: boolean
}

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
  const shown = new Map<string, string>()
  const once = settings['feed.once']
  if (!once) await serve(context, { metrics, seen, resources })
  const tell = (event: WatchEvent): void => {
    note(seen, event)
    measure(metrics.tree, event)
    show(context, event, shown)
  }
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

function note(seen: Seen, event: WatchEvent): void {
  if (event.event === 'looked') Object.assign(seen, { at: wallMs(), trouble: null, frozen: false })
  if (event.event !== 'trouble') return
  seen.trouble = event.message
  seen.frozen = event.what === 'frozen'
}

const coins = (sat: bigint): number => Number(sat) / 1e8
/** Of hundredths of a percent; a debt against nothing is above everything. */
const share = (ratio: bigint | null): number => (ratio === null ? Infinity : Number(ratio) / 10_000)

function measure({ pegs }: MetricTree, event: WatchEvent): void {
  if (event.event === 'trouble') return pegs.frozen.set(event.what === 'frozen' ? 1 : 0)
  if (event.event === 'action' && event.stage !== 'begun')
    return pegs.actions.inc({ token: event.token, rule: event.rule, result: event.stage })
  if (event.event !== 'looked') return
  pegs.lookTime.set(wallMs() / 1000)
  pegs.frozen.set(0)
  for (const look of event.looks) {
    const { token, view, zones, victims, open, thresholds, poolOutputs, debt, value } = look
    const { deposit, debt: own } = view.account ?? { deposit: 0n, debt: 0n }
    pegs.height.set(view.height)
    pegs.poolOutputs.set(poolOutputs)
    pegs.redRatio.set(Number(thresholds.red) / 100)
    pegs.globalRatio.set(share(ratioOf(debt, value)))
    pegs.price.set({ token }, coins(view.price))
    pegs.market.set({ token }, coins(view.market))
    pegs.ratio.set({ token }, share(view.ratio))
    pegs.marketRatio.set({ token }, share(ratioOf(own, valueOf(deposit, view.market))))
    for (const [zone, count] of Object.entries(zones ?? {})) pegs.accounts.set({ token, zone }, count)
    const profits = (open ? victims : []).map(({ gain }) => coins(gain?.profit ?? 0n))
    pegs.profit.set({ token }, Math.max(0, ...profits))
  }
}

/** The entry of the runbook that a warning belongs to. */
const RUNBOOK: Readonly<Record<PegWarning['what'], AlarmId | null>> = {
  ratio: 'PegsRatioHigh',
  market: 'PegsMarketRatioHigh',
  price: 'PegsNoPrice',
  pool: 'PegsPoolLow',
  liquidation: null,
}

function show(context: PegsContext, event: WatchEvent, shown: Map<string, string>): void {
  const { output, log } = context
  switch (event.event) {
    case 'looked':
      return event.looks.forEach((look) => showLook(context, look, shown))
    case 'trouble': {
      const { what, message } = event
      const runbook: AlarmId = what === 'frozen' ? 'PegsFrozen' : 'PegsNotLooking'
      output.event({ event: 'pegs.alert', token: null, level: 'error', what, message, runbook })
      output.line(`         ${output.paint('red', message)}`)
      return log.warn(message)
    }
    case 'write':
      return undefined
    case 'action':
      return showAction(context, event)
  }
}

function showAction({ output, log }: PegsContext, event: ActionEvent): void {
  const { token, rule, stage, sat, account, txid, message } = event
  output.event({ event: 'pegs.action', token, rule, stage, amount: coinsText(sat), account, txid, message })
  const what = stage === 'held' ? message : `${coinsText(sat)}${message === '' ? '' : `: ${message}`}`
  const text = `${rule} of ${token} ${stage}: ${what}`
  output.line(`         ${output.paint(stage === 'done' ? 'green' : 'yellow', text)}`)
  if (stage === 'failed' || stage === 'held') log.warn(text)
}

/** `shown`: what was printed last of each token; the same again is not printed, but told as an event. */
function showLook({ output }: PegsContext, look: Look, shown: Map<string, string>): void {
  const { view, ratio, global, victims, open, poolOutputs, zones, token } = look
  const prices = { price: coinsText(view.price), market: coinsText(view.market), height: view.height }
  const accounts = victims.map(({ txid, ratio: at, gain }) => ({
    ...{ txid, ratio: at },
    profit: gain && coinsText(gain.profit),
  }))
  output.event({
    ...{ event: 'pegs.watch', token, ratio, global, ...prices },
    ...{ poolOutputs, liquidation: open, zones, accounts },
  })
  const warnings = warningsOf(look)
  for (const { level, what, message } of warnings)
    output.event({ event: 'pegs.alert', token, level, what, message, runbook: RUNBOOK[what] })
  const [first, ...rest] = [
    `${output.paint('bold', token)}  price ${prices.price}, market ${prices.market}`,
    ...standingLines(look),
    ...warnings.map(({ message }) => output.paint('yellow', message)),
  ]
  const text = [first, ...rest].join('\n')
  if (shown.get(token) === text) return
  output.line(` ${String(view.height).padStart(6)}  ${first}`)
  for (const line of rest) output.line(`         ${line}`)
  shown.set(token, text)
}

function standingLines({ ratio, global, poolOutputs, zones, victims, open, thresholds }: Look): string[] {
  const { red, globalRed, yellow } = thresholds
  const lines = [`own ratio ${ratio}, whole peg ${global}, ${poolOutputs} outputs for operations`]
  if (zones !== null)
    lines.push(
      `accounts: ${zones.safe} safe, ${zones.yellow} above ${yellow} %, ${zones.red} from ${red} % on, ${zones.lost} beyond liquidation`,
    )
  if (victims.length > 0 && !open)
    lines.push(`none is liquidated while the whole peg owes less than ${globalRed} %`)
  return lines
}
