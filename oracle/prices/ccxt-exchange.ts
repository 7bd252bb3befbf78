/**
 * ccxt's exchange classes, made fit for a process that runs for months. What they do wrong (measured with 4.5.84)
 * and what is done about it here:
 *
 * - `timeout` ends when the headers are there; a body that stalls is waited for 300 s → one deadline for the whole
 *   reply, which also frees the socket;
 * - a connection that breaks within a body, or a compressed one that does, throws errors that are none of ccxt's →
 *   all of them become ours;
 * - of requests made at once while the transport is loaded, some go another way, past all bounds → it is loaded first;
 * - a redirect without a target passes for an empty reply → any redirect is an error;
 * - 403 and 451 count as passing trouble, `Retry-After` is lost → told apart here;
 * - replies are unbounded → bounded, inflated too; what parsing them would cost is bounded before;
 * - one price that is no number fails the tickers of all markets, and a missing one may be made up from averages →
 *   tickers are taken as they are.
 *
 * The two defects of market tables (a failed first load is kept for ever, garbage passes for an empty table) are
 * dealt with in `ccxt-source.ts`.
 */
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'

import { checkJson, isCoded, messageOf, wallMs } from '../../base/index.js'
import { refusalOf, restDetails } from './asked-rest.js'
import { fail } from './errors.js'
import type { CcxtOrderBook } from './order-book.js'
import { replyTimeOf } from './source-clock.js'
import type { ReplyTime } from './types.js'

/** What is used of a ticker: numbers as they came, NaN included; every field may be missing. */
export interface CcxtTicker {
  readonly symbol?: string | undefined
  readonly bid?: number | undefined
  readonly ask?: number | undefined
  readonly last?: number | undefined
  readonly timestamp?: number | undefined
}

/** A market, as far as tickers need it. */
export interface CcxtMarket {
  readonly symbol?: string | undefined
  readonly active?: boolean | undefined
}

interface UndiciReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: { arrayBuffer(): Promise<ArrayBuffer> }
}

interface FetchReply {
  readonly status: number
  readonly headers: UndiciReply['headers']
  text(): Promise<string>
  arrayBuffer(): Promise<unknown>
}

/**
 * What is used of ccxt's `Exchange`, spelled out: its own declarations are megabytes, and the transport's methods
 * are not part of them.
 */
export interface CcxtExchange {
  readonly id: string
  markets: Readonly<Record<string, CcxtMarket>> | undefined
  loadMarkets(reload: boolean): Promise<unknown>
  setMarkets(markets: readonly CcxtMarket[]): unknown
  fetchTickers(symbols: readonly string[]): Promise<Readonly<Record<string, CcxtTicker>>>
  fetchOrderBook(symbol: string, limit: number): Promise<CcxtOrderBook>
  readonly fetchDispatcher: { destroy(): Promise<void> } | undefined
  /** Set once the transport is loaded. */
  readonly undiciModule: unknown
  loadFetchImplementation(): Promise<void>
  getDispatcherOptions(plain?: boolean): object
  undiciRequest(url: string, params: { readonly signal?: AbortSignal }): Promise<FetchReply>
  undiciBody(reply: UndiciReply, binary?: boolean): Promise<unknown>
  safeTicker(ticker: Readonly<Record<string, unknown>>): CcxtTicker
  parseJson(text: string): unknown
}
type CcxtClass = new (settings: object) => CcxtExchange

export interface HardenedExchange extends CcxtExchange {
  /** What the last reply said of its time. */
  readonly replyTime: ReplyTime
  /** By its own clock if it tells it, ms. */
  serverNow(): number
  /** Gives up all requests under way: their callers get `E_PRICES_CLOSED`. */
  abandon(): void
  /** Gives up all requests, allows no more, closes the sockets. */
  shut(): Promise<void>
}

export interface ExchangeSettings {
  /** Base URLs by ccxt's own section names: `{ public: 'http://…' }`. */
  readonly urls?: object
  /** Requests to anywhere else are refused. For exchanges that are not on the internet. */
  readonly within?: string
  /** Pause between requests, ms; ccxt's own if left out. */
  readonly rateLimit?: number
  readonly options?: object
  /** For one complete reply. */
  readonly timeoutMs: number
  /** Most values in one reply. Default 500,000: the tickers of all markets of an exchange have 75,000. */
  readonly maxValues?: number
}

