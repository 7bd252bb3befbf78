/** A publisher of rates as a price source: a GET or a few, each reply checked before it is believed. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'

import type { AxiosError, AxiosInstance, AxiosResponse } from 'axios'

import {
  isAxiosError,
  isCoded,
  isLoopback,
  Late,
  loadAxios,
  messageOf,
  parseJson,
  withDeadline,
} from '../../base/index.js'
import { refusalOf, restDetails } from './asked-rest.js'
import { fail } from './errors.js'
import type { HttpPreset, Rate } from './http-presets.js'
import { reasonOf } from './reasons.js'
import { replyTimeOf } from './source-clock.js'
import type { Poll, Quote, Reason, ReplyTime, Source } from './types.js'

export interface HttpSourceOptions {
  readonly name: string
  readonly preset: HttpPreset
  /** Base URL instead of the preset's. */
  readonly url?: string
  /** Where the preset wants one. */
  readonly key?: string
  readonly symbols: readonly string[]
  /** For one complete reply. */
  readonly timeoutMs: number
  readonly now: () => number
  /** Told each complete reply; the URL is without the key. */
  readonly onReply?: ((url: string, body: string) => void) | undefined
}

/** open.er-api.com sends 4 kB, Frankfurter 3 kB, Coinbase's table of all coins about 20 kB. */
const MAX_REPLY_BYTES = 2 << 20
/** The longest of them has some 600. */
const MAX_VALUES = 100_000
/** No currency is worth less than this part of a dollar, and no ounce more dollars. */
const MAX_RATE = 1e12

export function createHttpSource(options: HttpSourceOptions): Source {
  const { name, preset, symbols, timeoutMs, now, key = '', onReply } = options
  const url = options.url ?? preset.url
  const secure = url.startsWith('https:')
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 4 })
  let closed = false
  let made: Promise<AxiosInstance> | undefined
  const connect = async (): Promise<AxiosInstance> =>
    (await loadAxios()).create({
      baseURL: url,
      maxContentLength: MAX_REPLY_BYTES,
      maxRedirects: 0,
      responseType: 'text',
      transformResponse: [(body: string) => body],
      headers: { 'user-agent': 'pegminer', accept: 'application/json', ...preset.headers?.(key) },
      ...(secure ? { httpsAgent: agent } : { httpAgent: agent }),
      ...(isLoopback(url) ? { proxy: false as const } : {}),
    })

  async function ask(path: string, signal: AbortSignal): Promise<Answer> {
    const client = await (made ??= connect())
    const { data, headers } = await withDeadline(timeoutMs, signal, (cut) =>
      client.get<string>(path, { signal: cut }),
    )
    onReply?.(hidden(url + path), data)
    const rates = preset.read(readReply(data))
    if (!rates) throw fail('E_PRICES_REPLY', 'its reply is no table of rates')
    // Publishers that leave the instrument to the path are asked for one at a time.
    return {
      replyTime: replyTimeOf(headers),
      rates: rates.map((rate) => (rate.symbol === '' ? { ...rate, symbol: symbolOf(path) } : rate)),
    }
  }

  const symbolOf = (path: string): string => symbols.find((symbol) => path.includes(`/${symbol}`)) ?? ''
  const hidden = (text: string): string =>
    key === '' ? text : text.replaceAll(encodeURIComponent(key), 'KEY')

  async function poll(signal: AbortSignal): Promise<Poll> {
    if (closed) throw fail('E_PRICES_CLOSED', `${name} is closed`)
    const replies = await Promise.allSettled(preset.paths(symbols, key).map((path) => ask(path, signal)))
    const answered = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []))
    const failures = replies.flatMap((reply) =>
      reply.status === 'rejected' ? [codedError(reply.reason, now)] : [],
    )
    const byName = new Map(answered.flatMap(({ rates }) => rates.map((rate) => [rate.symbol, rate])))
    const receivedAt = now()
    const quotes = new Map<string, Quote>()
    const absent = new Map<string, Reason>()
    for (const symbol of symbols) {
      const rate = byName.get(symbol)
      const price = rate ? readRate(rate.price) : undefined
      if (rate && price !== undefined)
        quotes.set(symbol, { price, rule: rate.rule, sourceTime: rate.time, receivedAt })
      else if (rate) absent.set(symbol, { code: 'no-price', detail: 'no usable rate' })
      else
        absent.set(symbol, failures[0] ? reasonOf(failures[0]) : { code: 'not-listed', detail: 'not listed' })
    }
    if (quotes.size > 0) return { quotes, absent, ...oldest(answered) }
    throw failures[0] ?? fail('E_PRICES_REPLY', `has a rate for none of ${symbols.length} asked for`)
  }

  return {
    name,
    origin: preset.origin,
    kind: preset.kind,
    requests: preset.paths(symbols, '').length,
    poll,
    close: () => {
      closed = true
      agent.destroy()
      return Promise.resolve()
    },
  }
}

