/** The history of an address, a block or an entry, as the read-only API tells it: a page at a time, the newest first. */
import { BadRequest, Csv, isoTime, numberIn, unitsText, wantsCsv } from '../../base/index.js'
import type { HistoryKey, HistoryPlace, LedgerAction } from '../store/pages.js'
import { addressText } from '../transactions/address.js'
import { addressIn, HIGHEST, rangeIn, tickerIn, type LedgerReader } from './ask.js'

const LIMIT = { least: 1, most: 1000, otherwise: 100 }
const KINDS = ['transfer', 'conversion', 'coinbase', 'burn'] as const

const shown = (action: LedgerAction) => ({
  hash: action.hash,
  index: action.index,
  height: action.height,
  time: isoTime(action.seconds),
  status: action.status > 0 ? 'executed' : action.status < 0 ? 'refused' : 'waiting',
  /** Height of the execution, or the reference's number of the refusal. */
  verdict: action.status,
  kind: action.kind,
  address: addressText(action.address),
  ticker: action.ticker === '' ? null : action.ticker,
  amount: unitsText(action.amount),
  target: action.target === '' ? null : action.target,
  result: unitsText(action.result),
  refund: action.refund === null ? null : unitsText(action.refund),
  outputs: action.outputs.map(({ address, amount }) => ({
    address: addressText(address),
    amount: unitsText(amount),
  })),
})

export type ShownAction = ReturnType<typeof shown>

/** The last line of a page, behind which the next page begins; throws `BadRequest`. */
function placeIn(query: URLSearchParams): HistoryPlace | undefined {
  const text = query.get('before')
  if (text === null) return undefined
  const [, batch, place] = /^(\d{1,15})-(\d{1,9})$/.exec(text) ?? []
  if (batch === undefined || place === undefined)
    throw new BadRequest('before must be next of the page before')
  return { batch: Number(batch), place: Number(place) }
}

function keyIn(query: URLSearchParams): HistoryKey {
  const given = ['address', 'hash', 'height'].filter((name) => query.has(name))
  if (given.length !== 1) throw new BadRequest('give one of address, hash and height')
  if (query.has('address')) return { address: addressIn(query) }
  if (query.has('height'))
    return { height: numberIn(query, 'height', { least: 0, most: HIGHEST, otherwise: 0 }) }
  const hash = query.get('hash') ?? ''
  if (!/^[0-9a-f]{64}$/i.test(hash)) throw new BadRequest('hash must have 64 hexadecimal digits')
  return { hash: hash.toLowerCase() }
}

export interface HistoryPage {
  readonly actions: readonly ShownAction[]
  readonly next: string | null
}

export function historyPage({ query }: LedgerReader, asked: URLSearchParams): HistoryPage | Csv {
  const key = keyIn(asked)
  const limit = numberIn(asked, 'limit', LIMIT)
  const kind = asked.get('kind')
  const known = KINDS.find((name) => name === kind)
  if (kind !== null && known === undefined) throw new BadRequest(`kind must be one of ${KINDS.join(', ')}`)
  const ticker = tickerIn(asked)
  const filter = { kinds: known === undefined ? [] : [known], ...(ticker === undefined ? {} : { ticker }) }
  const range = rangeIn(asked, { query })
  const found = query.pageBefore(key, filter, { ...range, before: placeIn(asked), limit: limit + 1 })
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  const next = last === undefined ? null : `${last.place.batch}-${last.place.place}`
  const actions = page.map(({ action }) => shown(action))
  if (wantsCsv(asked)) return new Csv([...historyColumns], actions.map(historyRow))
  return { actions, next }
}

export const historyColumns = [
  ...['height', 'time', 'hash', 'index', 'kind', 'status', 'address'],
  ...['ticker', 'amount', 'target', 'result', 'refund', 'outputs'],
] as const

export const historyRow = (action: ShownAction): (string | number | null)[] => [
  ...[action.height, action.time, action.hash, action.index, action.kind, action.status, action.address],
  ...[action.ticker, action.amount, action.target, action.result, action.refund],
  action.outputs.map(({ address, amount }) => `${address}:${amount}`).join(' '),
]
