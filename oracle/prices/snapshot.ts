/** A snapshot as a pure function of quotes, configuration, last winners, memory and a moment. */
import { median } from '../../base/index.js'
import { priceFromDecimal, priceToNumber } from '../records/index.js'
import { aggregate, isFrozen, type Verdict } from './aggregate.js'
import {
  configHashOf,
  routeTableOf,
  type AssetConfig,
  type IndexConfig,
  type Policy,
  type PriceConfig,
  type Rules,
} from './config.js'
import { ageOf, staleness } from './freshness.js'
import { beyond, factorOf, judge } from './guards.js'
import { ageText, reasonText } from './reasons.js'
import { planRoutes, type RoutePlan, type Route, type Term } from './routes.js'
import type {
  AssetPrice,
  Good,
  Leg,
  PriceMemory,
  PriceSnapshot,
  PriceStatus,
  Reason,
  Rejection,
  Remembered,
  SourceView,
  Step,
  Vote,
  WinnersView,
} from './types.js'

/** Changed whenever equal inputs give another snapshot. */
const ENGINE = 2
/** USD. A record holds 64 bits of 1e-8, which is a little more. */
const MAX_PRICE = 1e11
/** Honest sources never differ by so much. */
const FAR_OFF = 0.02
/** An older price of ours says nothing about the price now. */
const MEMORY_AGE = 24 * 3_600_000

export interface SnapshotInput {
  readonly config: PriceConfig
  /** What to price, in PegNet's codes and the order of the record. */
  readonly assets: readonly string[]
  readonly height: number
  readonly version: number
  /** ms. */
  readonly now: number
  readonly sources: readonly SourceView[]
  readonly winners: WinnersView | null
  readonly memory: PriceMemory
}

export interface SnapshotResult {
  readonly snapshot: PriceSnapshot
  /** For the next one. */
  readonly memory: PriceMemory
}

export function routePlanOf(config: PriceConfig, assets: readonly string[]): RoutePlan {
  const names = new Set(config.sources.map(({ name }) => name))
  return planRoutes(routeTableOf(config), assets, names)
}

/** Prices `input.assets`. An asset without a price has a reason; a price below 1e-8 USD is none. */
export function buildSnapshot(
  input: SnapshotInput,
  plan = routePlanOf(input.config, input.assets),
): SnapshotResult {
  const { config, assets, now } = input
  const views = new Map(input.sources.map((view) => [view.name, view]))
  const results = new Map<string, AssetPrice>()
  const values = new Map<string, Value>()
  const memory = new Map(input.memory)

  for (const name of plan.order) {
    const spec = config.assets[name] ?? config.indices[name]
    if (spec === undefined) continue
    const tools: Tools = { input, views, values, routes: plan.routes.get(name) ?? [] }
    const { result, price, remember } = settle(name, spec, tools)
    if (remember !== undefined) memory.set(name, remember)
    results.set(name, result)
    values.set(name, valueOf(result, price, spec))
  }

  const priced = (names: readonly string[]): Map<string, AssetPrice> =>
    new Map(names.map((name) => [name, results.get(name) ?? unknown(name)]))
  const all = priced(assets)
  const good = [...all.values()].filter(({ status }) => status !== 'failed')
  const failed = [...all.values()].filter(({ status }) => status === 'failed')
  const snapshot: PriceSnapshot = {
    height: input.height,
    version: input.version,
    takenAt: now,
    assets: all,
    prices: new Map(good.map(({ asset, units }) => [asset, units])),
    missing: new Map(failed.map((asset) => [asset.asset, missingText(asset)])),
    complete: failed.length === 0,
    indices: priced(plan.order.filter((name) => Object.hasOwn(config.indices, name))),
    sources: input.sources.map(({ name, ok, ageMs, trouble }) => ({
      name,
      ok,
      ageMs,
      ...(trouble === undefined ? {} : { error: reasonText(trouble) }),
    })),
    outliers: outliersOf(all),
    winners: input.winners?.height ?? null,
    configHash: configHashOf(config),
    engine: ENGINE,
  }
  return { snapshot, memory }
}

