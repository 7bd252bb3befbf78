/** A snapshot as a pure function of quotes, routes and a moment. */
import { priceFromDecimal } from '../records/index.js'
import { aggregate, type Verdict } from './aggregate.js'
import type { Plan, Route, Term } from './routes.js'
import type { Poll, PriceSnapshot, QuoteKind, Rejection, SourceState, Vote } from './types.js'

/** What is known of a source at the moment of a snapshot. */
export interface SourceView extends SourceState {
  readonly origin: string
  readonly kind: QuoteKind
  /** The last good poll, however old. */
  readonly poll: Poll | null
}

const MINUTE = 60_000
/**
 * How old a quote may be. Metals rest from Friday to Sunday and daily publishers over holidays: what was right at
 * the close stays the price until trading goes on.
 */
const MAX_AGE: Readonly<Record<QuoteKind, number>> = {
  spot: 5 * MINUTE,
  'fx-live': 30 * MINUTE,
  metal: 96 * 60 * MINUTE,
  'fx-daily': 120 * 60 * MINUTE,
}
/** Independent votes that a price needs, where the routes allow for as many. */
const MIN_SOURCES = 2
/** USD. A record holds 64 bits of 1e-8, which is a little more. */
const MAX_PRICE = 1e11

interface Priced {
  readonly price: number
  readonly origins: readonly string[]
  readonly ageMs: number
  readonly live: boolean
}
/** The value of a term or route, or why it has none. */
type Outcome = Priced | string

/**
 * Prices `assets` at `now` (ms). An asset without a price has a reason; a price below 1e-8 USD is none.
 */
export function buildSnapshot(
  assets: readonly string[],
  plan: Plan,
  { sources, now }: { readonly sources: readonly SourceView[]; readonly now: number },
): PriceSnapshot {
  const views = new Map(sources.map((view) => [view.name, view]))
  const results = new Map<string, Outcome>()
  const verdicts = new Map<string, Verdict>()
  for (const name of plan.order) {
    const routes = plan.routes.get(name) ?? []
    const quorum = Math.min(MIN_SOURCES, Math.max(1, originsOf(routes, views).size))
    const verdict = judge(routes, quorum, (term) => value(term, views, results, now))
    verdicts.set(name, verdict)
    results.set(name, verdict.ok ? combined(verdict) : `${name} has no price`)
  }

  const prices = new Map<string, bigint>()
  const missing = new Map<string, string>()
  const votes = new Map<string, readonly Vote[]>()
  const rejected = new Map<string, readonly Rejection[]>()
  for (const asset of assets) {
    const verdict = verdicts.get(asset) ?? judge([], 1, () => '')
    const units = verdict.ok ? unitsOf(verdict.price) : 0n
    if (units > 0n) prices.set(asset, units)
    else missing.set(asset, explain(verdict))
    votes.set(asset, verdict.kept)
    rejected.set(asset, verdict.rejected)
  }
  const states = sources.map(({ name, ok, ageMs, error }) => ({
    name,
    ok,
    ageMs,
    ...(error === undefined ? {} : { error }),
  }))
  return { takenAt: now, prices, missing, complete: missing.size === 0, votes, rejected, sources: states }
}

/** The independent opinions that some routes could give if all their sources answered. */
function originsOf(routes: readonly Route[], views: ReadonlyMap<string, SourceView>): Set<string> {
  const sources = routes.flatMap((route) =>
    route.factors.flatMap(({ term }) => (term.type === 'quote' ? [term.source] : [])),
  )
  return new Set(sources.map((source) => views.get(source)?.origin ?? source))
}

const isFixed = (route: Route): boolean => route.factors.every(({ term }) => term.type === 'number')

function judge(routes: readonly Route[], minSources: number, valueOf: (term: Term) => Outcome): Verdict {
  const unavailable: Rejection[] = []
  const votes = routes.flatMap((route) => {
    const outcome = evaluate(route, valueOf)
    if (typeof outcome !== 'string') return [{ route: route.text, ...outcome }]
    unavailable.push({ route: route.text, reason: outcome })
    return []
  })
  // A route of numbers alone is a fixed price and needs no second opinion.
  const fixed = routes.find(isFixed)
  const constant = votes.find((vote) => vote.route === fixed?.text)
  if (constant) return { ok: true, price: constant.price, spread: 0, kept: [constant], rejected: [] }
  const verdict = aggregate(votes, { minSources })
  return { ...verdict, rejected: [...unavailable, ...verdict.rejected] }
}

function evaluate(route: Route, valueOf: (term: Term) => Outcome): Outcome {
  let price = 1
  let ageMs = 0
  let live = true
  const origins = new Set<string>()
  // A named price is an aggregate of its own: two venues that lean on it are still two opinions.
  const quoted = route.factors.some(({ term }) => term.type === 'quote')
  for (const { invert, term } of route.factors) {
    const factor = valueOf(term)
    if (typeof factor === 'string') return factor
    price = invert ? price / factor.price : price * factor.price
    ageMs = Math.max(ageMs, factor.ageMs)
    live &&= factor.live
    if (term.type === 'quote' || !quoted) factor.origins.forEach((origin) => origins.add(origin))
  }
  return { price, origins: [...origins], ageMs, live }
}

function value(
  term: Term,
  views: ReadonlyMap<string, SourceView>,
  results: ReadonlyMap<string, Outcome>,
  now: number,
): Outcome {
  switch (term.type) {
    case 'number':
      return { price: term.value, origins: [], ageMs: 0, live: true }
    case 'name':
      return results.get(term.name) ?? `${term.name} has no price`
    case 'quote': {
      const view = views.get(term.source)
      const quote = view?.poll?.quotes.get(term.symbol)
      if (!view || !quote) return view?.poll?.absent.get(term.symbol) ?? view?.error ?? 'not asked yet'
      const ageMs = Math.max(0, now - (quote.sourceTime ?? quote.receivedAt))
      const limit = MAX_AGE[view.kind]
      if (ageMs > limit)
        return `${age(ageMs)} old, limit ${age(limit)}${view.error ? ` (${view.error})` : ''}`
      return { price: quote.price, origins: [view.origin], ageMs, live: view.kind !== 'fx-daily' }
    }
  }
}

const combined = ({ price, kept }: Extract<Verdict, { ok: true }>): Priced => ({
  price,
  origins: kept.flatMap((vote) => vote.origins),
  ageMs: Math.max(...kept.map((vote) => vote.ageMs)),
  live: kept.every((vote) => vote.live),
})

const age = (ms: number): string =>
  ms < 2 * MINUTE
    ? `${Math.round(ms / 1000)} s`
    : ms < 180 * MINUTE
      ? `${Math.round(ms / MINUTE)} min`
      : `${Math.round(ms / 3_600_000)} h`

/** Exact: the shortest decimal that is this double, cut after the eighth place. 0 for what no record can hold. */
export function unitsOf(price: number): bigint {
  return price < MAX_PRICE ? priceFromDecimal(String(price)) : 0n
}

/** One line: what is lacking, then every route that did not count. */
function explain(verdict: Verdict): string {
  const reason = verdict.ok ? `no record can hold ${verdict.price} USD` : verdict.reason
  if (verdict.kept.length + verdict.rejected.length === 0) return 'no source has a route to it'
  return [reason, ...verdict.rejected.map(({ route, reason }) => `${route}: ${reason}`)].join('; ')
}
