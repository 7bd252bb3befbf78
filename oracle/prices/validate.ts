/**
 * A raw section (from a file or a table in code) → a configuration, or everything that is wrong with it at once, each
 * with the place and what to do. Single values are read by their shape (`shape.ts`); here is what they must be
 * together. Pure: keys of sources are looked up through the context.
 */
import { PRICED_ASSETS } from '../../pegnet/index.js'
import { isMapping, messageOf } from '../../base/index.js'
import { meant, NO_SECTION, readShape, shown, wrongValue, type SectionProblem } from '../../config/index.js'
import { BASE_BAND, BASE_RULES, DEFAULT_PRICES, type RawPrices } from './defaults.js'
import {
  routeTableOf,
  type AssetConfig,
  type IndexConfig,
  type KeyPlace,
  type Policy,
  type PriceConfig,
  type Rules,
  type SourceConfig,
} from './config.js'
import { exchangeUrls } from './exchanges.js'
import { ageLimit } from './freshness.js'
import { HTTP_PRESETS, presetOf, type PresetName } from './http-presets.js'
import { parseRoute, planRoutes, symbolsOf, type Route } from './routes.js'
import {
  PRICES,
  usd,
  type RawAsset,
  type RawClass,
  type RawHttpSource,
  type RawIndex,
  type RawSource,
} from './shape.js'

/** One mistake. `path` leads to it through the section. */
export type PriceProblem = SectionProblem

export interface PriceContext {
  /** The secret at a place, or undefined if there is none. */
  readonly keyAt: (place: { readonly env: string } | { readonly file: string }) => string | undefined
  /** Whether ccxt has an exchange of this id. */
  readonly hasExchange: (id: string) => boolean
  readonly now: number
  /** Applied between the defaults and the user's section. */
  readonly overlay?: RawPrices
}

/** What a price feed is made from. */
export interface PriceSettings {
  readonly config: PriceConfig
  /** Secrets by source; never part of the configuration. */
  readonly keys: ReadonlyMap<string, string>
  readonly warnings: readonly PriceProblem[]
  /** What was left out where prices are asked, one sentence each. */
  readonly notices?: readonly string[]
}

export type PriceReading =
  | { readonly ok: true; readonly value: PriceSettings }
  | { readonly ok: false; readonly problems: readonly PriceProblem[] }

const MINUTE = 60_000
const MONTH = 31 * 24 * 60 * MINUTE

/** Exchanges' codes where they differ from PegNet's, and tokens that stand for the thing itself. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  XBT: ['BTC'],
  XBC: ['BCH'],
  EOS: ['A', 'EOS'],
  XAU: ['XAU', 'PAXG', 'XAUT'],
}
export const aliasesOf = (asset: string): readonly string[] => ALIASES[asset] ?? [asset]

type Fields = Readonly<Record<string, unknown>>

/** How deep sections lie over each other: that of prices, its parts, the things in them by name. */
const LAYERS = 3

/** Sections are merged field by field; the value of a field is replaced as a whole, unless the new one is absent. */
function overlaid(
  below: unknown,
  above: unknown,
  problems: PriceProblem[],
  path: readonly string[] = [],
): unknown {
  if (above === undefined || above === null) return below ?? above
  if (path.length === LAYERS || !isMapping(below)) return above
  if (!isMapping(above)) {
    problems.push({ path, message: NO_SECTION })
    return below
  }
  const over = Object.keys(above).map((key) => [
    key,
    overlaid(below[key], above[key], problems, [...path, key]),
  ])
  return { ...below, ...(Object.fromEntries(over) as Fields) }
}