/** The assets on which each source is far off. */
function outliersOf(assets: ReadonlyMap<string, AssetPrice>): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [asset, { rejected }] of assets)
    for (const { reason, route } of rejected) {
      const source = /(?:^|\s)([a-z][a-z0-9-]*):/.exec(route)?.[1]
      const far = reason.code === 'bounds' || (reason.code === 'outlier' && reason.deviation >= FAR_OFF)
      if (!far || source === undefined) continue
      const named = found.get(source) ?? []
      if (!named.includes(asset)) found.set(source, [...named, asset])
    }
  return found
}

const unknown = (asset: string): AssetPrice => ({
  asset,
  status: 'failed',
  units: 0n,
  votes: [],
  rejected: [],
  spread: 0,
  ageMs: 0,
  deviation: null,
  note: 'nothing is configured for it',
})

/** The value of a name for the routes that use it. */
type Value =
  | ({ readonly ok: true } & Pick<ReadLeg, 'price' | 'ageMs' | 'live' | 'seenAt' | 'degraded'>)
  | { readonly ok: false }

function valueOf(result: AssetPrice, price: number, spec: AssetConfig | IndexConfig): Value {
  if (result.status === 'failed') return { ok: false }
  const [min, max] = 'band' in spec ? spec.band : [0, Infinity]
  return {
    ok: true,
    price,
    ageMs: result.ageMs,
    live: result.votes.every((vote) => vote.live),
    seenAt: Math.max(0, ...result.votes.map((vote) => vote.seenAt)),
    degraded: price < min || price > max,
  }
}

interface Tools {
  readonly input: SnapshotInput
  readonly views: ReadonlyMap<string, SourceView>
  readonly values: ReadonlyMap<string, Value>
  readonly routes: readonly Route[]
}

interface Settled {
  readonly result: AssetPrice
  /** USD, unrounded. */
  readonly price: number
  readonly remember?: Remembered
}

/** One asset or index: routes, then fewer sources, then the last good price, then the policy. */
function settle(name: string, spec: AssetConfig | IndexConfig, tools: Tools): Settled {
  const { input, routes } = tools
  const { now, winners } = input
  const asset = 'policy' in spec ? spec : undefined
  const policy = asset?.policy ?? { policy: 'fail' as const }
  const { last, step } = recalled(input.memory.get(name), now)
  const best = usd(winners?.best.get(name))
  const winnersMedian = usd(winners?.median.get(name))

  const ballot = vote(routes, spec, { ...tools, best })
  const base = { asset: name, votes: ballot.verdict.kept, rejected: ballot.rejected, deviation: null }
  const give = (
    status: PriceStatus,
    price: number,
    rest: Partial<AssetPrice> & { remember?: Remembered },
  ): Settled => {
    const { remember, ...more } = rest
    const units = status === 'failed' ? 0n : unitsOf(price)
    const lost = status !== 'failed' && units === 0n
    const deviation = winnersMedian === undefined || units === 0n ? null : price / winnersMedian - 1
    const result: AssetPrice = {
      ...base,
      status: lost ? 'failed' : status,
      units,
      spread: 0,
      ageMs: Math.max(0, ...base.votes.map((each) => each.ageMs)),
      ...more,
      deviation,
      ...(lost ? { note: `no record can hold ${price} USD` } : {}),
    }
    return { result, price, ...(remember === undefined ? {} : { remember }) }
  }
  // An index is never held: an old price of a stablecoin would make every price that uses it wrong at once.
  const hold = (note: string): Settled =>
    asset !== undefined && last !== undefined && now - last.at <= spec.rules.holdFor
      ? give('held', last.price, {
          note: `${note}; held since ${ageText(now - last.at)}`,
          ageMs: now - last.at,
        })
      : resort(note)
  const resort = (note: string): Settled => {
    const made = applyPolicy(policy, { name, now, winners, derived: ballot.derived })
    if (typeof made !== 'string')
      return give('policy', made.price, { policy: made.text, note: routes.length > 0 ? note : undefined })
    const why = routes.length > 0 || policy.policy === 'fail' ? note : made
    return give('failed', 0, {
      note: routes.length > 0 && policy.policy !== 'fail' ? `${why}; ${made}` : why,
    })
  }

  if (policy.policy === 'fixed') return resort('')
  const { verdict, single } = ballot
  if (!verdict.ok) return hold(verdict.reason)
  const elsewhere = asset === undefined ? implied(ballot.rejected) : undefined
  if (elsewhere !== undefined && Math.abs(elsewhere / verdict.price - 1) > FAR_OFF)
    return hold(`stands at ${verdict.price}, but what it buys elsewhere makes it ${elsewhere}`)
  const seenAt = Math.max(...verdict.kept.map((each) => each.seenAt))
  const { price } = verdict
  const judged = judge(
    { price, votes: verdict.kept.length, seenAt },
    { last, step, best, median: winnersMedian },
    {
      ...{ rules: spec.rules, possible: ballot.possible, now, winners: input.config.winners },
      maxFactor: asset?.maxFactor ?? null,
    },
  )
  const { note, remember } = judged
  switch (judged.action) {
    case 'accept':
      return give(single ? 'thin' : 'ok', price, {
        ...(note === undefined ? {} : { note }),
        spread: verdict.spread,
        remember,
      })
    case 'hold': {
      const held = hold(judged.note)
      const why = foreign(price, best, asset?.maxFactor ?? null)
      const result = judged.foreign && why !== undefined ? unheard(held.result, why) : held.result
      return { ...held, result, remember }
    }
    case 'skip':
      return give('failed', 0, { note: judged.note, remember })
    case 'adopt':
      return give('policy', winnersMedian ?? 0, {
        policy: 'the last winners’ median',
        note: judged.note,
        remember,
      })
  }
}

