/** The section `prices`: what is right, what is wrong, and that the defaults are what the venues call them. */
import t from 'tap'

import { ASSETS } from '../records/index.js'
import { DEFAULT_PRICES, devPrices } from './defaults.js'
import { isExchange } from './exchanges.js'
import { importOracleIni } from './ini.js'
import { parseRoute } from './routes.js'
import { pricesSection } from './section.js'
import { readPrices, type PriceProblem, type PriceSettings } from './validate.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const NOW = Date.UTC(2026, 10, 24, 12)
const KEYS: Record<string, string> = { OER_APP_ID: 'secret-of-oer' }

const read = (raw: unknown): ReturnType<typeof readPrices> =>
  readPrices(raw, {
    keyAt: (place) => ('env' in place ? KEYS[place.env] : undefined),
    hasExchange: isExchange,
    now: NOW,
  })
const problemsOf = (raw: unknown): readonly PriceProblem[] => {
  const reading = read(raw)
  return reading.ok ? [] : reading.problems
}
const settingsOf = (raw: unknown): PriceSettings => {
  const reading = read(raw)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}

t.test('the defaults', (t) => {
  const { config, warnings, keys } = settingsOf(undefined)
  t.same(Object.keys(config.assets), [...ASSETS[5]])
  t.same(warnings, [])
  t.same(keys, new Map([['oer', 'secret-of-oer']]))
  t.notMatch(JSON.stringify(config), /secret/, 'keys are no part of a configuration')
  t.equal(config.sources.length, 15)
  t.same(settingsOf({}).config, config)
  t.same(settingsOf(null).config, config)

  for (const gone of ['binance', 'okx']) {
    const without = settingsOf({ sources: { [gone]: { enabled: false } } }).config
    t.notOk(without.sources.some(({ name }) => name === gone))
  }
  t.same(
    problemsOf({ sources: { binance: { enabled: false }, okx: { enabled: false } } }),
    [],
    'satisfiable without both',
  )
  const dev = pricesSection(undefined, { folder: '.', env: {} })
  if ('problems' in dev) throw new Error('the defaults are right')
  const at = dev.value.at('http://127.0.0.1:1')
  t.ok(at.config.sources.every(({ url }) => url?.startsWith('http://127.0.0.1:1/')))
  t.same(Object.keys(devPrices('x')), ['sources', 'assets'])
  const near = pricesSection(
    {
      sources: {
        binance: { url: 'http://127.0.0.1:18195' },
        coingecko: { type: 'http', preset: 'coingecko', url: 'http://localhost:18196' },
        mexc: { type: 'ccxt' },
        kraken: { url: 'https://kraken.example' },
      },
    },
    { folder: '.', env: {} },
  )
  if ('problems' in near) throw new Error('the section is right')
  const placed = near.value.at('http://127.0.0.1:5000')
  const placeOf = (name: string) => placed.config.sources.find((source) => source.name === name)?.url
  t.equal(placeOf('binance'), 'http://127.0.0.1:18195', 'a place of the user’s own on this machine')
  t.equal(placeOf('coingecko'), 'http://localhost:18196')
  t.equal(placeOf('okx'), 'http://127.0.0.1:5000/okx')
  t.same([placeOf('mexc'), placeOf('kraken')], [undefined, undefined], 'nothing goes out from here')
  matchExactly(t, placed.notices?.toSorted(), [
    /kraken is left out: its url is not on/,
    /mexc is left out: it has no url/,
  ])
  const own = pricesSection({ sources: { mexc: { type: 'ccxt' } } }, { folder: '.', env: {} })
  t.notOk(
    'problems' in own ||
      own.value.at('http://127.0.0.1:1').config.sources.some(({ name }) => name === 'mexc'),
    'what is not at the exchange is left out there',
  )
  t.end()
})