/** Reads the `prices` section; undefined or null stands for an empty one. */
export function readPrices(raw: unknown, context: PriceContext): PriceReading {
  const problems: PriceProblem[] = []
  const merged = [context.overlay, raw].reduce<unknown>(
    (below, above) => overlaid(below, above, problems),
    DEFAULT_PRICES,
  )
  const { value: section, problems: wrong } = readShape(PRICES, merged)
  if (section === undefined) return { ok: false, problems: [...problems, ...wrong] }
  const given = fieldsOf(raw)
  const isWrong = (part: string, name: string): boolean =>
    wrong.some(({ path }) => path[0] === part && path[1] === name)

  const warnings: PriceProblem[] = []
  const keys = new Map<string, string>()
  const declared = fieldsOf((merged as Fields)['sources'])
  // A source that cannot be read still counts as present, so that routes over it are not reported, too.
  const names = new Set(Object.keys(declared).filter((name) => isWrong('sources', name)))
  const sources = Object.entries(section.sources).flatMap(([name, source]) => {
    const before = problems.length
    const found = readSource(name, source, { context, keys, warnings, problems })
    if (found.length > 0 || problems.length > before) names.add(name)
    return found
  })
  const classes = readClasses(section.defaults, problems)
  const assets: Record<string, AssetConfig> = {}
  const broken = new Set<string>()
  for (const [asset, own] of Object.entries(section.assets)) {
    const path = ['assets', asset]
    if (!PRICED_ASSETS.includes(asset)) {
      problems.push({ path, message: `PegNet has no asset ${shown(asset)}${meant(asset, PRICED_ASSETS)}` })
      continue
    }
    const before = problems.length
    assets[asset] = readAsset(own, { problems, path, classes, now: context.now })
    if (problems.length > before || isWrong('assets', asset)) broken.add(asset)
  }
  const indices: Record<string, IndexConfig> = {}
  for (const [name, own] of Object.entries(section.indices)) {
    const path = ['indices', name]
    if (/^[A-Z][A-Z0-9]*\/[A-Z0-9]+$/.test(name)) indices[name] = readIndex(own, { problems, path, classes })
    else
      problems.push({
        path,
        message: `an index is called like a market, such as USDT/USD, not ${shown(name)}`,
      })
  }
  const { snapshot, winners } = section
  const config: PriceConfig = { snapshot, sources, indices, assets, winners }
  checkRoutes(config, {
    ...{ given, names, broken, problems },
    declared: new Set(Object.keys(declared)),
    originOf: originOf(declared),
  })
  checkAges(config, given, problems)
  const all = [...wrong, ...problems]
  return all.length > 0 ? { ok: false, problems: all } : { ok: true, value: { config, keys, warnings } }
}

const fieldsOf = (raw: unknown): Fields => (isMapping(raw) ? raw : {})

interface SourceTools {
  readonly context: PriceContext
  readonly keys: Map<string, string>
  readonly warnings: PriceProblem[]
  readonly problems: PriceProblem[]
}

/** Reads a source; none if it is switched off, lacks an optional key, or cannot be read. */
function readSource(name: string, source: RawSource, tools: SourceTools): SourceConfig[] {
  const { problems, context } = tools
  const path = ['sources', name]
  const before = problems.length
  const at = (key: string | undefined, message: string): void =>
    void problems.push({ path: key === undefined ? path : [...path, key], message })
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    at(undefined, `a source is called by small letters, digits and dashes, not ${shown(name)}`)
  const { url, deadline: deadlineMs, enabled } = source
  const common = { name, ...(url === undefined ? {} : { url }), deadlineMs }
  if (source.type === 'http') return readHttp(source, common, tools)
  const { exchange = name, interval: intervalMs = MINUTE, rateLimit, maxPerMonth } = source
  if (!context.hasExchange(exchange))
    at(
      source.exchange === undefined ? undefined : 'exchange',
      `ccxt has no exchange called ${shown(exchange)}; take one of its ids, such as kraken or binance`,
    )
  if (url !== undefined && exchangeUrls(exchange, url) === undefined)
    at('url', `how to reach ${exchange} at another URL is not known; leave it out`)
  if (!enabled || problems.length > before) return []
  const limits = {
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(maxPerMonth === undefined ? {} : { maxPerMonth }),
  }
  const { type } = source
  return [{ type, exchange, ...common, intervalMs, freshMs: Math.min(intervalMs, 15_000), ...limits }]
}

type Common = Pick<SourceConfig, 'name' | 'url' | 'deadlineMs'>

function readHttp(source: RawHttpSource, common: Common, tools: SourceTools): SourceConfig[] {
  const { type, preset, key, enabled } = source
  const known = presetOf(preset)
  const { interval: intervalMs = known.intervalMs, maxPerMonth = known.maxPerMonth } = source
  if (!enabled) return []
  if (known.needsKey && !readKey(source, common.name, tools)) return []
  const live = known.kind === 'fx-live' || known.kind === 'metal' || known.kind === 'spot'
  return [
    {
      type,
      preset,
      ...common,
      intervalMs,
      freshMs: live ? Math.min(intervalMs, MINUTE) : intervalMs,
      ...(maxPerMonth === undefined ? {} : { maxPerMonth }),
      ...(known.needsKey && key !== undefined ? { key: key.place } : {}),
    },
  ]
}

