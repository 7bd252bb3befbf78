/**
 * Trouble of the embedded exchange: which venue has which trouble, from when to when. Written by hand
 * (`binance:429@1m+2m, all:depeg@5m+3m`) or made up at random, which is a pure function of seed and time.
 */
import { fail } from '../errors.js'
import { decimal, VENUES, type Book, type BookLevel, type Venue } from './books.js'
import type { Faults, Trouble } from './server.js'

const DAY = 86_400_000

/** Trouble with replies. */
const REPLIES: Readonly<Record<string, Trouble>> = {
  '429': { kind: 'status', status: 429, headers: { 'retry-after': '20' } },
  '451': { kind: 'status', status: 451 },
  '503': { kind: 'status', status: 503 },
  html: { kind: 'body', type: 'text/html', text: '<html><body>maintenance</body></html>' },
  'stall-headers': { kind: 'stall-headers' },
  'stall-body': { kind: 'stall-body' },
  truncated: { kind: 'truncated' },
  reset: { kind: 'reset' },
  /** 30 MB of opening brackets, and ten million objects: cheap to send, dear to parse. */
  brackets: { kind: 'flood', unit: '[', times: 30 << 20 },
  objects: { kind: 'flood', unit: '{},', times: 10_000_000 },
  drip: { kind: 'drip' },
  /** What it said five days ago, handed out by a cache that says so, or does not. */
  stored: { kind: 'stored', ageMs: 5 * DAY, tells: true },
  'stored-silent': { kind: 'stored', ageMs: 5 * DAY, tells: false },
}

/** Refusals that ask for hours, each in its venues' way. */
const BANS: Readonly<Record<string, (now: number) => Trouble>> = {
  /** As Binance bans for three days. */
  ban: (now) => ({
    kind: 'status',
    status: 418,
    headers: { 'retry-after': String((3 * DAY) / 1000) },
    text: banned(now + 3 * DAY),
  }),
  'ban-in-text': (now) => ({ kind: 'status', status: 429, text: banned(now + 3 * DAY) }),
  '429-date': (now) => ({
    kind: 'status',
    status: 429,
    headers: { 'retry-after': new Date(now + DAY / 4).toUTCString() },
  }),
  '429-odd': () => ({ kind: 'status', status: 429, headers: { 'retry-after': 'later, please' } }),
  /** Kraken's, with status 200. */
  lockout: () => ({
    kind: 'body',
    type: 'application/json',
    text: '{"error":["EGeneral:Temporary lockout"]}',
  }),
}
const banned = (until: number): string =>
  JSON.stringify({ code: -1003, msg: `Way too many requests; IP banned until ${until}.` })

/** Trouble with what a venue believes its markets to be. */
const BOOKS: Readonly<Record<string, (book: Book) => Book | null>> = {
  /** 20 % too high on everything. */
  liar: (book) => scaled(book, 1.2),
  /** 20 % too low on one market of six. */
  outlier: (book) => (hash(book.base) % 6 === 0 ? scaled(book, 0.8) : book),
  /** One market of six is not listed any more. */
  delist: (book) => (hash(book.base) % 6 === 1 ? null : book),
  halt: (book) => (hash(book.base) % 6 === 2 ? { ...book, trading: false } : book),
  zero: (book) => (hash(book.base) % 6 === 3 ? { ...book, bid: '0', ask: '0', last: '0' } : book),
  /** A Tether is worth 0.90 at all venues: at one of them alone it would be a lie. */
  depeg: (book) =>
    book.base === 'USDT' ? scaled(book, 0.9) : book.quote === 'USDT' ? scaled(book, 1 / 0.9) : book,
}

/** All books as they were when the trouble began, their times too. */
const FROZEN = 'frozen'

/** Names of all kinds of trouble. */
export const TROUBLES: readonly string[] = [
  ...Object.keys(REPLIES),
  ...Object.keys(BANS),
  ...Object.keys(BOOKS),
  FROZEN,
]

export interface Incident {
  readonly venue: Venue | 'all'
  readonly kind: string
  /** After the start of the exchange, ms. */
  readonly from: number
  readonly until: number
}

/** The incidents at a time after the start, ms. */
export type Script = (time: number) => readonly Incident[]

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/**
 * Reads a script: `random`, `random:SEED`, or incidents `VENUE:KIND@FROM+FOR` with commas between them; `@FROM+FOR`
 * may be left out for always. Throws `E_PRICES_TROUBLE`.
 */