t.test('every default route is what ccxt calls it', async (t) => {
  interface Ccxt {
    readonly has: Readonly<Record<string, unknown>>
    readonly commonCurrencies: Readonly<Record<string, string>>
    safeCurrencyCode(code: string): string
  }
  const sources = DEFAULT_PRICES['sources'] as Record<string, { type: string }>
  const assets = DEFAULT_PRICES['assets'] as Record<string, { routes?: string[] }>
  const indices = DEFAULT_PRICES['indices'] as Record<string, { routes: string[] }>
  const routes = [...Object.values(assets), ...Object.values(indices)].flatMap(
    (section) => section.routes ?? [],
  )
  const asked = routes.flatMap((route) =>
    parseRoute(route).factors.flatMap(({ term }) => (term.type === 'quote' ? [term] : [])),
  )
  for (const name of Object.keys(sources).filter((each) => sources[each]?.type === 'ccxt')) {
    const file = new URL(`./src/${name}.js`, import.meta.resolve('ccxt')).href
    const { default: Exchange } = (await import(file)) as { default: new (settings: object) => Ccxt }
    const exchange = new Exchange({})
    t.equal(exchange.has['fetchTickers'], true, `${name} tells all its tickers at once`)
    const own = asked.filter(({ source }) => source === name)
    t.ok(own.length > 0)
    const strange = own
      .flatMap(({ symbol }) => symbol.split('/'))
      .filter((code) => {
        // A venue's code is another coin's, where ccxt gives that code another name; unless some code of the venue has this name.
        const renamed = exchange.safeCurrencyCode(code) !== code
        return renamed && !Object.values(exchange.commonCurrencies).includes(code)
      })
    t.same([...new Set(strange)], [], `${name}: each code means what it says`)
    t.ok(own.every(({ symbol }) => /^[A-Z0-9]+\/(USD|USDT|CAD|CHF|JPY)$/.test(symbol)))
  }
})

t.test('what a user may write', (t) => {
  const { config, keys, warnings } = settingsOf({
    snapshot: { deadlineSeconds: 20 },
    sources: {
      kraken: { interval: '30s', deadline: '4s', maxPerMonth: 100_000 },
      off: { type: 'http', preset: 'frankfurter', enabled: false },
      mexc: { type: 'ccxt', enabled: 'auto' },
      second: { type: 'ccxt', exchange: 'bitfinex' },
      bitstamp: { enabled: false },
      gecko: { type: 'http', preset: 'coingecko' },
      own: { type: 'http', preset: 'frankfurter', url: 'http://localhost:8080/' },
      cmc: { type: 'http', preset: 'coinmarketcap', key: 'in clear text', interval: '10m' },
    },
    defaults: { thin: { minSources: 3 }, mine: { extends: 'crypto', maxAge: '10m', hours: 'fx' }, bare: {} },
    assets: {
      DGB: { routes: 'mexc:DGB/USDT * USDT/USD', allowSingle: true, maxStep: '50%' },
      XBT: { class: 'mine' },
      ETH: { class: 'bare' },
      FCT: { policy: 'chain', seed: { value: 0.03, until: '2027-03-31' } },
    },
    winners: { action: 'hold', limit: 0.2 },
  })
  const source = (name: string): object | undefined => config.sources.find((each) => each.name === name)
  t.match(source('kraken'), { intervalMs: 30_000, freshMs: 15_000, deadlineMs: 4000, maxPerMonth: 100_000 })
  t.equal(source('off'), undefined)
  t.match(source('second'), { type: 'ccxt', exchange: 'bitfinex' })
  t.match(source('own'), { url: 'http://localhost:8080' })
  t.equal(source('bitstamp'), undefined)
  t.match(source('cmc'), { key: { inline: true } })
  t.equal(keys.get('cmc'), 'in clear text')
  matchExactly(t, warnings, [{ path: ['sources', 'cmc', 'key'], message: /clear text/ }])
  matchExactly(t, config.assets['DGB'], {
    routes: ['mexc:DGB/USDT * USDT/USD'],
    allowSingle: true,
    rules: { minSources: 3, maxStep: 0.5, maxSpread: 0.04 },
  })
  t.match(config.assets['XBT']?.rules, { maxAge: 600_000, liveMaxAge: 600_000, hours: 'fx', minSources: 3 })
  const { ETH, LTC } = config.assets
  t.same(ETH?.rules, LTC?.rules, 'a class that says nothing is as strict as that of the deepest markets')
  t.match(config.assets['FCT']?.policy, {
    policy: 'chain',
    seed: { value: 0.03, until: Date.UTC(2027, 2, 31) },
  })
  t.match(config.winners, { action: 'hold', limit: 0.2, warn: 0.05 })
  t.end()
})

