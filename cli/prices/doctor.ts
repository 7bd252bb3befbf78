/** `pegminer prices doctor`: is every source there, does it have every market, has every asset enough of them? */
import {
  ageText,
  closedUntil,
  LAST_YEAR,
  isFarOff,
  reasonText,
  voices,
  type AssetPrice,
  type FeedSource,
  type PollReport,
  type PriceConfig,
  type PriceSnapshot,
  type SnapshotInput,
} from '../../oracle/prices/index.js'
import { EXIT } from '../program/context.js'
import { durationText, minuteText, plural } from '../view/format.js'
import { assetsOf, openFeed, takeSnapshot, type PricesContext } from './parts.js'
import { withResources } from '../program/resources.js'

const CLOCK_OFF_MS = 5000

export async function doctor(context: PricesContext): Promise<number> {
  const { output } = context
  return withResources(async (resources) => {
    const reports = new Map<string, PollReport>()
    const open = await openFeed(context, resources, {
      onPoll: (report) => reports.set(report.source, report),
    })
    const snapshot = await takeSnapshot(context, open)
    const input = open.input()
    output.line(output.paint('bold', ' SOURCE              ANSWER     CLOCK    MARKETS'))
    for (const source of open.feed.sources())
      sourceLines(context, source, { report: reports.get(source.name), input })
    output.line()
    const found = assetsOf(context).map((asset) => judge(asset, snapshot, open.settings.config))
    for (const each of found) assetEvent(context, each)
    const poor = found.filter(({ enough }) => !enough)
    for (const each of poor) poorLines(context, each)
    const barely = found.filter(({ enough, needed, voices: have }) => enough && needed > 0 && have === needed)
    if (barely.length > 0)
      output.line(` Just as many sources as needed: ${barely.map(({ asset }) => asset).join(' ')}`)
    const clock = clockOf(open.feed.sources())
    if (Math.abs(clock) > CLOCK_OFF_MS)
      output.line(
        ` The clock of this machine is ${durationText(Math.abs(clock))} ${clock > 0 ? 'behind' : 'ahead'}: set it.`,
      )
    const closed = closedMarkets(snapshot.takenAt)
    for (const { market, until } of closed)
      output.line(
        ` Closed until ${until.slice(0, 16).replace('T', ' ')} UTC: ${market}; the last prices stand.`,
      )
    if (new Date(snapshot.takenAt).getUTCFullYear() > LAST_YEAR)
      output.line(` The rules of holidays are those known up to ${LAST_YEAR}: update the program.`)
    const clocksOff = offClocks(open.feed.sources(), clock)
    for (const { name, off } of clocksOff) output.line(` ${output.paint('red', name)} ${offText(off)}`)
    output.event({
      event: 'doctor',
      ok: poor.length === 0,
      short: poor.map(({ asset }) => asset),
      closed,
      clockSkewMs: Math.round(clock),
      clocksOff: clocksOff.map(({ name }) => name),
    })
    output.line(
      poor.length === 0
        ? ' Every asset has the sources that it needs, or a policy.'
        : ` ${plural(poor.length, 'asset')} without enough sources: ${poor.map(({ asset }) => asset).join(' ')}`,
    )
    return poor.length === 0 ? EXIT.done : EXIT.missing
  })
}

const MARKETS = {
  fx: 'currencies',
  metals: 'metals',
  fixings: 'the banks that fix daily rates',
} as const

/** Sources that are not asked now, and until when (UTC). */
function closedMarkets(now: number): { readonly market: string; readonly until: string }[] {
  return (Object.keys(MARKETS) as (keyof typeof MARKETS)[]).flatMap((calendar) => {
    const until = closedUntil(calendar, now)
    return until === null ? [] : [{ market: MARKETS[calendar], until: new Date(until).toISOString() }]
  })
}

function clockOf(sources: readonly FeedSource[]): number {
  const skews = sources.flatMap(({ state }) => state.skewMs ?? []).sort((a, b) => a - b)
  return skews[skews.length >> 1] ?? 0
}

/** Sources whose clocks are far from what most of them tell. */
function offClocks(sources: readonly FeedSource[], clock: number): { name: string; off: number }[] {
  return sources.flatMap(({ name, state: { skewMs } }) =>
    skewMs !== null && isFarOff(skewMs - clock) ? [{ name, off: skewMs - clock }] : [],
  )
}

