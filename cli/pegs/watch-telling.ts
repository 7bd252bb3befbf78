/** What becomes of each event of a watched peg: it is printed, logged, measured. */
import { wallMs } from '../../base/index.js'
import {
  coinsText,
  ratioOf,
  valueOf,
  warningsOf,
  type ActionEvent,
  type Look,
  type PegWarning,
  type WatchEvent,
} from '../../komodo/index.js'
import type { AlarmId, MetricTree } from '../../telemetry/index.js'
import type { PegsContext } from './plan.js'

/** What /ready goes by. */
export interface Seen {
  at: number | null
  trouble: string | null
  frozen: boolean
}

type Told = Pick<PegsContext, 'output' | 'log'>

export function createTelling(
  context: Told,
  tree: Pick<MetricTree, 'pegs'>,
  seen: Seen,
): (event: WatchEvent) => void {
  const shown = new Map<string, string>()
  return (event) => {
    note(seen, event)
    measure(tree, event)
    show(context, event, shown)
  }
}

function note(seen: Seen, event: WatchEvent): void {
  if (event.event === 'looked') Object.assign(seen, { at: wallMs(), trouble: null, frozen: false })
  if (event.event !== 'trouble') return
  seen.trouble = event.message
  seen.frozen = event.what === 'frozen'
}

const coins = (sat: bigint): number => Number(sat) / 1e8
/** Of hundredths of a percent; a debt against nothing is above everything. */
const share = (ratio: bigint | null): number => (ratio === null ? Infinity : Number(ratio) / 10_000)

function measure({ pegs }: Pick<MetricTree, 'pegs'>, event: WatchEvent): void {
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

function show(context: Told, event: WatchEvent, shown: Map<string, string>): void {
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

function showAction({ output, log }: Told, event: ActionEvent): void {
  const { token, rule, stage, sat, account, txid, message } = event
  output.event({ event: 'pegs.action', token, rule, stage, amount: coinsText(sat), account, txid, message })
  const what = stage === 'held' ? message : `${coinsText(sat)}${message === '' ? '' : `: ${message}`}`
  const text = `${rule} of ${token} ${stage}: ${what}`
  output.line(`         ${output.paint(stage === 'done' ? 'green' : 'yellow', text)}`)
  if (stage === 'failed' || stage === 'held') log.warn(text)
}

/** `shown`: what was printed last of each token; the same again is not printed, but told as an event. */
function showLook({ output }: Told, look: Look, shown: Map<string, string>): void {
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