t.test('what a user may not write, each with its place', (t) => {
  const CASES: [raw: object, path: (string | number)[], message: RegExp][] = [
    [{ source: {} }, ['source'], /unknown key; did you mean sources\?/],
    [{ sources: [] }, ['sources'], /section with keys/],
    [{ sources: { Kraken: { type: 'ccxt', exchange: 'kraken' } } }, ['sources', 'Kraken'], /small letters/],
    [{ sources: { krakn: { type: 'ccxt' } } }, ['sources', 'krakn'], /ccxt has no exchange called "krakn"/],
    [
      { sources: { x: { type: 'ccxt', exchange: 'krakn' } } },
      ['sources', 'x', 'exchange'],
      /ccxt has no exchange called "krakn"/,
    ],
    [{ sources: { x: { type: 'web' } } }, ['sources', 'x', 'type'], /must be one of ccxt, http/],
    [
      { sources: { x: { type: 'http', preset: 'franfurter' } } },
      ['sources', 'x', 'preset'],
      /did you mean frankfurter\?/,
    ],
    [
      { sources: { x: { type: 'http', preset: 'er-api', sandbox: true } } },
      ['sources', 'x', 'sandbox'],
      /unknown key/,
    ],
    [{ sources: { kraken: { interval: '0s' } } }, ['sources', 'kraken', 'interval'], /a duration such as/],
    [{ sources: { kraken: { interval: '10m' } } }, ['sources', 'kraken', 'interval'], /too old after 300 s/],
    [{ sources: { kraken: { url: 'nowhere' } } }, ['sources', 'kraken', 'url'], /must be an address/],
    [
      { sources: { kraken: { url: 'http://x', exchange: 'bitfinex' } } },
      ['sources', 'kraken', 'url'],
      /another URL/,
    ],
    [{ sources: { binance: { markets: ['swap'] } } }, ['sources', 'binance', 'markets'], /unknown key/],
    [
      { sources: { oer: { interval: '10m' } } },
      ['sources', 'oer', 'interval'],
      /4464 times a month, oer allows 1000; make it at least 45m/,
    ],
    [
      { sources: { 'gold-api': { interval: '5m', maxPerMonth: 10_000 } } },
      ['sources', 'gold-api', 'interval'],
      /asks 17856 times a month.*at least 9m/,
    ],
    [
      { sources: { cmc: { type: 'http', preset: 'coinmarketcap' } } },
      ['sources', 'cmc', 'key'],
      /key: \{ env: CMC_KEY \}/,
    ],
    [
      { sources: { cmc: { type: 'http', preset: 'coinmarketcap', key: { env: 'NONE' } } } },
      ['sources', 'cmc', 'key'],
      /NONE is not set/,
    ],
    [
      { sources: { cmc: { type: 'http', preset: 'coinmarketcap', key: { file: 'x' } } } },
      ['sources', 'cmc', 'key'],
      /cannot be read/,
    ],
    [{ sources: { oer: { key: { vault: 1 } } } }, ['sources', 'oer', 'key'], /env: NAME/],
    [
      { defaults: { crypto: { maxSpread: 'lots' } } },
      ['defaults', 'crypto', 'maxSpread'],
      /a share such as 1\.5%/,
    ],
    [{ defaults: { crypto: { minSources: 0 } } }, ['defaults', 'crypto', 'minSources'], /whole number/],
    [{ defaults: { odd: { extends: 'none' } } }, ['defaults', 'odd', 'extends'], /no class "none"/],
    [
      { defaults: { crypto: { extends: 'thin' } } },
      ['defaults', 'thin', 'extends'],
      /circle: crypto → thin → crypto/,
    ],
    [{ assets: { ABC: {} } }, ['assets', 'ABC'], /no asset "ABC"/],
    [{ assets: { XBT: { class: 'cripto' } } }, ['assets', 'XBT', 'class'], /did you mean crypto\?/],
    [
      { assets: { XBT: { routes: ['kraken:BTC/USD *', 'coinbase:BTC/USD', 'gate:BTC/USD'] } } },
      ['assets', 'XBT', 'routes', 0],
      /ends with an operator/,
    ],
    [
      {
        assets: {
          XBT: { routes: ['kraken:BTC/USD', 'coinbase:BTC/USD', 'coinbase:BTC/USD', 'gate:BTC/USD'] },
        },
      },
      ['assets', 'XBT', 'routes', 2],
      /there twice/,
    ],
    [
      { assets: { XBT: { routes: ['kraken:BTC/USD', 'coinbase:BTC/USD', 'gat:BTC/USD'] } } },
      ['assets', 'XBT', 'routes', 2],
      /no source "gat"; did you mean gate\?/,
    ],
    [
      { assets: { XBT: { routes: ['kraken:BTC/USD', 'coinbase:ETH/USD', 'gate:BTC/USD'] } } },
      ['assets', 'XBT', 'routes', 1],
      /asks for none of BTC/,
    ],
    [
      { assets: { XBC: { routes: ['kraken:XBC/USD', 'coinbase:BCH/USD', 'gate:BCH/USD'] } } },
      ['assets', 'XBC', 'routes', 0],
      /Bitcoin Plus/,
    ],
    [
      { assets: { DGB: { routes: ['gate:DGB/USDT * TETHER', 'kucoin:DGB/USDT * USDT/USD'] } } },
      ['assets', 'DGB', 'routes', 0],
      /nothing is called "TETHER"/,
    ],
    [
      { assets: { DGB: { routes: ['gate:DGB/USDT * USDT/USD', 'gate:DGB/USD'] } } },
      ['assets', 'DGB', 'routes'],
      /needs 2 independent sources, its routes name 1/,
    ],
    [
      { assets: { DGB: { minSources: 40 } } },
      ['assets', 'DGB'],
      /needs 40 independent sources, its routes name/,
    ],
    [
      {
        sources: { cmc: { type: 'http', preset: 'coinmarketcap', key: { env: 'NONE' }, optional: true } },
        assets: { DGB: { routes: ['gate:DGB/USDT * USDT/USD', 'cmc:DGB'] } },
      },
      ['assets', 'DGB', 'routes'],
      /needs 2 independent sources, has 1 of those that are switched on: switch more on/,
    ],
    [
      { assets: { DGB: { routes: ['gate:DGB/USD'], allowSingle: true, maxAge: '30s' } } },
      ['assets', 'DGB', 'maxAge'],
      /gate is asked every 60 s, but its prices of DGB are too old after 30 s/,
    ],
    [
      {
        defaults: { own: { maxAge: '30s' } },
        assets: { DGB: { class: 'own', routes: ['gate:DGB/USD'], allowSingle: true } },
      },
      ['defaults', 'own', 'maxAge'],
      /too old after 30 s/,
    ],
    [
      { assets: { DGB: { routes: Array<string>(101).fill('gate:DGB/USD') } } },
      ['assets', 'DGB', 'routes'],
      /a list of routes/,
    ],
    [
      { assets: { FCT: { policy: 'manual', value: 1, until: 'soon' } } },
      ['assets', 'FCT', 'until'],
      /a date such as/,
    ],
    [
      { assets: { FCT: { policy: 'manual', value: 1, until: '2027-99-01' } } },
      ['assets', 'FCT', 'until'],
      /a date such as/,
    ],
    [
      { indices: { 'USDT/USD': { routes: ['USDT/USD * 1'] } } },
      ['indices', 'USDT/USD', 'routes'],
      /circle: USDT\/USD → USDT\/USD/,
    ],
    [{ assets: { FCT: { policy: 'fail' } } }, ['assets', 'FCT'], /neither routes nor a policy/],
    [{ assets: { FCT: { policy: 'guess' } } }, ['assets', 'FCT', 'policy'], /one of fixed, chain/],
    [{ assets: { FCT: { policy: 'manual' } } }, ['assets', 'FCT', 'value'], /a number from .*it is missing/],
    [
      { assets: { FCT: { policy: 'manual', value: 1, until: '2020-01-01' } } },
      ['assets', 'FCT', 'until'],
      /lies in the past/,
    ],
    [{ assets: { FCT: { policy: 'derive' } } }, ['assets', 'FCT', 'route'], /say what it derives from/],
    [
      { assets: { FCT: { policy: 'derive', route: '5 *' } } },
      ['assets', 'FCT', 'route'],
      /ends with an operator/,
    ],
    [{ assets: { FCT: { seed: 0.03 } } }, ['assets', 'FCT', 'seed'], /value: USD, until: DATE/],
    [{ assets: { XBT: { bounds: [2, 1] } } }, ['assets', 'XBT', 'bounds'], /smaller first/],
    [{ indices: { 'USDT/USD': { band: [1.03, 0.97] } } }, ['indices', 'USDT/USD', 'band'], /smaller first/],
    [{ indices: { tether: {} } }, ['indices', 'tether'], /called like a market/],
    [{ winners: { action: 'panic' } }, ['winners', 'action'], /one of warn, hold, adopt, skip/],
    [{ snapshot: { deadlineSeconds: 600 } }, ['snapshot', 'deadlineSeconds'], /from 1 to 55/],
    [
      {
        assets: {
          ETH: { routes: ['gate:ETH/BTC * LTC'], allowSingle: true },
          LTC: { routes: ['gate:LTC/BTC * ETH'], allowSingle: true },
        },
      },
      ['assets', 'ETH', 'routes'],
      /circle: ETH → LTC → ETH/,
    ],
  ]
  for (const [raw, path, message] of CASES) {
    const found = problemsOf(raw)
    matchExactly(t, found, [{ path, message }], JSON.stringify(raw))
    t.equal(found.length, 1, JSON.stringify(found))
  }
  const all = CASES.filter(([raw]) => 'winners' in raw || 'snapshot' in raw || 'indices' in raw).length
  const many = problemsOf({
    ...CASES[0]?.[0],
    winners: { action: 1 },
    assets: { ABC: {}, FCT: { policy: 'guess' } },
  })
  t.ok(all > 3 && many.length === 4, `all at once: ${JSON.stringify(many)}`)
  const both = problemsOf({
    sources: {
      kraken: { interval: '10m' },
      coinbase: { deadline: 'soon' },
      cmc: { type: 'http', key: ['k3y'] },
    },
    winners: 5,
  })
  t.same(
    both.map(({ path }) => path.join('.')).toSorted(),
    [
      'sources.cmc.key',
      'sources.cmc.preset',
      'sources.coinbase.deadline',
      'sources.kraken.interval',
      'winners',
    ],
    'a value of a wrong form hides nothing of what others must be together',
  )
  t.notMatch(JSON.stringify(both), /k3y/)
  for (const raw of [3, 'text', [], true])
    matchExactly(t, problemsOf(raw), [{ path: [], message: /section/ }])
  t.end()
})