/** Whether the key of a source is at hand; if it must be and is not, that is a problem. */
function readKey({ preset, key, optional }: RawHttpSource, name: string, tools: SourceTools): boolean {
  const { context, keys, warnings, problems } = tools
  const path = ['sources', name, 'key']
  const secret = key === undefined || 'inline' in key.place ? key?.secret : context.keyAt(key.place)
  if (secret !== undefined && secret !== '') {
    keys.set(name, secret)
    if (key !== undefined && 'inline' in key.place)
      warnings.push({
        path,
        message: `the key of ${name} stands in the file in clear text; better write key: { env: NAME } or key: { file: PATH }`,
      })
    return true
  }
  if (!optional)
    problems.push({
      path,
      message: `${preset} answers only with a key: ${whereKey(name, key?.place)}; or write optional: true`,
    })
  return false
}

function whereKey(name: string, place: KeyPlace | undefined): string {
  if (place === undefined || 'inline' in place)
    return `give one, for example key: { env: ${name.toUpperCase().replaceAll('-', '_')}_KEY }`
  return 'env' in place
    ? `the environment variable ${place.env} is not set`
    : `the file ${shown(place.file)} cannot be read`
}

/** How many requests a poll takes: some publishers are asked for one symbol at a time, exchanges for all at once. */
const requestsOf = (source: SourceConfig, symbols: readonly string[]): number =>
  source.type === 'http' ? presetOf(source.preset).paths(symbols, '').length : 1

/** `requests`: of one poll. */
function checkQuota({ name, intervalMs, maxPerMonth }: SourceConfig, requests: number): string | undefined {
  const calls = Math.ceil(MONTH / intervalMs) * requests
  if (maxPerMonth === undefined || calls <= maxPerMonth) return undefined
  const least = Math.ceil((MONTH * requests) / maxPerMonth / MINUTE)
  return `asks ${calls} times a month, ${name} allows ${maxPerMonth}; make it at least ${least}m`
}

/** Reads the classes: each has its own keys over those of the class that it extends. */
function readClasses(
  sections: Readonly<Record<string, RawClass>>,
  problems: PriceProblem[],
): Map<string, Rules> {
  const classes = new Map<string, Rules>()
  const resolveClass = (name: string, chain: readonly string[]): Rules => {
    const known = classes.get(name)
    if (known !== undefined) return known
    const own = sections[name] ?? {}
    const parent = own.extends
    const circle = parent !== undefined && [...chain, name].includes(parent)
    const missing = parent !== undefined && !Object.hasOwn(sections, parent)
    if (circle || missing)
      problems.push({
        path: ['defaults', name, 'extends'],
        message: circle
          ? `classes extend each other in a circle: ${[...chain, name, parent].join(' → ')}`
          : `there is no class ${shown(parent)} to extend`,
      })
    const base =
      circle || missing || parent === undefined ? BASE_RULES : resolveClass(parent, [...chain, name])
    const rules = rulesOf(own, base)
    classes.set(name, rules)
    return rules
  }
  for (const name of Object.keys(sections)) resolveClass(name, [])
  return classes
}

/** Rules of a section; keys that it leaves out are as in `base`. */
function rulesOf(own: RawClass, base: Rules): Rules {
  const { maxAge = base.maxAge } = own
  // A class with an age of its own means it for every quote, unless it says more.
  const ages = own.maxAge === undefined ? base : { liveMaxAge: maxAge, weekendMaxAge: maxAge }
  return {
    minSources: own.minSources ?? base.minSources,
    madK: own.madK ?? base.madK,
    floor: own.floor ?? base.floor,
    cap: own.cap ?? base.cap,
    maxDisagreement: own.maxDisagreement ?? base.maxDisagreement,
    maxAge,
    liveMaxAge: own.liveMaxAge ?? ages.liveMaxAge,
    weekendMaxAge: own.weekendMaxAge ?? ages.weekendMaxAge,
    hours: own.hours ?? base.hours,
    maxSpread: own.maxSpread ?? base.maxSpread,
    maxStep: own.maxStep ?? base.maxStep,
    holdFor: own.holdFor ?? base.holdFor,
  }
}

interface SectionTools {
  readonly problems: PriceProblem[]
  readonly path: readonly string[]
  readonly classes: ReadonlyMap<string, Rules>
}

/** The rules of the class that a section names, with its own in place of the class's. */
function rulesFor(own: RawAsset | RawIndex, { problems, path, classes }: SectionTools): Rules {
  const base = classes.get(own.class)
  if (base === undefined)
    problems.push({
      path: [...path, 'class'],
      message: `there is no class ${shown(own.class)}${meant(own.class, [...classes.keys()])} (classes stand under defaults)`,
    })
  return rulesOf(own, base ?? BASE_RULES)
}

