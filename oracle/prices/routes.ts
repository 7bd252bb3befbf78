/**
 * Routes: how a price follows from quotes, as text. A route multiplies and divides, from left to right, numbers,
 * quotes (`source:SYMBOL`) and other entries of its table (`USDT/USD`, `XBT`); everything stands apart by spaces.
 *
 *     kraken:BTC/USD                  a quote
 *     1 / er-api:JPY                  an inverted one
 *     binance:ETH/USDT * USDT/USD     through a stablecoin's own price
 */
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

export interface RoutePlan {
  readonly routes: ReadonlyMap<string, readonly Route[]>
  /** All names, each after those that its routes use. */
  readonly order: readonly string[]
  readonly circles: readonly { readonly path: string; readonly message: string }[]
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

/** What a route asks sources for. */
export const symbolsOf = (route: Route): string[] =>
  termsOf(route).flatMap((term) => (term.type === 'quote' ? [term.symbol] : []))

function readable(text: string): Route[] {
  try {
    return [parseRoute(text)]
  } catch {
    return []
  }
}

/**
 * Orders all that is needed to price `wanted` with the sources at hand. Routes over other sources, and those that
 * cannot be read, are left out. Circles are reported; a route that closes one gives no price.
 */
export function planRoutes(
  table: RouteTable,
  wanted: readonly string[],
  sources: ReadonlySet<string>,
): RoutePlan {
  const circles: { path: string; message: string }[] = []
  const routes = new Map<string, readonly Route[]>()
  const order: string[] = []
  const path: string[] = []

  const visit = (name: string): void => {
    const from = path.indexOf(name)
    if (from >= 0) {
      const circle = path.slice(from)
      // The message begins with the first name in the alphabet, so that one circle has one message.
      const first = circle.indexOf([...circle].sort()[0] ?? '')
      const turned = [...circle.slice(first), ...circle.slice(0, first)]
      circles.push({
        path: turned[0] ?? name,
        message: `its routes lead in a circle: ${[...turned, turned[0]].join(' → ')}; remove one of them`,
      })
      return
    }
    if (routes.has(name)) return
    const usable = (table[name] ?? [])
      .flatMap(readable)
      .filter((route) => termsOf(route).every((term) => term.type !== 'quote' || sources.has(term.source)))
    path.push(name)
    for (const term of usable.flatMap(termsOf))
      if (term.type === 'name' && Object.hasOwn(table, term.name)) visit(term.name)
    path.pop()
    routes.set(name, usable)
    order.push(name)
  }
  wanted.forEach(visit)

  const symbols = new Map<string, Set<string>>([...sources].map((name) => [name, new Set()]))
  for (const term of [...routes.values()].flat().flatMap(termsOf))
    if (term.type === 'quote') symbols.get(term.source)?.add(term.symbol)
  return { routes, order, circles, symbols: new Map([...symbols].map(([name, set]) => [name, [...set]])) }
}
