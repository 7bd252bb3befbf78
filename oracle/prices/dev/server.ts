/** The embedded exchange's HTTP side: one loopback server for all venues, each below a path of its own name. */
import http, { type OutgoingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'

import { listening } from '../../../base/http-server.js'
import { isPrivateHost, messageOf, wallMs } from '../../../base/index.js'
import { fail } from '../errors.js'
import { binance } from './binance.js'
import { bitstamp } from './bitstamp.js'
import { books, withListed, type Book, type Venue } from './books.js'
import { coinbase } from './coinbase.js'
import { kraken } from './kraken.js'
import { kucoin } from './kucoin.js'
import { gate } from './gate.js'
import { okx } from './okx.js'
import {
  currencyApi,
  erApi,
  exchangerateFun,
  frankfurter,
  goldApi,
  openExchangeRates,
  swissquote,
} from './publishers.js'
import type { Answer } from './reply.js'
import { worth } from './world.js'

/** Trouble with one reply. Bodies are cut or held back after the headers and half of the text. */
export type Trouble =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string | readonly string[]>>
      readonly text?: string
    }
  | { readonly kind: 'body'; readonly type: string; readonly text: string }
  /** A text of so many times the same. */
  | { readonly kind: 'flood'; readonly unit: string; readonly times: number }
  /** One byte a second, without end. */
  | { readonly kind: 'drip' }
  /** The reply of so long ago, with the `Date` of then; `Age` tells that it was stored. */
  | { readonly kind: 'stored'; readonly ageMs: number; readonly tells: boolean }
  | { readonly kind: 'stall-headers' | 'stall-body' | 'reset' | 'truncated' }

/** Scripted trouble, asked at each request. */
export interface Faults {
  reply?(venue: Venue, path: string): Trouble | undefined
  /**
   * What the venue believes its books to be: leave one out, halt it, misprice it. `at` tells what they were at another
   * time.
   */
  books?(venue: Venue, books: Book[], at: (time: number) => Book[]): Book[]
}

export interface DevExchangeOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Equal seeds give equal prices at equal times. */
  readonly seed?: string
  readonly now?: () => number
  readonly faults?: Faults
  /** What a venue lists besides the markets of the world, or in their place. */
  readonly listed?: (venue: Venue, now: number) => readonly Book[]
}

export interface DevExchange {
  /** `http://127.0.0.1:PORT`; `/kraken`, `/coinbase`, … below it. */
  readonly url: string
  /**
   * What one unit of an asset (PegNet's code) is worth now in USD; venues quote it within a few hundredths of a
   * percent.
   */
  truth(asset: string): number
  /** Requests answered so far: `GET /kraken/0/public/Assets`, newest last, at most 1000. */
  readonly log: readonly string[]
  close(): Promise<void>
}

const ANSWERS: Readonly<Record<Venue, Answer>> = {
  kraken,
  coinbase,
  binance,
  bitstamp,
  kucoin,
  okx,
  gate,
  'exchangerate-fun': exchangerateFun,
  oer: openExchangeRates,
  'currency-api': currencyApi,
  'er-api': erApi,
  frankfurter,
  'gold-api': goldApi,
  swissquote,
}
const LOG_LENGTH = 1000
/** Of the world, if none is given. */
export const DEV_SEED = 'pegminer'