/** Why votes do not count: there are too few of them. */
const unheard = (result: AssetPrice, reason: Reason): AssetPrice => ({
  ...result,
  votes: [],
  rejected: [...result.votes.map(({ route, price }) => ({ route, reason, price })), ...result.rejected],
})

/** The part of a memory that is young enough: yesterday's price says nothing about the price now. */
function recalled(
  memory: Remembered | undefined,
  now: number,
): { readonly last: Good | undefined; readonly step: Step | undefined } {
  const { price, at, step } = memory ?? {}
  return {
    last: price !== undefined && now - at <= MEMORY_AGE ? { price, at } : undefined,
    step: step !== undefined && now - step.at <= MEMORY_AGE ? step : undefined,
  }
}

const usd = (units: bigint | undefined): number | undefined =>
  units === undefined || units === 0n ? undefined : priceToNumber(units)

/**
 * What an index is worth by routes whose venues have voted otherwise already (a Bitcoin in dollars by one in Tether):
 * where they differ from the votes, quotes are from before and after a jump. Undefined if there are few.
 */
function implied(rejected: readonly Rejection[]): number | undefined {
  const said = rejected.flatMap(({ reason, price }) =>
    reason.code === 'repeated' && price !== undefined ? [price] : [],
  )
  return said.length >= 3 ? median(said) : undefined
}

interface Ballot {
  readonly verdict: Verdict
  readonly rejected: readonly Rejection[]
  /** One source alone decided, as the configuration allows. */
  readonly single: boolean
  /** Independent opinions that the routes could give if all their sources answered. */
  readonly possible: number
  /** The price by a derived price's own route. */
  readonly derived: Vote | Reason | undefined
}

interface VoteTools extends Tools {
  /** What the best of the last winners said, USD. */
  readonly best: number | undefined
}