function readAsset(own: RawAsset, tools: SectionTools & { readonly now: number }): AssetConfig {
  return {
    class: own.class,
    rules: rulesFor(own, tools),
    routes: own.routes ?? [],
    allowSingle: own.allowSingle,
    bounds: own.bounds ?? [1e-8, 1e11],
    maxFactor: own.maxFactor ?? null,
    policy: readPolicy(own, tools),
  }
}

function readPolicy(
  own: RawAsset,
  { path, problems, now }: { path: readonly string[]; problems: PriceProblem[]; now: number },
): Policy {
  const { policy, seed, route = '' } = own
  const wrong = (keys: readonly string[], message: string): void =>
    void problems.push({ path: [...path, ...keys], message })
  const valueOf = ({ value }: { value?: number }): number => {
    if (value === undefined) wrong(['value'], wrongValue(usd, undefined))
    return value ?? 1
  }
  const untilOf = ({ until }: { until?: number }, keys: readonly string[]): number | null => {
    if (until !== undefined && until <= now)
      wrong(
        [...keys, 'until'],
        'lies in the past, so the value is not used any more: give a new value and date',
      )
    return until ?? null
  }
  switch (policy) {
    case 'fixed':
      return { policy, value: valueOf(own) }
    case 'manual':
      return { policy, value: valueOf(own), until: untilOf(own, []) }
    case 'derive':
      if (route === '') wrong(['route'], 'say what it derives from, such as "5 * gate:ACME/USDT * USDT/USD"')
      return { policy, route }
    case 'chain':
      if (seed === undefined) return { policy }
      return { policy, seed: { value: seed.value, until: untilOf(seed, ['seed']) } }
    case 'fail':
      return { policy }
  }
}

function readIndex(own: RawIndex, tools: SectionTools): IndexConfig {
  return { rules: rulesFor(own, tools), routes: own.routes ?? [], band: own.band ?? BASE_BAND }
}

/** Independence keys by source, of those too that are switched off or lack a key: they are a matter of the moment. */
function originOf(sections: Fields): (source: string) => string {
  return (source) => {
    const { preset, exchange } = fieldsOf(sections[source])
    if (typeof preset === 'string' && Object.hasOwn(HTTP_PRESETS, preset))
      return presetOf(preset as PresetName).origin
    return typeof exchange === 'string' ? exchange : source
  }
}

interface RouteTools {
  readonly given: Fields
  readonly names: ReadonlySet<string>
  readonly declared: ReadonlySet<string>
  /** Assets that are reported already. */
  readonly broken: ReadonlySet<string>
  readonly problems: PriceProblem[]
  readonly originOf: (source: string) => string
}

function checkRoutes(config: PriceConfig, tools: RouteTools): void {
  const { names, declared, broken, problems } = tools
  const table = routeTableOf(config)
  for (const [name, routes] of Object.entries(table)) {
    const index = Object.hasOwn(config.indices, name)
    const base = [index ? 'indices' : 'assets', name]
    const parsed: Route[] = []
    const before = problems.length
    routes.forEach((text, place) => {
      const derived = config.assets[name]?.policy
      const path =
        !index && derived?.policy === 'derive' && place === routes.length - 1
          ? [...base, 'route']
          : [...base, 'routes', place]
      let route: Route
      try {
        route = parseRoute(text)
      } catch (error) {
        return void problems.push({ path, message: messageOf(error) })
      }
      if (parsed.some((other) => other.text === route.text))
        return void problems.push({
          path,
          message: `${shown(route.text)} is there twice: leave one of them out`,
        })
      parsed.push(route)
      const message = routeProblem(name, route, {
        declared,
        table,
        checkSymbol: path.includes('routes') && !index,
      })
      if (message !== undefined) problems.push({ path, message })
    })
    if (!index && problems.length === before && !broken.has(name))
      checkAsset(name, config, { ...tools, parsed })
  }
  const { circles, symbols } = planRoutes(table, Object.keys(table), names)
  for (const source of config.sources) {
    const message = checkQuota(source, requestsOf(source, symbols.get(source.name) ?? []))
    if (message !== undefined) problems.push({ path: ['sources', source.name, 'interval'], message })
  }
  const seen = new Set<string>()
  for (const { path, message } of circles) {
    if (seen.has(message)) continue
    seen.add(message)
    problems.push({
      path: [Object.hasOwn(config.indices, path) ? 'indices' : 'assets', path, 'routes'],
      message,
    })
  }
}