t.test('keys in files, and what is left out where nothing is asked on the internet', (t) => {
  const folder = t.testdir({ key: ' k3y\n', large: 'x'.repeat(5_000) })
  const keyed = (file: string) => ({
    sources: { cmc: { type: 'http', preset: 'coinmarketcap', key: { file }, interval: '10m' } },
  })
  const found = (raw: object) => pricesSection(raw, { folder, env: { OER_APP_ID: 'x' } })
  t.match(found(keyed('key')), { secrets: ['x', 'k3y'] })
  for (const file of ['large', 'none', '.'])
    matchExactly(t, found(keyed(file)), {
      problems: [{ path: ['sources', 'cmc', 'key'], message: /cannot be read/ }],
    })
  const away = found({
    sources: {
      mine: { type: 'http', preset: 'frankfurter', url: 'https://rates.example' },
      near: { type: 'http', preset: 'frankfurter', url: 'http://127.0.0.1:1' },
      gecko: { type: 'http', preset: 'coingecko' },
    },
  })
  if ('problems' in away) throw new Error(JSON.stringify(away.problems))
  const { config, notices } = away.value.at('http://127.0.0.1:9')
  t.match(notices, [
    /prices.sources.mine is left out: its url is not on this machine/,
    /prices.sources.gecko is left out: it has no url/,
  ])
  t.equal(notices?.length, 2)
  t.same(
    config.sources.filter(({ name }) => ['mine', 'near', 'gecko'].includes(name)).map(({ name }) => name),
    ['near'],
  )
  t.end()
})

