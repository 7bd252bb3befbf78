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
import { openFeed, takeSnapshot, type PricesContext } from './parts.js'
import { withResources } from '../program/resources.js'

const CLOCK_OFF_MS = 5000

export async function doctor(context: PricesContext): Promise<number> {
  return withResources(async (resources) => {
    const reports = new Map<string, PollReport>()
    const open = await openFeed(context, resources, {
      onPoll: (report) => reports.set(report.source, report),
    })
    const snapshot = await takeSnapshot(context, open)
    return tellDoctor(context, {
      ...{ snapshot, reports, input: open.input(), config: open.settings.config },
      sources: open.feed.sources(),
    })
  })
}

/** What the sources brought, and what was made of it. */
export interface Examined {
  readonly snapshot: PriceSnapshot
  readonly sources: readonly FeedSource[]
  /** Of each source that was asked. */
  readonly reports: ReadonlyMap<string, PollReport>
  readonly input: SnapshotInput | undefined
  readonly config: PriceConfig
}

type Told = Pick<PricesContext, 'output'>

/** Returns the exit code. */
export function tellDoctor({ output }: Told, examined: Examined): number {
  const { snapshot, sources, reports, input, config } = examined
  output.line(output.paint('bold', ' SOURCE              ANSWER     CLOCK    MARKETS'))
  for (const source of sources) sourceLines({ output }, source, { report: reports.get(source.name), input })
  output.line()
  const found = [...snapshot.assets.values()].map((price) => judge(price, config))
  for (const each of found) assetEvent({ output }, each)
  const poor = found.filter(({ enough }) => !enough)
  for (const each of poor) poorLines({ output }, each)
  const barely = found.filter(({ enough, needed, voices: have }) => enough && needed > 0 && have === needed)
  if (barely.length > 0) output.line(` Just as many sources as needed: ${namesOf(barely).join(' ')}`)
  const clocks = clockLines({ output }, sources, snapshot.takenAt)
  output.event({
    ...{ event: 'doctor', ok: poor.length === 0, short: namesOf(poor), ...clocks },
  })
  output.line(
    poor.length === 0
      ? ' Every asset has the sources that it needs, or a policy.'
      : ` ${plural(poor.length, 'asset')} without enough sources: ${namesOf(poor).join(' ')}`,
  )
  return poor.length === 0 ? EXIT.done : EXIT.missing
}

/** The clocks of this machine and of the sources, and which markets are closed by them. */
function clockLines({ output }: Told, sources: readonly FeedSource[], takenAt: number) {
  const clock = clockOf(sources)
  if (Math.abs(clock) > CLOCK_OFF_MS)
    output.line(
      ` The clock of this machine is ${durationText(Math.abs(clock))} ${clock > 0 ? 'behind' : 'ahead'}: set it.`,
    )
  const closed = closedMarkets(takenAt)
  for (const { market, until } of closed)
    output.line(
      ` Closed until ${until.slice(0, 16).replace('T', ' ')} UTC: ${market}; the last prices stand.`,
    )
  if (new Date(takenAt).getUTCFullYear() > LAST_YEAR)
    output.line(` The rules of holidays are those known up to ${LAST_YEAR}: update the program.`)
  const clocksOff = offClocks(sources, clock)
  for (const { name, off } of clocksOff) output.line(` ${output.paint('red', name)} ${offText(off)}`)
  return { closed, clockSkewMs: Math.round(clock), clocksOff: clocksOff.map(({ name }) => name) }
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
  { output }: Told,
  { name, state, requests, maxPerMonth }: FeedSource,
  { report, input }: SourceFacts,
): void {
  const view = input?.sources.find((each) => each.name === name)
  const [quotes, absent] = view === undefined ? [[], []] : [[...view.quotes], [...view.absent]]
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
  readonly price: AssetPrice
  /** How many independent sources the asset needs; 0: none. */
  readonly needed: number
  readonly voices: number
  /** Whether the asset has enough sources, or a policy that stands in for them. */
  readonly enough: boolean
}

const namesOf = (judged: readonly Judged[]): string[] => judged.map(({ price }) => price.asset)

function judge(price: AssetPrice, config: PriceConfig): Judged {
  const { asset, status } = price
  const spec = config.assets[asset]
  const needed = !spec?.routes.length ? 0 : spec.allowSingle ? 1 : spec.rules.minSources
  const enough = status === 'ok' || status === 'thin' || (status === 'policy' && needed === 0)
  return { price, needed, voices: voices(price), enough }
}

function assetEvent({ output }: Told, { price, needed, enough, voices: have }: Judged): void {
  const { asset, status, votes } = price
  const origins = [...new Set(votes.flatMap((vote) => vote.origins))]
  output.event({ event: 'asset', asset, ok: enough, status, sources: have, needed, origins })
}

function poorLines({ output }: Told, { price }: Judged): void {
  const { asset, status, ageMs, note = '', policy = note, rejected } = price
  const what = status === 'held' ? `held since ${ageText(ageMs)}: ${note}` : policy
  output.line(` ${output.paint('red', asset.padEnd(5))} ${what}`)
  for (const { route, reason } of rejected)
    output.line(output.paint('dim', `         ${route}: ${reasonText(reason)}`))
}