interface RouteFacts {
  readonly declared: ReadonlySet<string>
  readonly table: Readonly<Record<string, readonly string[]>>
  readonly checkSymbol: boolean
}

/** What is wrong with one route of an asset or index. */
function routeProblem(
  name: string,
  route: Route,
  { declared, table, checkSymbol }: RouteFacts,
): string | undefined {
  for (const { term } of route.factors) {
    if (term.type === 'quote' && !declared.has(term.source)) {
      const hint = meant(term.source, [...declared])
      return `there is no source ${shown(term.source)}${hint} (sources stand under sources)`
    }
    if (term.type === 'name' && !Object.hasOwn(table, term.name))
      return `nothing is called ${shown(term.name)}: write an asset, an index such as USDT/USD, or source:SYMBOL`
    if (term.type === 'quote' && /(^|\/)XBC($|\/)/.test(term.symbol))
      return 'XBC is Bitcoin Plus on exchanges: Bitcoin Cash is BCH there'
  }
  const symbols = symbolsOf(route)
  if (!checkSymbol || symbols.length === 0) return undefined
  const aliases = aliasesOf(name)
  const fits = symbols.some((symbol) => symbol.split('/').some((part) => aliases.includes(part)))
  return fits ? undefined : `asks for none of ${aliases.join(', ')}, which is what exchanges call ${name}`
}

/** Whether an asset can be priced at all: by enough independent sources, or by a policy. */
function checkAsset(
  asset: string,
  config: PriceConfig,
  { given, originOf, problems, names, parsed }: RouteTools & { readonly parsed: readonly Route[] },
): void {
  const { policy, routes, rules, allowSingle } = config.assets[asset] ?? {}
  if (routes === undefined || rules === undefined || policy === undefined) return
  const path = ['assets', asset]
  if (routes.length === 0) {
    if (policy.policy === 'fail')
      problems.push({
        path,
        message: `${asset} has neither routes nor a policy: give routes, or policy: chain`,
      })
    return
  }
  if (policy.policy === 'fixed') return
  // The sources of one route are one opinion, however many they are: venues that only convert add none.
  const opinions = (usable: (source: string) => boolean): number =>
    new Set(
      parsed
        .filter(({ factors }) => factors.every(({ term }) => term.type !== 'quote' || usable(term.source)))
        .map(({ factors }) =>
          factors
            .flatMap(({ term }) => (term.type === 'quote' ? [originOf(term.source)] : []))
            .sort()
            .join('+'),
        ),
    ).size
  const needed = allowSingle ? 1 : rules.minSources
  const here = opinions((source) => names.has(source))
  if (here >= needed || parsed.length < routes.length) return
  const own = fieldsOf(fieldsOf(given['assets'])[asset])
  const lost = opinions(() => true) >= needed
  problems.push({
    path: own['routes'] === undefined ? path : [...path, 'routes'],
    message: lost
      ? `${asset} needs ${needed} independent sources, has ${here} of those that are switched on: switch more on, or add routes`
      : `${asset} needs ${needed} independent sources, its routes name ${here}: add routes`,
  })
}

/** A quote that is too old before it is asked for again would never count. */
function checkAges(config: PriceConfig, given: Fields, problems: PriceProblem[]): void {
  const reported = new Set<string>()
  for (const [name, { routes, rules }] of Object.entries({ ...config.indices, ...config.assets })) {
    for (const source of config.sources) {
      const kind = source.type === 'http' ? presetOf(source.preset).kind : 'spot'
      const limit = ageLimit(kind, rules)
      if (source.intervalMs <= limit || !routes.some((route) => ` ${route}`.includes(` ${source.name}:`)))
        continue
      const className = config.assets[name]?.class ?? 'stable'
      if (reported.has(source.name)) continue
      reported.add(source.name)
      const chosen = fieldsOf(fieldsOf(given['sources'])[source.name])['interval'] !== undefined
      const part = config.assets[name] === undefined ? 'indices' : 'assets'
      const own = fieldsOf(fieldsOf(given[part])[name])['maxAge'] !== undefined
      problems.push({
        path: chosen
          ? ['sources', source.name, 'interval']
          : [...(own ? [part, name] : ['defaults', className]), 'maxAge'],
        message: `${source.name} is asked every ${source.intervalMs / 1000} s, but its prices of ${name} are too old after ${limit / 1000} s: shorten interval or lengthen maxAge`,
      })
    }
  }
}