/** One reply, read. */
interface Answer {
  readonly rates: readonly Rate[]
  readonly replyTime: ReplyTime
}

/** A page of HTML with status 200 stays a text. */
function readReply(text: string): unknown {
  try {
    return parseJson(text, { values: MAX_VALUES })
  } catch (error) {
    if (error instanceof RangeError) throw fail('E_PRICES_REPLY', `its reply is unusable: ${error.message}`)
    return text
  }
}

/** The time that several replies of one poll tell: that of the oldest counts for all. */
function oldest(answers: readonly Answer[]): { readonly replyTime?: ReplyTime } {
  const age = ({ replyTime: { dateMs, ageMs } }: Answer): number => ageMs - (dateMs ?? 0)
  const [first] = [...answers].sort((a, b) => age(b) - age(a))
  return first === undefined ? {} : { replyTime: first.replyTime }
}

/** A rate that can be divided by: some publishers send "0" for a rate that they do not know. */
function readRate(value: unknown): number | undefined {
  const rate = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof rate === 'number' && Number.isFinite(rate) && rate > 0 && rate <= MAX_RATE ? rate : undefined
}

/** axios's errors hold the whole request with its key, so they are not kept as causes. */
function codedError(error: unknown, now: () => number): Error {
  if (isCoded(error) && error.code.startsWith('E_PRICES_')) return error
  if (error instanceof Late) return fail('E_PRICES_TIMEOUT', 'no complete reply in time')
  if (!isAxiosError(error)) return fail('E_PRICES_REPLY', messageOf(error))
  const status = error.response?.status
  if (status !== undefined) return statusError(status, error, now)
  const { code = '', message } = error
  // axios says of a stalled body either of these, and of a broken one the second with a code of Node's.
  const late = code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED'
  const oversized = message.includes('maxContentLength')
  if (late) return fail('E_PRICES_TIMEOUT', 'no complete reply in time')
  return fail(oversized ? 'E_PRICES_REPLY' : 'E_PRICES_UNREACHABLE', message)
}

/** Of a header that was sent more than once Node.js keeps the first value only; here they are all. */
function everyHeader(response: AxiosResponse | undefined, name: string): unknown {
  const { res } = (response?.request ?? {}) as { readonly res?: IncomingMessage }
  return res?.headersDistinct[name]
}

function statusError(status: number, { response }: AxiosError, now: () => number): Error {
  const { headers = {}, data } = response ?? {}
  const { dateMs, ageMs } = replyTimeOf(headers)
  const details = restDetails({
    header: everyHeader(response, 'retry-after'),
    body: typeof data === 'string' ? data : '',
    now: dateMs === null ? now() : dateMs + ageMs,
  })
  const refused = refusalOf(status)
  if (refused) return fail(...refused, { details })
  if (status >= 500)
    return fail('E_PRICES_UNREACHABLE', `reports trouble of its own (HTTP ${status})`, { details })
  return fail('E_PRICES_REPLY', `answered with HTTP ${status}`, { details })
}