function vote(routes: readonly Route[], spec: AssetConfig | IndexConfig, tools: VoteTools): Ballot {
  const asset = 'policy' in spec ? spec : undefined
  const derives = asset?.policy.policy === 'derive' ? asset.policy.route : undefined
  const votes: Vote[] = []
  const unavailable: Rejection[] = []
  let derived: Vote | Reason | undefined
  for (const route of routes) {
    const outcome = evaluate(route, spec.rules, tools)
    const failure = 'code' in outcome ? outcome : outOfBounds(outcome, spec)
    if (route.text === derives?.trim().split(/\s+/).join(' ') && route === routes.at(-1)) {
      derived = failure ?? outcome
      continue
    }
    if (failure === undefined) votes.push(outcome as Vote)
    else
      unavailable.push({
        route: route.text,
        reason: failure,
        ...('code' in outcome ? {} : { price: outcome.price }),
      })
  }
  const origins = new Set(
    routes.flatMap((route) =>
      route.factors.flatMap(({ term }) =>
        term.type === 'quote' ? [tools.views.get(term.source)?.origin ?? term.source] : [],
      ),
    ),
  )
  const chosen = choose(votes, spec, tools.best)
  const rejected = [...unavailable, ...chosen.verdict.rejected]
  return { ...chosen, rejected, possible: origins.size, derived }
}

/**
 * Where venues trade two coins of one name, those near the last winners trade ours, if they suffice. If they do not,
 * all decide, and `judge` asks for more of them than usual. One source alone comes last, where that is allowed.
 */
function choose(
  votes: readonly Vote[],
  spec: AssetConfig | IndexConfig,
  best: number | undefined,
): Pick<Ballot, 'verdict' | 'single'> {
  const asset = 'policy' in spec ? spec : undefined
  const limit = asset?.maxFactor ?? null
  const decide = (minSources: number): Verdict => {
    const rules = { ...spec.rules, minSources }
    // A market without trades would stay near the winners for ever.
    const alive = votes.filter((vote) => !isFrozen(vote, votes, minSources))
    const near = alive.filter(({ price }) => !beyond(price, best, limit))
    const ours = aggregate(near, rules)
    if (near.length === votes.length || !ours.ok) return aggregate(votes, rules)
    const others = votes
      .filter((vote) => !near.includes(vote))
      .map(({ route, price, polls }): Rejection => ({
        route,
        price,
        reason: foreign(price, best, limit) ?? { code: 'frozen', polls },
      }))
    return { ...ours, rejected: [...others, ...ours.rejected] }
  }
  const usual = decide(spec.rules.minSources)
  if (usual.ok || asset?.allowSingle !== true || votes.length === 0) return { verdict: usual, single: false }
  const relaxed = decide(1)
  return relaxed.ok ? { verdict: relaxed, single: true } : { verdict: usual, single: false }
}

/** Why a quote may be for another coin of this name. */
const foreign = (price: number, best: number | undefined, limit: number | null): Reason | undefined =>
  best !== undefined && limit !== null && beyond(price, best, limit)
    ? { code: 'winners', factor: factorOf(price, best), limit }
    : undefined

/** Why a vote cannot be for this asset at all. */
function outOfBounds({ price }: Vote, spec: AssetConfig | IndexConfig): Reason | undefined {
  if (!('bounds' in spec)) return undefined
  const [min, max] = spec.bounds
  return price >= min && price <= max ? undefined : { code: 'bounds', price, min, max }
}

/** A route's vote, or the first reason why it has none. */
function evaluate(route: Route, rules: Rules, { input, views, values }: Tools): Vote | Reason {
  let price = 1
  let ageMs = 0
  let seenAt = 0
  let live = true
  let polls = Infinity
  let degraded: Vote['degraded']
  const origins = new Set<string>()
  const legs: Leg[] = []
  for (const { invert, term } of route.factors) {
    const leg = legOf(term, rules, input.now, views, values)
    if ('code' in leg) return leg
    price = invert ? price / leg.price : price * leg.price
    ageMs = Math.max(ageMs, leg.ageMs)
    seenAt = Math.max(seenAt, leg.seenAt)
    live &&= leg.live
    polls = Math.min(polls, leg.polls)
    if (leg.degraded && term.type === 'name')
      degraded = { code: 'degraded', leg: term.name, price: leg.price }
    if (leg.origin !== undefined) origins.add(leg.origin)
    if (leg.shown !== undefined) legs.push(leg.shown)
  }
  return {
    route: route.text,
    origins: [...origins],
    price,
    ageMs,
    seenAt,
    live,
    legs,
    polls: Number.isFinite(polls) ? polls : 0,
    ...(degraded === undefined ? {} : { degraded }),
  }
}