t.test('the settings of PegNet’s own miner', (t) => {
  const { prices, notes } = importOracleIni({
    Oracle: {
      OpenExchangeRatesKey: 'abc',
      CoinMarketCapKey: 'CHANGEME',
      StaleQuoteDuration: '30m',
      APILayerKey: 'x',
    },
    OracleDataSources: {
      FixedUSD: '0',
      CoinGecko: '1',
      AlternativeMe: '2',
      OpenExchangeRates: '3',
      FreeForexAPI: '4',
      Kitco: '-1',
      Strange: '9',
    },
    OracleAssetDataSourcesPriority: {
      XBT: 'CoinGecko, OpenExchangeRates',
      FCT: 'CoinGecko',
      JPY: 'FreeForexAPI',
    },
  })
  t.same(problemsOf(prices), [], 'what comes out can be read')
  t.match(prices, {
    sources: { coingecko: { type: 'http', preset: 'coingecko' }, oer: { key: { env: 'OER_APP_ID' } } },
  })
  const { config } = settingsOf(prices)
  t.equal(config.assets['XBT']?.routes[0], 'coingecko:BTC')
  t.ok((config.assets['XBT']?.routes.length ?? 0) > 5, 'beside the others')
  const said = notes.join('\n')
  for (const form of [
    /AlternativeMe.*no longer/,
    /FreeForexAPI.*no longer.*er-api/,
    /APILayer/,
    /Strange.*unknown/,
    /OER_APP_ID/,
    /StaleQuoteDuration/,
  ])
    t.match(said, form)
  t.notMatch(said + JSON.stringify(prices), /"abc"|\babc\b/, 'keys are not repeated')
  t.same(importOracleIni({}), { prices: {}, notes: [] })
  const order = { OracleDataSources: { CoinGecko: '0', OpenExchangeRates: '1' } }
  const routesOf = (priority: object) => {
    const { prices: read, notes: told } = importOracleIni({
      ...order,
      OracleAssetDataSourcesPriority: { ...priority },
    })
    return { routes: (read as { assets?: Record<string, { routes: string[] }> }).assets, told }
  }
  t.same(routesOf({ EUR: 'OpenExchangeRates' }), { routes: undefined, told: [] }, 'it is asked anyway')
  t.match(routesOf({ XBT: 'OpenExchangeRates', EUR: 'CoinGecko', USD: 'CoinGecko' }), {
    routes: undefined,
    told: [/^XBT: none of its own sources/, /^EUR: none of its own sources/],
  })
  t.same(
    routesOf({ PNT: 'CoinGecko', XBT: 5 }),
    { routes: undefined, told: [] },
    'what is no asset, or no list',
  )
  t.end()
})
