/**
 * Routes: how a price follows from quotes, as text. A route multiplies and divides, from left to right, numbers,
 * quotes (`source:SYMBOL`) and other entries of its table (`USDT/USD`, `XBT`); everything stands apart by spaces.
 *
 *     kraken:BTC/USD                  a quote
 *     1 / er-api:JPY                  an inverted one
 *     binance:ETH/USDT * USDT/USD     through a stablecoin's own price
 */
import { messageOf } from '../../config/index.js'
import { fail } from './errors.js'

/** By asset, or by the name of an index that other routes use: routes in order of preference. */
export type RouteTable = Readonly<Record<string, readonly string[]>>

export type Term =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'quote'; readonly source: string; readonly symbol: string }
  | { readonly type: 'name'; readonly name: string }

export interface Route {
  readonly text: string
  readonly factors: readonly { readonly invert: boolean; readonly term: Term }[]
}

export interface Plan {
  readonly routes: ReadonlyMap<string, readonly Route[]>
  /** All names, each after those that its routes use. */
  readonly order: readonly string[]
  /** Symbols that each source is asked for. */
  readonly symbols: ReadonlyMap<string, readonly string[]>
}

const NUMBER = /^\d+(\.\d+)?$/
const QUOTE = /^([a-z][a-z0-9-]*):([A-Z0-9]+(?:\/[A-Z0-9]+)?)$/
const NAME = /^[A-Z][A-Z0-9]*(\/[A-Z0-9]+)?$/

/** Reads one route. Throws `E_PRICES_ROUTE`. */
export function parseRoute(text: string): Route {
  const words = text.trim().split(/\s+/)
  const factors = []
  for (let k = 0; k < words.length; k += 2) {
    const operator = k === 0 ? '*' : words[k - 1]
    if (operator !== '*' && operator !== '/')
      throw fail('E_PRICES_ROUTE', `route "${text}": "${operator}" stands where * or / is expected`)
    factors.push({ invert: operator === '/', term: parseTerm(words[k] ?? '', text) })
  }
  if (words.length % 2 === 0) throw fail('E_PRICES_ROUTE', `route "${text}" ends with an operator`)
  return { text: words.join(' '), factors }
}

function parseTerm(word: string, text: string): Term {
  const [, source, symbol] = QUOTE.exec(word) ?? []
  if (source !== undefined && symbol !== undefined) return { type: 'quote', source, symbol }
  if (NUMBER.test(word) && Number(word) > 0) return { type: 'number', value: Number(word) }
  if (NAME.test(word)) return { type: 'name', name: word }
  throw fail('E_PRICES_ROUTE', `route "${text}": "${word}" is neither a number above 0, a quote nor a name`)
}

const termsOf = (route: Route): Term[] => route.factors.map((factor) => factor.term)

/**
 * Checks and orders all that is needed to price `assets` with the sources at hand. Routes over other sources are
 * left out. Throws `E_PRICES_ROUTE` with everything that is wrong: routes that cannot be read, names that stand for
 * nothing, circles.
 */
export function planRoutes(table: RouteTable, assets: readonly string[], sources: ReadonlySet<string>): Plan {
  const problems: string[] = []
  const routes = new Map<string, readonly Route[]>()
  const order: string[] = []
  const path: string[] = []

  const visit = (name: string): void => {
    if (path.includes(name)) return void problems.push(`circle: ${[...path, name].join(' → ')}`)
    if (routes.has(name)) return
    const readable = (table[name] ?? []).flatMap((text) => {
      try {
        return [parseRoute(text)]
      } catch (error) {
        problems.push(`${name}: ${messageOf(error)}`)
        return []
      }
    })
    const usable = readable.filter((route) =>
      termsOf(route).every((term) => term.type !== 'quote' || sources.has(term.source)),
    )
    path.push(name)
    for (const term of usable.flatMap(termsOf)) {
      if (term.type !== 'name') continue
      if (Object.hasOwn(table, term.name)) visit(term.name)
      else problems.push(`${name}: nothing is called ${term.name}`)
    }
    path.pop()
    routes.set(name, usable)
    order.push(name)
  }
  assets.forEach(visit)
  if (problems.length > 0) throw fail('E_PRICES_ROUTE', problems.join('; '), { details: { problems } })

  const symbols = new Map<string, Set<string>>([...sources].map((name) => [name, new Set()]))
  for (const term of [...routes.values()].flat().flatMap(termsOf))
    if (term.type === 'quote') symbols.get(term.source)?.add(term.symbol)
  return { routes, order, symbols: new Map([...symbols].map(([name, set]) => [name, [...set]])) }
}