/** Starts the embedded exchange on 127.0.0.1. Throws `E_PRICES_DEV` if the port cannot be had. */
export async function startDevExchange(options: DevExchangeOptions = {}): Promise<DevExchange> {
  const { port = 0, seed = DEV_SEED, now = wallMs, faults = {}, listed = () => [] } = options
  const log: string[] = []

  const server = http.createServer((request, response) => {
    if (!isPrivateHost(request.headers.host))
      return send(response, 403, { message: 'ask for it by an address or as localhost' })
    const address = `http://127.0.0.1${request.url}`
    if (!URL.canParse(address)) return send(response, 400, { message: 'the request has no readable path' })
    const url = new URL(address)
    const [, name = '', path = ''] = /^\/([a-z-]+)(\/.*)$/.exec(url.pathname) ?? []
    response.sendDate = false
    response.setHeader('date', new Date(now()).toUTCString())
    log.push(`${request.method} ${url.pathname}${url.search}`)
    if (log.length > LOG_LENGTH) log.shift()

    if (request.method !== 'GET') return send(response, 405, { message: 'this exchange answers GET only' })
    if (!isVenue(name)) return send(response, 404, { message: `no venue called ${name || url.pathname}` })
    const trouble = faults.reply?.(name, path)
    const stored = trouble?.kind === 'stored' ? trouble : undefined
    if (trouble !== undefined && !ANSWERED.includes(trouble.kind)) return troubled(response, trouble)

    const time = now() - (stored?.ageMs ?? 0)
    if (stored !== undefined) response.setHeader('date', new Date(time).toUTCString())
    if (stored?.tells) response.setHeader('age', String(Math.floor(stored.ageMs / 1000)))
    const booksAt = (when: number): Book[] => withListed(books(seed, name, when), listed(name, when))
    const tops = booksAt(time)
    const reply = ANSWERS[name](path, url.searchParams, faults.books?.(name, tops, booksAt) ?? tops, time)
    if (!reply) return send(response, 404, { message: `${name} has nothing at ${path}` })
    if (trouble !== undefined && stored === undefined) return cut(response, reply.body, trouble.kind)
    send(response, reply.status ?? 200, reply.body)
  })

  const { url, close } = await listening(server, { port }, (cause) =>
    fail('E_PRICES_DEV', `the exchange cannot listen on port ${port}: ${messageOf(cause)}`, { cause }),
  )
  return { url, truth: (asset) => worth(seed, asset, now()), log, close }
}

/** Trouble with what the venue answers; any other comes instead of an answer. */
const ANSWERED: readonly Trouble['kind'][] = ['stall-body', 'truncated', 'stored']

const isVenue = (name: string): name is Venue => Object.hasOwn(ANSWERS, name)

const JSON_TYPE = 'application/json'

function send(response: http.ServerResponse, status: number, body: unknown): void {
  write(response, status, { type: JSON_TYPE, text: JSON.stringify(body) })
}

/** Compressed for those who ask for it, as real venues do. */
function write(
  response: http.ServerResponse,
  status: number,
  body: { readonly type: string; readonly text: string },
): void {
  const zip = String(response.req.headers['accept-encoding']).includes('gzip')
  const bytes = zip ? gzipSync(body.text, { level: 1 }) : Buffer.from(body.text)
  response.writeHead(status, {
    'content-type': body.type,
    'content-length': bytes.length,
    ...(zip ? { 'content-encoding': 'gzip' } : {}),
  })
  response.end(bytes)
}

function troubled(response: http.ServerResponse, trouble: Trouble): void {
  switch (trouble.kind) {
    case 'status':
      response.writeHead(trouble.status, {
        'content-type': 'text/html',
        ...trouble.headers,
      } as OutgoingHttpHeaders)
      response.end(trouble.text ?? `<html><body>trouble ${trouble.status}</body></html>`)
      return
    case 'body':
      write(response, 200, trouble)
      return
    case 'flood':
      write(response, 200, { type: JSON_TYPE, text: trouble.unit.repeat(trouble.times) })
      return
    case 'drip':
      return drip(response)
    case 'reset':
      response.destroy()
      return
    case 'stall-headers':
    case 'stall-body':
    case 'truncated':
    case 'stored':
      return
  }
}

const DRIP_MS = 1000

function drip(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': JSON_TYPE })
  response.write('[')
  const timer = setInterval(() => response.write(' '), DRIP_MS).unref()
  response.on('close', () => clearInterval(timer))
}

/** Sends half of a body, then nothing more (`stall-body`) or a closed connection (`truncated`). */
function cut(response: http.ServerResponse, body: unknown, kind: Trouble['kind']): void {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, text.length / 2), () => {
    if (kind === 'truncated') response.destroy()
  })
}
