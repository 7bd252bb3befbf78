/**
 * Price sources of PegNet's own miner (`defaultconfig.ini` of github.com/pegnet/pegnet: `[Oracle]`,
 * `[OracleDataSources]`, `[OracleAssetDataSourcesPriority]`) → a section `prices`, with a note on what has changed
 * since. Pure.
 */
import { DEFAULT_PRICES, type RawPrices } from './defaults.js'
import { aliasesOf } from './validate.js'

/** Sections of the file by name, each a map of texts. */
export type OracleIni = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>

export interface ImportedPrices {
  /** For the configuration file; empty if nothing differs from the defaults. */
  readonly prices: RawPrices
  /** One sentence each. */
  readonly notes: readonly string[]
}

interface OldSource {
  /** Source of ours that does the same: its name, its section if it is no default, which assets it knows. */
  readonly now?: {
    readonly name: string
    readonly section?: Readonly<Record<string, unknown>>
    readonly knows: 'coins' | 'fiat'
  }
  /** The replacement for a source that is gone. */
  readonly instead?: string
  /** The key in `[Oracle]`, and the variable that takes its place. */
  readonly key?: readonly [option: string, variable: string]
}

const FIAT = 'coinbase-fx, exchangerate-fun, er-api, frankfurter and currency-api, none of which wants a key'
const COINS = 'the exchanges themselves'

const OLD: Readonly<Record<string, OldSource>> = {
  fixedusd: {},
  coingecko: { now: { name: 'coingecko', section: { type: 'http', preset: 'coingecko' }, knows: 'coins' } },
  coinmarketcap: {
    now: {
      name: 'coinmarketcap',
      section: {
        type: 'http',
        preset: 'coinmarketcap',
        interval: '5m',
        key: { env: 'COINMARKETCAP_KEY' },
        optional: true,
      },
      knows: 'coins',
    },
    key: ['CoinMarketCapKey', 'COINMARKETCAP_KEY'],
  },
  openexchangerates: {
    now: { name: 'oer', knows: 'fiat', section: { key: { env: 'OER_APP_ID' } } },
    key: ['OpenExchangeRatesKey', 'OER_APP_ID'],
  },
  apilayer: { instead: FIAT },
  '1forge': { instead: FIAT },
  freeforexapi: { instead: FIAT },
  exchangerates: { instead: FIAT },
  alternativeme: { instead: COINS },
  coincap: { instead: COINS },
  pegnetmarketcap: { instead: 'the last winning record (policy chain)' },
  factoshiio: { instead: 'the last winning record (policy chain)' },
  kitco: { instead: 'gold-api and swissquote' },
}

/** Reads what an ini parser made of the file; anything that is missing is left out. */
export function importOracleIni(ini: OracleIni): ImportedPrices {
  const notes: string[] = []
  const sources: Record<string, unknown> = {}
  const oracle = lowered(ini['Oracle'])
  const order = Object.entries(ini['OracleDataSources'] ?? {})
    .map(([name, number]) => ({ name, number: Number(number) }))
    .filter(({ number }) => number >= 0)
    .sort((a, b) => a.number - b.number)
  for (const { name } of order) {
    const old = OLD[name.toLowerCase()]
    if (old === undefined) notes.push(`${name}: an unknown source; it is left out.`)
    else if (old.instead !== undefined)
      notes.push(`${name} is no longer there or no longer used; in its place stand ${old.instead}.`)
    else if (old.now?.section !== undefined) sources[old.now.name] = old.now.section
    if (old?.key !== undefined) {
      const [option, variable] = old.key
      const given = oracle[option.toLowerCase()]
      if (isKey(given))
        notes.push(`${option}: put the key into the environment variable ${variable}; keys are not copied.`)
    }
  }
  if (isKey(oracle['apilayerkey'])) notes.push('APILayerKey has no use any more: APILayer is not asked.')
  if (oracle['stalequoteduration'] !== undefined)
    notes.push(
      'StaleQuoteDuration had no effect in the old miner; ages are limited by class now (prices.defaults.CLASS.maxAge).',
    )

  const assets = assetsOf(ini['OracleAssetDataSourcesPriority'] ?? {}, {
    enabled: new Set(Object.keys(sources)),
    notes,
  })
  return {
    prices: {
      ...(Object.keys(sources).length === 0 ? {} : { sources }),
      ...(Object.keys(assets).length === 0 ? {} : { assets }),
    },
    notes,
  }
}

const DEFAULT_ASSETS = DEFAULT_PRICES['assets'] as Readonly<
  Record<string, { readonly class: string; readonly routes?: readonly string[] }>
>

const isKey = (given: unknown): boolean => typeof given === 'string' && !['', 'CHANGEME'].includes(given)

const lowered = (section: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(section).map(([key, value]) => [key.toLowerCase(), value]))

interface Tools {
  readonly enabled: ReadonlySet<string>
  readonly notes: string[]
}

/** An asset's own order: sources that are still there come first, before the default routes. */
function assetsOf(
  section: Readonly<Record<string, unknown>>,
  { enabled, notes }: Tools,
): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [name, list] of Object.entries(section)) {
    const asset = name.toUpperCase()
    const routes = DEFAULT_ASSETS[asset]?.routes
    if (typeof list !== 'string' || routes === undefined) continue
    const own = list.split(',').flatMap((word) => {
      const now = OLD[word.trim().toLowerCase()]?.now
      return now !== undefined && enabled.has(now.name) ? routeOf(asset, now) : []
    })
    const fresh = own.filter((route) => !routes.includes(route))
    if (own.length === 0)
      notes.push(`${asset}: none of its own sources (${list}) is used any more; the default routes are.`)
    else found[asset] = { routes: [...own, ...routes.filter((route) => !own.includes(route))] }
    if (own.length > 0 && fresh.length === 0) delete found[asset]
  }
  return found
}

function routeOf(asset: string, { name, knows }: NonNullable<OldSource['now']>): string[] {
  const coin = ['crypto', 'thin'].includes(DEFAULT_ASSETS[asset]?.class ?? '')
  if (knows === 'fiat') return coin || asset === 'USD' ? [] : [`1 / ${name}:${asset}`]
  return coin ? [`${name}:${aliasesOf(asset)[0] ?? asset}`] : []
}