interface ReadLeg {
  readonly price: number
  readonly ageMs: number
  readonly seenAt: number
  readonly live: boolean
  readonly polls: number
  readonly degraded: boolean
  /** Names have no origin: an index is an aggregate of its own, and two venues that use it are two opinions. */
  readonly origin?: string
  readonly shown?: Leg
}

function legOf(
  term: Term,
  rules: Rules,
  now: number,
  views: ReadonlyMap<string, SourceView>,
  values: ReadonlyMap<string, Value>,
): ReadLeg | Reason {
  switch (term.type) {
    case 'number':
      return { price: term.value, ageMs: 0, seenAt: 0, live: true, polls: Infinity, degraded: false }
    case 'name': {
      const value = values.get(term.name)
      if (value?.ok !== true) return { code: 'leg-unavailable', leg: term.name }
      const { price, ageMs } = value
      return { ...value, polls: Infinity, shown: { quote: term.name, price, ageMs } }
    }
    case 'quote': {
      const view = views.get(term.source)
      const quote = view?.quotes.get(term.symbol)
      if (view === undefined || quote === undefined)
        return (
          view?.absent.get(term.symbol) ?? view?.trouble ?? { code: 'not-asked', detail: 'not asked yet' }
        )
      const stale = staleness(quote, view.kind, rules, now)
      if (stale) return view.trouble ?? stale
      if (quote.spread !== undefined && quote.spread > rules.maxSpread)
        return { code: 'spread', spread: quote.spread, limit: rules.maxSpread }
      const ageMs = ageOf(quote, now)
      return {
        price: quote.price,
        ageMs,
        seenAt: quote.receivedAt,
        live: view.kind !== 'fx-daily',
        polls: view.kind === 'spot' ? (quote.polls ?? 1) : Infinity,
        degraded: false,
        origin: view.origin,
        shown: { quote: `${term.source}:${term.symbol}`, price: quote.price, ageMs, rule: quote.rule },
      }
    }
  }
}

interface PolicyFacts {
  readonly name: string
  readonly now: number
  readonly winners: WinnersView | null
  readonly derived: Vote | Reason | undefined
}

/** A price that no market gave, and what it went by; or why there is none. */
function applyPolicy(
  policy: Policy,
  { name, now, winners, derived }: PolicyFacts,
): { price: number; text: string } | string {
  switch (policy.policy) {
    case 'fixed':
      return { price: policy.value, text: 'fixed' }
    case 'manual':
      return policy.until === null || now < policy.until
        ? { price: policy.value, text: `manual${untilText(policy.until)}` }
        : `its manual value has expired: give assets.${name} a new value and until`
    case 'derive':
      if (derived === undefined) return `its source is not there: ${policy.route}`
      return 'code' in derived
        ? `${policy.route}: ${reasonText(derived)}`
        : { price: derived.price, text: `derived: ${derived.route}` }
    case 'chain': {
      const units = winners?.best.get(name)
      if (units !== undefined && units > 0n)
        return { price: priceToNumber(units), text: `chain: the best record of block ${winners?.height}` }
      const { seed } = policy
      if (seed !== undefined && (seed.until === null || now < seed.until))
        return { price: seed.value, text: `chain: no winners yet, seed${untilText(seed.until)}` }
      return `no market trades it and there are no last winners to take it from: give assets.${name}.seed = { value: USD, until: DATE }`
    }
    case 'fail':
      return `no market gives it a price: give assets.${name}.policy`
  }
}

const untilText = (until: number | null): string =>
  until === null ? '' : ` until ${new Date(until).toISOString().slice(0, 10)}`

/** Exact: the shortest decimal that is this double, cut after the eighth place. 0 for what no record can hold. */
export function unitsOf(price: number): bigint {
  return price < MAX_PRICE ? priceFromDecimal(String(price)) : 0n
}

/** One line: what is lacking, then every route that did not count. */
function missingText({ note = 'no price', votes, rejected }: AssetPrice): string {
  const counted = votes.map(({ route, price }) => `${route}: ${price}`)
  return [note, ...counted, ...rejected.map(({ route, reason }) => `${route}: ${reasonText(reason)}`)].join(
    '; ',
  )
}