/** What goes beside the settings and cannot be sent to another process. */
export interface ExchangeHooks {
  readonly now?: () => number
  /** Told each complete reply. */
  readonly onReply?: ((url: string, body: string) => void) | undefined
}

/** Binance's market list, the longest in use, has 7 to 15 MB and some 800,000 values. */
const MAX_REPLY_BYTES = 32 << 20
const MAX_VALUES = 500_000
/** Longest text within a reply: names and numbers have some dozen characters. Some venues parse texts once more. */
const MAX_TEXT = 64 << 10
const INFLATE: Readonly<
  Record<string, (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/** Makes an exchange of ccxt's. Throws `E_PRICES_SOURCE` if ccxt has no such class. */
export async function createExchange(
  id: string,
  settings: ExchangeSettings,
  hooks: ExchangeHooks = {},
): Promise<HardenedExchange> {
  const { urls, rateLimit, options, timeoutMs } = settings
  const Exchange = harden(await loadClass(id), settings, hooks)
  const exchange = new Exchange({
    timeout: timeoutMs,
    enableLastHttpResponse: false,
    enableLastJsonResponse: false,
    enableLastResponseHeaders: false,
    ...(urls === undefined ? {} : { urls: { api: urls } }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(options === undefined ? {} : { options }),
  })
  await exchange.loadFetchImplementation()
  if (exchange.undiciModule === undefined)
    throw fail('E_PRICES_SOURCE', `${id}: ccxt found no undici to ask with`)
  return exchange
}

/** By id: to look a module up costs more than to make an exchange of it. */
const loaded = new Map<string, Promise<unknown>>()

async function loadClass(id: string): Promise<CcxtClass> {
  if (!/^[a-z][a-z0-9]{1,39}$/.test(id)) throw fail('E_PRICES_SOURCE', `"${id}" is no name of an exchange`)
  const known = loaded.get(id) ?? findClass(id)
  loaded.set(id, known)
  const found = await known
  if (typeof found !== 'function') throw fail('E_PRICES_SOURCE', `ccxt has no exchange called "${id}"`)
  return found as CcxtClass
}

/**
 * One class from its own file: five of them take 0.4 s and 43 MB, the whole package 1.7 s and 87 MB (measured with
 * 4.5.84). ccxt's package does not promise these files, so the whole of it is the second try.
 */
async function findClass(id: string): Promise<unknown> {
  const file = new URL(`./src/${id}.js`, import.meta.resolve('ccxt')).href
  const single = await import(file).then(
    (module: { default?: unknown }) => module.default,
    () => undefined,
  )
  return single ?? ((await import('ccxt')).default as unknown as Record<string, unknown>)[id]
}

function harden(
  Base: CcxtClass,
  { timeoutMs, within, maxValues = MAX_VALUES }: ExchangeSettings,
  { now = wallMs, onReply }: ExchangeHooks,
): new (settings: object) => HardenedExchange {
  return class extends Base implements HardenedExchange {
    readonly #open = new Set<AbortController>()
    #shut = false
    replyTime: ReplyTime = replyTimeOf({})

    override async undiciRequest(
      url: string,
      params: { readonly signal?: AbortSignal },
    ): Promise<FetchReply> {
      if (this.#shut) throw fail('E_PRICES_CLOSED', `${this.id} is closed`)
      if (within !== undefined && !url.startsWith(within))
        throw fail('E_PRICES_UNREACHABLE', `${this.id} is kept from asking ${new URL(url).host}`)
      const request = new AbortController()
      const timer = setTimeout(() => {
        request.abort(fail('E_PRICES_TIMEOUT', `no complete reply within ${timeoutMs} ms`))
      }, timeoutMs)
      this.#open.add(request)
      const end = (): void => {
        clearTimeout(timer)
        this.#open.delete(request)
      }
      const guarded = async <T>(work: Promise<T>): Promise<T> => {
        try {
          return await work
        } catch (error) {
          end()
          throw request.signal.aborted ? request.signal.reason : codedError(error, this.serverNow())
        }
      }
      const reply = await guarded(super.undiciRequest(url, { ...params, signal: request.signal }))
      this.replyTime = replyTimeOf(reply.headers)
      // Everything else is left to ccxt, which knows the venues' own error bodies.
      const refused = refusalOf(reply.status)
      if (refused) {
        // The body may say for how long; it gets no more time than any other reply.
        const body = await guarded(reply.text()).catch(() => '')
        request.abort()
        end()
        const header = reply.headers['retry-after']
        throw fail(...refused, { details: restDetails({ header, body, now: this.serverNow() }) })
      }
      return {
        ...reply,
        text: () =>
          guarded(reply.text())
            .then((body) => {
              onReply?.(url, body)
              return body
            })
            .finally(end),
        arrayBuffer: () => guarded(reply.arrayBuffer()).finally(end),
      }
    }

    override async undiciBody(reply: UndiciReply, binary = false): Promise<unknown> {
      const raw = Buffer.from(await reply.body.arrayBuffer())
      const inflated = INFLATE[String(reply.headers['content-encoding'])]
      const body = inflated ? await inflated(raw, { maxOutputLength: MAX_REPLY_BYTES }) : raw
      return binary ? body : body.toString('utf8')
    }

    override getDispatcherOptions(plain = false): object {
      return { ...super.getDispatcherOptions(plain), maxResponseSize: MAX_REPLY_BYTES }
    }

    override safeTicker(ticker: Readonly<Record<string, unknown>>): CcxtTicker {
      const number = (text: unknown): number | undefined =>
        text === undefined || text === null || text === '' ? undefined : Number(text)
      const { symbol, bid, ask, last, timestamp } = ticker
      return {
        symbol: typeof symbol === 'string' ? symbol : undefined,
        bid: number(bid),
        ask: number(ask),
        last: number(last),
        timestamp: number(timestamp),
      }
    }

    override parseJson(text: string): unknown {
      checkJson(text, { values: maxValues, text: MAX_TEXT })
      return super.parseJson(text)
    }

    serverNow(): number {
      const { dateMs, ageMs } = this.replyTime
      return dateMs === null ? now() : dateMs + ageMs
    }

    abandon(): void {
      for (const request of this.#open) request.abort(fail('E_PRICES_CLOSED', `${this.id} was given up`))
    }

    async shut(): Promise<void> {
      this.#shut = true
      this.abandon()
      await this.fetchDispatcher?.destroy()
    }
  }
}

type PriceCode = Parameters<typeof fail>[0]

const CODE_OF: Readonly<Record<string, PriceCode>> = {
  RequestTimeout: 'E_PRICES_TIMEOUT',
  AbortError: 'E_PRICES_TIMEOUT',
  RateLimitExceeded: 'E_PRICES_LIMITED',
  DDoSProtection: 'E_PRICES_LIMITED',
  AuthenticationError: 'E_PRICES_KEY',
  PermissionDenied: 'E_PRICES_BLOCKED',
  NetworkError: 'E_PRICES_UNREACHABLE',
  ExchangeNotAvailable: 'E_PRICES_UNREACHABLE',
  OnMaintenance: 'E_PRICES_UNREACHABLE',
}
const MAX_MESSAGE = 160
/** How many characters of a message are read: some messages hold whole replies. */
const MAX_READ = 4096

/**
 * Anything that ccxt or its transport throws, as one of ours with one short line: ccxt's messages end with whole
 * bodies, and some of them say how long it wants to be left alone. `now` by the exchange's clock, ms.
 */
export function codedError(error: unknown, now: number): Error {
  if (isCoded(error) && error.code.startsWith('E_PRICES_')) return error
  const { name = '', code = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  const transport =
    /^(UND_ERR_|ECONN|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_)/.test(code) && !code.includes('EXCEEDED')
  const said = messageOf(error).slice(0, MAX_READ)
  const text = said.replace(/<.*/s, '').replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE)
  const found = transport ? 'E_PRICES_UNREACHABLE' : (CODE_OF[name] ?? 'E_PRICES_REPLY')
  const details = found === 'E_PRICES_LIMITED' ? restDetails({ body: said, now }) : {}
  return fail(found, text, { cause: error, details })
}
