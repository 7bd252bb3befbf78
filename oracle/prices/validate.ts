/**
 * A raw section (from a file or a table in code) → a configuration, or everything that is wrong with it at once, each
 * with the place and what to do. Pure: keys of sources are looked up through the context.
 */
import { messageOf } from '../../base/index.js'
import { nearest, shown } from '../../config/index.js'
import { ASSETS } from '../records/index.js'
import {
  BASE_BAND,
  BASE_FACTOR,
  BASE_RULES,
  BASE_SNAPSHOT,
  BASE_WINNERS,
  DEFAULT_PRICES,
  type RawPrices,
} from './defaults.js'
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
  fields,
  mergeSections,
  reader,
  type Fields,
  type PriceProblem,
  type Reader,
} from './validate-values.js'

export type { PriceProblem } from './validate-values.js'

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

const SECTIONS = ['snapshot', 'sources', 'indices', 'defaults', 'assets', 'winners']
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

/** Reads the `prices` section; undefined or null stands for an empty one. */
export function readPrices(raw: unknown, context: PriceContext): PriceReading {
  const problems: PriceProblem[] = []
  const warnings: PriceProblem[] = []
  const keys = new Map<string, string>()
  const read = reader(problems)

  const own = raw === undefined || raw === null ? {} : raw
  const given = fields(own)
  if (given === undefined)
    return {
      ok: false,
      problems: [{ path: [], message: 'must be a section with keys such as sources and assets' }],
    }
  read.keys(given, [], SECTIONS)
  const merged = mergeSections([DEFAULT_PRICES, context.overlay ?? {}, given], read)

  const names = new Set<string>()
  const sources = Object.entries(merged.sources).flatMap(([name, source]) => {
    const before = problems.length
    const found = readSource(name, source, { read, context, keys, warnings })
    // One that cannot be read is there all the same: its absence is not another problem.
    if (found.length > 0 || problems.length > before) names.add(name)
    return found
  })
  const declared = new Set(Object.keys(merged.sources))
  const classes = readClasses(merged.defaults, read)
  const assets: Record<string, AssetConfig> = {}
  const broken = new Set<string>()
  for (const [asset, section] of Object.entries(merged.assets)) {
    const path = ['assets', asset]
    if (!KNOWN_ASSETS.includes(asset)) {
      const near = nearest(asset, KNOWN_ASSETS)
      problems.push({
        path,
        message: `PegNet has no asset ${shown(asset)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      })
    } else {
      const before = problems.length
      assets[asset] = readAsset(section, { read, path, classes, context })
      if (problems.length > before) broken.add(asset)
    }
  }
  const indices: Record<string, IndexConfig> = {}
  for (const [name, section] of Object.entries(merged.indices)) {
    const path = ['indices', name]
    if (!/^[A-Z][A-Z0-9]*\/[A-Z0-9]+$/.test(name))
      problems.push({
        path,
        message: `an index is called like a market, such as USDT/USD, not ${shown(name)}`,
      })
    else indices[name] = readIndex(section, { read, path, classes })
  }
  const config: PriceConfig = {
    snapshot: readSnapshot(merged.snapshot, read),
    sources,
    indices,
    assets,
    winners: readWinners(merged.winners, read),
  }
  checkRoutes(config, { given, names, declared, broken, problems, originOf: originOf(merged.sources) })
  checkAges(config, given, problems)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { config, keys, warnings } }
}

const KNOWN_ASSETS = [...new Set([...ASSETS[5], ...ASSETS[4], ...ASSETS[2]])]

interface SourceTools {
  readonly read: Reader
  readonly context: PriceContext
  readonly keys: Map<string, string>
  readonly warnings: PriceProblem[]
}

const SOURCE_KEYS = ['type', 'enabled', 'optional', 'url', 'interval', 'deadline', 'maxPerMonth']
const TYPE_KEYS: Readonly<Record<string, readonly string[]>> = {
  ccxt: ['exchange', 'rateLimit', 'markets'],
  http: ['preset', 'key'],
}

/** None if it is switched off, lacks an optional key, or cannot be read. */
function readSource(
  name: string,
  section: Fields,
  { read, context, keys, warnings }: SourceTools,
): SourceConfig[] {
  const path = ['sources', name]
  const before = read.problems.length
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    read.problems.push({
      path,
      message: `a source is called by small letters, digits and dashes, not ${shown(name)}`,
    })
  const type = read.choice(section['type'], [...path, 'type'], ['ccxt', 'http'])
  if (type === undefined) return []
  read.keys(section, path, [...SOURCE_KEYS, ...(TYPE_KEYS[type] ?? [])])
  const enabled = read.oneOf(section['enabled'], [...path, 'enabled'], [true, false, 'auto'], true)
  const url = read.url(section['url'], [...path, 'url'])
  const deadlineMs = read.duration(section['deadline'], [...path, 'deadline'], 8000)
  const common = { name, ...(url === undefined ? {} : { url }), deadlineMs }

  const source: SourceFields = { section, path, common, enabled, before }
  return type === 'ccxt'
    ? readCcxt(source, { read, context, keys, warnings })
    : readHttp(source, { read, context, keys, warnings })
}

interface SourceFields {
  readonly section: Fields
  readonly path: string[]
  readonly common: { readonly name: string; readonly url?: string; readonly deadlineMs: number }
  readonly enabled: boolean | 'auto'
  /** Problems before this source. */
  readonly before: number
}

function readCcxt(
  { section, path, common, enabled, before }: SourceFields,
  { read, context }: SourceTools,
): SourceConfig[] {
  const type = 'ccxt'
  const { name, url } = common
  const exchange = read.text(section['exchange'], [...path, 'exchange'], name)
  if (!context.hasExchange(exchange))
    read.problems.push({
      path: section['exchange'] === undefined ? path : [...path, 'exchange'],
      message: `ccxt has no exchange called ${shown(exchange)}; take one of its ids, such as kraken or binance`,
    })
  if (url !== undefined && exchangeUrls(exchange, url) === undefined)
    read.problems.push({
      path: [...path, 'url'],
      message: `how to reach ${exchange} at another URL is not known; leave it out`,
    })
  if (section['markets'] !== undefined && JSON.stringify(section['markets']) !== '["spot"]')
    read.problems.push({
      path: [...path, 'markets'],
      message: 'only spot markets are used: write [spot] or leave it out',
    })
  const intervalMs = read.duration(section['interval'], [...path, 'interval'], MINUTE)
  const rateLimit = read.count(section['rateLimit'], [...path, 'rateLimit'], 1, 60_000)
  const maxPerMonth = read.count(section['maxPerMonth'], [...path, 'maxPerMonth'], 1, 1e9)
  if (!enabled || read.problems.length > before) return []
  const limits = {
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(maxPerMonth === undefined ? {} : { maxPerMonth }),
  }
  checkQuota(common.name, { intervalMs, maxPerMonth, requests: 1, read })
  return [{ type, exchange, ...common, intervalMs, freshMs: Math.min(intervalMs, 15_000), ...limits }]
}

function readHttp(
  { section, path, common, enabled, before }: SourceFields,
  { read, context, keys, warnings }: SourceTools,
): SourceConfig[] {
  const type = 'http'
  const { name } = common
  const preset = read.choice(
    section['preset'],
    [...path, 'preset'],
    Object.keys(HTTP_PRESETS) as PresetName[],
  )
  if (preset === undefined) return []
  const known = presetOf(preset)
  const intervalMs = read.duration(section['interval'], [...path, 'interval'], known.intervalMs)
  const maxPerMonth =
    read.count(section['maxPerMonth'], [...path, 'maxPerMonth'], 1, 1e9) ?? known.maxPerMonth
  const optional = read.oneOf(section['optional'], [...path, 'optional'], [true, false], false)
  const key = readKey(section['key'], [...path, 'key'], read)
  if (!enabled || read.problems.length > before) return []
  if (known.needsKey) {
    const secret =
      key === undefined ? undefined : 'inline' in key ? String(section['key']) : context.keyAt(key)
    if (secret === undefined || secret === '') {
      if (optional) return []
      const where =
        key === undefined || 'inline' in key
          ? `give one, for example key: { env: ${name.toUpperCase().replaceAll('-', '_')}_KEY }`
          : 'env' in key
            ? `the environment variable ${key.env} is not set`
            : `the file ${shown(key.file)} cannot be read`
      read.problems.push({
        path: [...path, 'key'],
        message: `${preset} answers only with a key: ${where}; or write optional: true`,
      })
      return []
    }
    keys.set(name, secret)
    if (key !== undefined && 'inline' in key)
      warnings.push({
        path: [...path, 'key'],
        message: `the key of ${name} stands in the file in clear text; better write key: { env: NAME } or key: { file: PATH }`,
      })
  }
  checkQuota(name, { intervalMs, maxPerMonth, requests: 1, read })
  const live = known.kind === 'fx-live' || known.kind === 'metal' || known.kind === 'spot'
  return [
    {
      type,
      preset,
      ...common,
      intervalMs,
      freshMs: live ? Math.min(intervalMs, MINUTE) : intervalMs,
      ...(maxPerMonth === undefined ? {} : { maxPerMonth }),
      ...(known.needsKey && key !== undefined ? { key } : {}),
    },
  ]
}

function readKey(raw: unknown, path: readonly (string | number)[], read: Reader): KeyPlace | undefined {
  if (raw === undefined || raw === null) return undefined
  if (typeof raw === 'string') return { inline: true }
  const place = fields(raw)
  if (place && Object.keys(place).length === 1) {
    if (typeof place['env'] === 'string' && /^\w{1,100}$/.test(place['env'])) return { env: place['env'] }
    if (typeof place['file'] === 'string' && place['file'] !== '') return { file: place['file'] }
  }
  read.problems.push({ path, message: 'say where the key is: { env: NAME } or { file: PATH }' })
  return undefined
}

interface QuotaParts {
  readonly intervalMs: number
  readonly maxPerMonth: number | undefined
  readonly requests: number
  readonly read: Reader
}

function checkQuota(name: string, { intervalMs, maxPerMonth, requests, read }: QuotaParts): void {
  const calls = Math.ceil(MONTH / intervalMs) * requests
  if (maxPerMonth === undefined || calls <= maxPerMonth) return
  const least = Math.ceil((MONTH * requests) / maxPerMonth / MINUTE)
  read.problems.push({
    path: ['sources', name, 'interval'],
    message: `asks ${calls} times a month, ${name} allows ${maxPerMonth}; make it at least ${least}m`,
  })
}

const RULE_KEYS = [
  'extends',
  'minSources',
  'maxAge',
  'liveMaxAge',
  'weekendMaxAge',
  'maxSpread',
  'madK',
  'floor',
  'cap',
  'maxDisagreement',
  'maxStep',
  'holdFor',
  'hours',
]

/** Each class is its own keys over those of the class that it extends. */
function readClasses(sections: Readonly<Record<string, Fields>>, read: Reader): Map<string, Rules> {
  const classes = new Map<string, Rules>()
  const path = ['defaults']
  const resolveClass = (name: string, chain: readonly string[]): Rules => {
    const known = classes.get(name)
    if (known !== undefined) return known
    const section = sections[name] ?? {}
    read.keys(section, [...path, name], RULE_KEYS)
    const parent = section['extends']
    const circle = typeof parent === 'string' && [...chain, name].includes(parent)
    const missing = parent !== undefined && (typeof parent !== 'string' || !Object.hasOwn(sections, parent))
    if (circle || missing)
      read.problems.push({
        path: [...path, name, 'extends'],
        message: circle
          ? `classes extend each other in a circle: ${[...chain, name, parent].join(' → ')}`
          : `there is no class ${shown(`${parent as string}`)} to extend`,
      })
    const base =
      circle || missing || typeof parent !== 'string' ? BASE_RULES : resolveClass(parent, [...chain, name])
    const rules = readRules(section, [...path, name], { read, base })
    classes.set(name, rules)
    return rules
  }
  for (const name of Object.keys(sections)) resolveClass(name, [])
  return classes
}

/** Rules of a section; what it leaves open is as in `base`. */
function readRules(
  own: Fields,
  path: readonly string[],
  { read, base }: { read: Reader; base: Rules },
): Rules {
  const maxAge = read.duration(own['maxAge'], [...path, 'maxAge'], base.maxAge)
  // A class with an age of its own means it for every quote, unless it says more.
  const ages = own['maxAge'] === undefined ? base : { liveMaxAge: maxAge, weekendMaxAge: maxAge }
  return {
    minSources: read.count(own['minSources'], [...path, 'minSources'], 1, 50) ?? base.minSources,
    madK: read.number(own['madK'], [...path, 'madK'], base.madK, { min: 1, max: 100 }),
    floor: read.fraction(own['floor'], [...path, 'floor'], base.floor),
    cap: read.fraction(own['cap'], [...path, 'cap'], base.cap),
    maxDisagreement: read.fraction(
      own['maxDisagreement'],
      [...path, 'maxDisagreement'],
      base.maxDisagreement,
    ),
    maxAge,
    liveMaxAge: read.duration(own['liveMaxAge'], [...path, 'liveMaxAge'], ages.liveMaxAge),
    weekendMaxAge: read.duration(own['weekendMaxAge'], [...path, 'weekendMaxAge'], ages.weekendMaxAge),
    hours: read.oneOf(own['hours'], [...path, 'hours'], ['always', 'fx', 'metals'], base.hours),
    maxSpread: read.fraction(own['maxSpread'], [...path, 'maxSpread'], base.maxSpread),
    maxStep: read.fraction(own['maxStep'], [...path, 'maxStep'], base.maxStep),
    holdFor: read.duration(own['holdFor'], [...path, 'holdFor'], base.holdFor),
  }
}

interface SectionTools {
  readonly read: Reader
  readonly path: readonly string[]
  readonly classes: ReadonlyMap<string, Rules>
}

/** The class that a section names, with its own rules in place of the class's. */
function rulesFor(section: Fields, fallback: string, { read, path, classes }: SectionTools): [string, Rules] {
  const name = read.text(section['class'], [...path, 'class'], fallback)
  const base = classes.get(name)
  if (base === undefined) {
    const near = nearest(name, [...classes.keys()])
    read.problems.push({
      path: [...path, 'class'],
      message: `there is no class ${shown(name)}${near === undefined ? '' : `; did you mean ${near}?`} (classes stand under defaults)`,
    })
  }
  return [name, readRules(section, path, { read, base: base ?? BASE_RULES })]
}

const ASSET_KEYS = [
  'class',
  'routes',
  'allowSingle',
  'bounds',
  'maxFactor',
  'policy',
  'value',
  'until',
  'seed',
  'route',
]

function readAsset(section: Fields, tools: SectionTools & { readonly context: PriceContext }): AssetConfig {
  const { read, path, context } = tools
  read.keys(section, path, [...ASSET_KEYS, ...RULE_KEYS])
  const [name, rules] = rulesFor(section, 'crypto', tools)
  const [min, max] = read.range(section['bounds'], [...path, 'bounds'], [1e-8, 1e11])
  const maxFactor =
    section['maxFactor'] === undefined
      ? null
      : read.number(section['maxFactor'], [...path, 'maxFactor'], BASE_FACTOR, { min: 1, max: 1e6 })
  return {
    class: name,
    rules,
    routes: read.texts(section['routes'], [...path, 'routes']),
    allowSingle: read.oneOf(section['allowSingle'], [...path, 'allowSingle'], [true, false], false),
    bounds: [min, max],
    maxFactor,
    policy: readPolicy(section, path, { read, now: context.now }),
  }
}

function readPolicy(
  section: Fields,
  path: readonly string[],
  { read, now }: { read: Reader; now: number },
): Policy {
  const policy = read.oneOf(
    section['policy'],
    [...path, 'policy'],
    ['fixed', 'chain', 'manual', 'derive', 'fail'],
    'fail',
  )
  const seedAt = (from: Fields, at: readonly string[]): { value: number; until: number | null } => {
    const value = read.number(from['value'], [...at, 'value'], undefined, { min: 1e-8, max: 1e11 })
    const until = from['until'] === undefined ? undefined : read.date(from['until'], [...at, 'until'])
    if (until !== undefined && until <= now)
      read.problems.push({
        path: [...at, 'until'],
        message: 'lies in the past, so the value is not used any more: give a new value and date',
      })
    return { value, until: until ?? null }
  }
  switch (policy) {
    case 'fixed':
      return {
        policy,
        value: read.number(section['value'], [...path, 'value'], undefined, { min: 1e-8, max: 1e11 }),
      }
    case 'manual':
      return { policy, ...seedAt(section, path) }
    case 'derive': {
      const route = read.text(section['route'], [...path, 'route'], '')
      if (route === '')
        read.problems.push({
          path: [...path, 'route'],
          message: 'say what it derives from, such as "5 * gate:ACME/USDT * USDT/USD"',
        })
      return { policy, route }
    }
    case 'chain': {
      if (section['seed'] === undefined) return { policy }
      const seed = fields(section['seed'])
      if (seed) return { policy, seed: seedAt(seed, [...path, 'seed']) }
      read.problems.push({ path: [...path, 'seed'], message: 'must be { value: USD, until: DATE }' })
      return { policy }
    }
    case 'fail':
      return { policy }
  }
}

function readIndex(section: Fields, tools: SectionTools): IndexConfig {
  const { read, path } = tools
  read.keys(section, path, ['class', 'routes', 'band', ...RULE_KEYS])
  const [, rules] = rulesFor(section, 'stable', tools)
  const [min, max] = read.range(section['band'], [...path, 'band'], BASE_BAND)
  return { rules, routes: read.texts(section['routes'], [...path, 'routes']), band: [min, max] }
}

function readSnapshot(section: Fields, read: Reader): PriceConfig['snapshot'] {
  read.keys(section, ['snapshot'], ['deadlineSeconds'])
  const deadline = read.count(section['deadlineSeconds'], ['snapshot', 'deadlineSeconds'], 1, 55)
  return deadline === undefined ? BASE_SNAPSHOT : { deadlineSeconds: deadline }
}

function readWinners(section: Fields, read: Reader): PriceConfig['winners'] {
  read.keys(section, ['winners'], ['warn', 'limit', 'action'])
  const { warn, limit, action } = BASE_WINNERS
  return {
    warn: read.fraction(section['warn'], ['winners', 'warn'], warn),
    limit: read.fraction(section['limit'], ['winners', 'limit'], limit),
    action: read.oneOf(section['action'], ['winners', 'action'], ['warn', 'hold', 'adopt', 'skip'], action),
  }
}

/** Independence keys by source, of those too that are switched off or lack a key: they are a matter of the moment. */
function originOf(sections: Readonly<Record<string, Fields>>): (source: string) => string {
  return (source) => {
    const section = sections[source]
    const preset = section?.['preset']
    if (typeof preset === 'string' && Object.hasOwn(HTTP_PRESETS, preset))
      return presetOf(preset as PresetName).origin
    return typeof section?.['exchange'] === 'string' ? section['exchange'] : source
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
  const seen = new Set<string>()
  for (const { path, message } of planRoutes(table, Object.keys(table), names).circles) {
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
      const near = nearest(term.source, [...declared])
      return `there is no source ${shown(term.source)}${near === undefined ? '' : `; did you mean ${near}?`} (sources stand under sources)`
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
  // One route's sources are one opinion however many they are: venues that only convert add none.
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
  const own = fields(fields(given['assets'])?.[asset])
  const lost = opinions(() => true) >= needed
  problems.push({
    path: own?.['routes'] === undefined ? path : [...path, 'routes'],
    message: lost
      ? `${asset} needs ${needed} independent sources, has ${here} of those that are switched on: switch more on, or add routes`
      : `${asset} needs ${needed} independent sources, its routes name ${here}: add routes`,
  })
}

/** A quote that is too old before it is asked for again would never count. */
function checkAges(config: PriceConfig, given: Fields, problems: PriceProblem[]): void {
  const told = new Set<string>()
  for (const [name, { routes, rules }] of Object.entries({ ...config.indices, ...config.assets })) {
    for (const source of config.sources) {
      const kind = source.type === 'http' ? presetOf(source.preset).kind : 'spot'
      const limit = ageLimit(kind, rules)
      if (source.intervalMs <= limit || !routes.some((route) => ` ${route}`.includes(` ${source.name}:`)))
        continue
      const className = config.assets[name]?.class ?? 'stable'
      if (told.has(source.name)) continue
      told.add(source.name)
      const chosen = fields(fields(given['sources'])?.[source.name])?.['interval'] !== undefined
      problems.push({
        path: chosen ? ['sources', source.name, 'interval'] : ['defaults', className, 'maxAge'],
        message: `${source.name} is asked every ${source.intervalMs / 1000} s, but its prices of ${name} are too old after ${limit / 1000} s: shorten interval or lengthen maxAge`,
      })
    }
  }
}
