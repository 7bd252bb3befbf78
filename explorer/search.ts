/** What a person may type: an address in any form, a height, a hash, the first digits of one, a token, a miner's name. */
import { isCoded } from '../base/index.js'
import {
  addressText,
  readAnyAddress,
  readTypedAddress,
  TICKERS,
  type LedgerQueries,
  type Ticker,
} from '../ledger/index.js'

export interface Finding {
  readonly kind: 'block' | 'address' | 'entry' | 'asset' | 'miner'
  readonly name: string
  /** Of its page. */
  readonly path: string
}

export interface Findings {
  readonly q: string
  readonly found: readonly Finding[]
  /** As what it was looked for. */
  readonly tried: readonly string[]
}

const MOST_ENTRIES = 10

/** Hex; null: it is none. */
export function addressOf(text: string): string | null {
  const plain = readAnyAddress(text)
  if (plain !== null) return plain
  try {
    return readTypedAddress(text).address
  } catch (error) {
    if (isCoded(error)) return null
    throw error
  }
}

/** `pusd`, `USD` and `pUSD` are one. */
export function tickerOf(text: string): Ticker | null {
  const wanted = text.toLowerCase()
  return TICKERS.find((ticker) => [wanted, `p${wanted}`].includes(ticker.toLowerCase())) ?? null
}

export function findings(query: LedgerQueries, q: string): Findings {
  const found: Finding[] = []
  const add = (kind: Finding['kind'], name: string): void =>
    void found.push({ kind, name, path: `/explorer/${kind}/${encodeURIComponent(name)}` })
  if (q === '') return { q, found, tried: [] }
  const { height } = query.about()
  if (/^\d{1,10}$/.test(q) && Number(q) <= height) add('block', String(Number(q)))
  const address = addressOf(q)
  if (address !== null) add('address', addressText(address))
  const ticker = tickerOf(q)
  if (ticker !== null) add('asset', ticker)
  if (/^[0-9a-f]{8,64}$/i.test(q))
    for (const hash of query.hashesLike(q.toLowerCase(), MOST_ENTRIES)) add('entry', hash)
  const whose = address === null ? { identity: q } : { address: addressText(address) }
  if (query.recordsOf(whose, { below: 2 ** 32, most: 1 }).length > 0)
    add('miner', address === null ? q : addressText(address))
  return {
    q,
    found,
    tried: [
      `a height up to ${height}`,
      'an address (FA…, Fe…, FE…, or that of a token)',
      'a token',
      'the hash of an entry, or its first 8 digits or more',
      'the name of a miner',
    ],
  }
}
