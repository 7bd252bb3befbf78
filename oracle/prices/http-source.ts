/** A publisher of rates as a price source: a GET or a few, each reply checked before it is believed. */
import http from 'node:http'
import https from 'node:https'

import axios, { isAxiosError, isCancel, type AxiosError } from 'axios'

import { isCoded, messageOf } from '../../config/index.js'
import { fail } from './errors.js'
import type { HttpPreset, Rate } from './http-presets.js'
import type { Poll, Quote, Source } from './types.js'

export interface HttpSourceOptions {
  readonly name: string
  readonly preset: HttpPreset
  /** Base URL instead of the preset's. */
  readonly url?: string
  readonly symbols: readonly string[]
  /** For one complete reply. */
  readonly timeoutMs: number
  readonly now: () => number
}

/** open.er-api.com sends 4 kB, Frankfurter 3 kB, Coinbase's table of all coins about 20 kB. */
const MAX_REPLY_BYTES = 2 << 20
/** No currency is worth less than this part of a dollar, and no ounce more dollars. */
const MAX_RATE = 1e12
const MAX_RETRY_AFTER_S = 86_400

export function createHttpSource(options: HttpSourceOptions): Source {
  const { name, preset, symbols, timeoutMs, now } = options
  const url = options.url ?? preset.url
  const secure = url.startsWith('https:')
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 4 })
  let closed = false
  const client = axios.create({
    baseURL: url,
    timeout: timeoutMs,
    maxContentLength: MAX_REPLY_BYTES,
    maxRedirects: 0,
    responseType: 'json',
    headers: { 'user-agent': 'pegminer', accept: 'application/json' },
    ...(secure ? { httpsAgent: agent } : { httpAgent: agent }),
    ...(isLoopback(url) ? { proxy: false as const } : {}),
  })

  async function ask(path: string, signal: AbortSignal): Promise<readonly Rate[]> {
    const rates = await client.get<unknown>(path, { signal }).then(({ data }) => preset.read(data))
    // A page of HTML with status 200 is a text here.
    if (!rates) throw fail('E_PRICES_REPLY', 'its reply is no table of rates')
    // Publishers that leave the instrument to the path are asked for one at a time.
    return rates.map((rate) => (rate.symbol === '' ? { ...rate, symbol: symbolOf(path) } : rate))
  }

  const symbolOf = (path: string): string => symbols.find((symbol) => path.includes(`/${symbol}`)) ?? ''

  async function poll(signal: AbortSignal): Promise<Poll> {
    if (closed) throw fail('E_PRICES_CLOSED', `${name} is closed`)
    const replies = await Promise.allSettled(preset.paths(symbols).map((path) => ask(path, signal)))
    const rates = replies.flatMap((reply) => (reply.status === 'fulfilled' ? reply.value : []))
    const failures = replies.flatMap((reply) =>
      reply.status === 'rejected' ? [codedError(reply.reason)] : [],
    )
    const byName = new Map(rates.map((rate) => [rate.symbol, rate]))
    const receivedAt = now()
    const quotes = new Map<string, Quote>()
    const absent = new Map<string, string>()
    for (const symbol of symbols) {
      const rate = byName.get(symbol)
      const price = rate ? readRate(rate.price) : undefined
      if (rate && price !== undefined)
        quotes.set(symbol, { price, rule: rate.rule, sourceTime: rate.time, receivedAt })
      else absent.set(symbol, rate ? 'no usable rate' : (failures[0]?.message ?? 'not listed'))
    }
    if (quotes.size > 0) return { quotes, absent }
    throw failures[0] ?? fail('E_PRICES_REPLY', `has a rate for none of ${symbols.length} asked for`)
  }

  return {
    name,
    origin: preset.origin,
    kind: preset.kind,
    poll,
    close: () => {
      closed = true
      agent.destroy()
      return Promise.resolve()
    },
  }
}

/** A rate that can be divided by: some publishers send "0" for what they do not know. */
function readRate(value: unknown): number | undefined {
  const rate = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof rate === 'number' && Number.isFinite(rate) && rate > 0 && rate <= MAX_RATE ? rate : undefined
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function codedError(error: unknown): Error {
  if (isCoded(error) && error.code.startsWith('E_PRICES_')) return error
  if (isCancel(error)) return fail('E_PRICES_TIMEOUT', 'no complete reply in time', { cause: error })
  if (!isAxiosError(error)) return fail('E_PRICES_REPLY', messageOf(error), { cause: error })
  const status = error.response?.status
  if (status !== undefined) return statusError(status, error)
  const { code = '', message } = error
  // axios says of a stalled body either of these, and of a broken one the second with a code of Node's.
  const late = code === 'ECONNABORTED' || code === 'ETIMEDOUT'
  const oversized = message.includes('maxContentLength')
  if (late) return fail('E_PRICES_TIMEOUT', 'no complete reply in time', { cause: error })
  return fail(oversized ? 'E_PRICES_REPLY' : 'E_PRICES_UNREACHABLE', message, { cause: error })
}

function statusError(status: number, error: AxiosError): Error {
  if ([401, 403, 407, 451].includes(status))
    return fail('E_PRICES_BLOCKED', `refused the request (HTTP ${status})`, { cause: error })
  if (status === 429 || status === 418) {
    const seconds = Number(error.response?.headers['retry-after'])
    const details = seconds > 0 && seconds <= MAX_RETRY_AFTER_S ? { retryAfterMs: seconds * 1000 } : {}
    return fail('E_PRICES_LIMITED', `asks for fewer requests (HTTP ${status})`, { cause: error, details })
  }
  if (status >= 500)
    return fail('E_PRICES_UNREACHABLE', `reports trouble of its own (HTTP ${status})`, { cause: error })
  return fail('E_PRICES_REPLY', `answered with HTTP ${status}`, { cause: error })
}