export function parseTrouble(text: string): Script {
  const [, seed] = /^random(?::(\w{1,40}))?$/.exec(text.trim()) ?? []
  if (/^random(:|$)/.test(text.trim()) && !text.includes('@')) return randomTrouble(seed ?? 'trouble')
  const incidents = text.split(',').map(readIncident)
  return (time) => incidents.filter(({ from, until }) => time >= from && time < until)
}

function readIncident(text: string): Incident {
  const [, venue = '', kind = '', from, length] =
    /^([a-z-]+):([a-z0-9-]+)(?:@(\d{1,6}[smh])\+(\d{1,6}[smh]))?$/.exec(text.trim()) ?? []
  const known: readonly string[] = ['all', ...VENUES]
  if (!known.includes(venue) || !TROUBLES.includes(kind))
    throw fail(
      'E_PRICES_TROUBLE',
      `"${text.trim().slice(0, 60)}" is no trouble; write VENUE:KIND@FROM+FOR such as binance:429@1m+2m, with a venue (${known.join(' ')}) and a kind (${TROUBLES.join(' ')})`,
    )
  const start = from === undefined ? 0 : duration(from)
  return {
    venue: venue as Venue | 'all',
    kind,
    from: start,
    until: length === undefined ? Infinity : start + duration(length),
  }
}

const duration = (text: string): number => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 0)

const SLOT = 30_000
/** At most so many venues are in trouble at once: what remains can still price everything. */
const AT_ONCE = 2

/**
 * A script of troubles: in every second half minute or so a venue gets into trouble for one to three half minutes; only
 * one at a time lies. Now and then Tether loses its peg for two minutes.
 */
function randomTrouble(seed: string): Script {
  // A ban would outlast its incident by days.
  const kinds = TROUBLES.filter((kind) => kind !== 'depeg' && !Object.hasOwn(BANS, kind))
  const startingAt = (slot: number): Incident[] => {
    if (slot < 1) return []
    const from = slot * SLOT
    const draw = hash(`${seed}/${slot}`)
    const venue = VENUES[(draw >>> 3) % VENUES.length] ?? 'kraken'
    const kind = kinds[(draw >>> 9) % kinds.length] ?? '503'
    const until = from + SLOT * (1 + ((draw >>> 17) % 3))
    const single: Incident[] = draw % 2 === 0 ? [] : [{ venue, kind, from, until }]
    const peg = slot % 16 === 8 && hash(`${seed}/peg/${slot}`) % 2 === 0
    return peg ? [...single, { venue: 'all', kind: 'depeg', from, until: from + 4 * SLOT }] : single
  }
  return (time) => {
    const slot = Math.floor(time / SLOT)
    const all = [3, 2, 1, 0]
      .flatMap((back) => startingAt(slot - back))
      .filter(({ from, until }) => time >= from && time < until)
    const single = all.filter(({ venue }) => venue !== 'all')
    const honest = single.filter(
      ({ kind }, place) =>
        !LIES.includes(kind) || single.findIndex((each) => LIES.includes(each.kind)) === place,
    )
    return [...honest.slice(0, AT_ONCE), ...all.filter(({ venue }) => venue === 'all')]
  }
}
const LIES = ['liar', 'outlier']

/** Faults for the embedded exchange that follow a script. `now` is the exchange's clock. */
export function troubleFaults(script: Script, now: () => number, start = now()): Required<Faults> {
  const at = (venue: Venue): Incident[] =>
    script(now() - start).filter((incident) => incident.venue === venue || incident.venue === 'all')
  return {
    reply: (venue) => at(venue).flatMap(({ kind }) => REPLIES[kind] ?? BANS[kind]?.(now()) ?? [])[0],
    books: (venue, books, booksAt) => {
      const incidents = at(venue)
      const frozen = incidents.find(({ kind }) => kind === FROZEN)
      return incidents.reduce<Book[]>(
        (list, { kind }) => {
          const change = BOOKS[kind]
          return change === undefined ? list : list.flatMap((book) => change(book) ?? [])
        },
        frozen === undefined ? books : booksAt(start + frozen.from),
      )
    },
  }
}

function scaled(book: Book, by: number): Book {
  const scale = (text: string): string => (Number(text) > 0 ? decimal(Number(text) * by) : text)
  const each = (levels: readonly BookLevel[]): BookLevel[] =>
    levels.map(([price, amount]) => [scale(price), amount])
  const levels = book.levels && { bids: each(book.levels.bids), asks: each(book.levels.asks) }
  return {
    ...{ ...book, bid: scale(book.bid), ask: scale(book.ask), last: scale(book.last) },
    ...(levels ? { levels } : {}),
  }
}

/** FNV-1a with MurmurHash3's finalizer, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