const offText = (off: number): string =>
  off < 0
    ? `dates its replies ${ageText(-off)} back: they were stored on the way, or its clock is wrong. Its prices count as old as they say themselves, or else as old as the reply.`
    : `dates its replies ${ageText(off)} ahead: its clock is wrong. What it dates in the future does not count.`

interface SourceFacts {
  readonly report: PollReport | undefined
  readonly input: SnapshotInput | undefined
}

function sourceLines(
  { output }: PricesContext,
  { name, state, requests, maxPerMonth }: FeedSource,
  { report, input }: SourceFacts,
): void {
  const view = input?.sources.find((each) => each.name === name)
  const quotes = [...(view?.quotes ?? [])]
  const absent = [...(view?.absent ?? [])]
  const oneSided = quotes.filter(([, { rule }]) => rule === 'last').map(([symbol]) => symbol)
  const ok = view?.ok === true
  const resting = state.circuit === 'open'
  const error = view?.trouble === undefined ? null : reasonText(view.trouble)
  output.event({
    event: 'source',
    name,
    ok,
    milliseconds: report === undefined ? null : Math.round(report.milliseconds),
    clockSkewMs: state.skewMs,
    markets: quotes.length,
    absent: Object.fromEntries(absent.map(([symbol, reason]) => [symbol, reasonText(reason)])),
    oneSided,
    requests,
    maxPerMonth,
    restUntil: resting ? new Date(state.restUntil).toISOString() : null,
    error,
  })
  const clock =
    state.skewMs === null
      ? 'n/a'
      : Math.abs(state.skewMs) < 2000
        ? 'right'
        : `${state.skewMs < 0 ? '-' : '+'}${ageText(Math.abs(state.skewMs))}`
  const took = report === undefined ? 'none' : durationText(report.milliseconds)
  const markets = `${quotes.length} of ${quotes.length + absent.length}`
  const head = ` ${output.paint(ok ? 'green' : 'red', name.padEnd(19))} ${took.padEnd(10)} ${clock.padEnd(8)} ${ok ? markets : (error ?? 'no answer in time')}`
  output.line(head)
  if (resting)
    output.line(
      output.paint('dim', `                     left alone until ${minuteText(state.restUntil)} UTC`),
    )
  const notes = [
    ...absent.map(([symbol, reason]) => `${symbol}: ${reasonText(reason)}`),
    ...(oneSided.length === 0 || oneSided.length === quotes.length
      ? []
      : [`last trade only: ${oneSided.join(' ')}`]),
    ...(maxPerMonth === null ? [] : [`${requests} of ${maxPerMonth} requests this month`]),
  ]
  if (ok) for (const note of notes) output.line(output.paint('dim', `                     ${note}`))
}

interface Judged {
  readonly asset: string
  readonly price: AssetPrice | undefined
  /** How many independent sources the asset needs; 0: none. */
  readonly needed: number
  readonly voices: number
  /** Whether the asset has enough sources, or a policy that stands in for them. */
  readonly enough: boolean
}

function judge(asset: string, snapshot: PriceSnapshot, config: PriceConfig): Judged {
  const price = snapshot.assets.get(asset)
  const spec = config.assets[asset]
  if (price === undefined || spec === undefined) return { asset, price, needed: 0, voices: 0, enough: false }
  const routed = spec.routes.length > 0
  const needed = !routed ? 0 : spec.allowSingle ? 1 : spec.rules.minSources
  const { status } = price
  const enough = status === 'ok' || status === 'thin' || (status === 'policy' && !routed)
  return { asset, price, needed, voices: voices(price), enough }
}

function assetEvent({ output }: PricesContext, { asset, price, needed, enough, voices: have }: Judged): void {
  const origins = [...new Set(price?.votes.flatMap((vote) => vote.origins))]
  output.event({
    event: 'asset',
    asset,
    ok: enough,
    status: price?.status ?? 'failed',
    sources: have,
    needed,
    origins,
  })
}

function poorLines({ output }: PricesContext, { asset, price }: Judged): void {
  const { status, ageMs = 0, note = '', policy, rejected = [] } = price ?? {}
  const what = status === 'held' ? `held since ${ageText(ageMs)}: ${note}` : (policy ?? note)
  output.line(` ${output.paint('red', asset.padEnd(5))} ${what}`)
  for (const { route, reason } of rejected)
    output.line(output.paint('dim', `         ${route}: ${reasonText(reason)}`))
}
