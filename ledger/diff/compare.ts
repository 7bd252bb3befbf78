/** Our ledger against that of a running pegnetd: every balance, every supply, and where histories first differ. */
import { fail } from '../errors.js'
import type { LedgerAction } from '../store/pages.js'
import type { LedgerQueries } from '../store/queries.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { addressText } from '../transactions/address.js'
import { MOST_ADDRESSES, type Amounts, type Pegnetd, type RemoteLine } from './pegnetd.js'

export interface Difference {
  /** FA…; null: the supply. */
  readonly address: string | null
  readonly ticker: Ticker
  readonly ours: bigint
  readonly theirs: bigint
}

/** Where the histories of an address part. */
export interface Parting {
  readonly height: number
  readonly address: string
  /** Of the entry that one of them has alone, or that was judged otherwise. */
  readonly hash: string
}

export interface LedgerDiff {
  /** Of the last block that was compared. */
  readonly height: number
  readonly addresses: number
  /** How many balances and supplies differ. */
  readonly count: number
  /** The first of them. */
  readonly differences: readonly Difference[]
  /** Null: balances differ, but no history does. */
  readonly first: Parting | null
}

const SHOWN = 20

/** Throws `E_LEDGER_PEGNETD`, and `E_LEDGER_NONE` if pegnetd is further than our ledger. */
export async function diffLedger(
  query: LedgerQueries,
  pegnetd: Pegnetd,
  onProgress: (done: number, all: number) => void = () => undefined,
): Promise<LedgerDiff> {
  const { supply, height: begun } = await pegnetd.supply()
  let height = reached(query, begun)
  const differences = differencesOf(null, query.issuance(height), supply)
  const wrong = new Set<string>()
  const addresses = [...query.balancesAt(height).keys()]
  for (let done = 0; done < addresses.length; done += MOST_ADDRESSES) {
    onProgress(done, addresses.length)
    const part = addresses.slice(done, done + MOST_ADDRESSES)
    const found = await pegnetd.balances(part.map((address) => addressText(address)))
    height = reached(query, found.height)
    for (const [k, address] of part.entries()) {
      const own = differencesOf(address, query.balancesOf(address, height), found.held[k] ?? new Map())
      if (own.length > 0) wrong.add(address)
      differences.push(...own)
    }
  }
  let first: Parting | null = null
  for (const address of [...wrong].slice(0, SHOWN)) {
    const parting = await partingOf(query, pegnetd, address, height)
    if (parting && (first === null || parting.height < first.height)) first = parting
  }
  return {
    ...{ height, addresses: addresses.length, count: differences.length, first },
    differences: differences.slice(0, SHOWN),
  }
}

function reached(query: LedgerQueries, height: number): number {
  const tip = query.about().height
  if (height <= tip) return height
  throw fail('E_LEDGER_NONE', `pegnetd is at block ${height}, the ledger ends with block ${tip}`)
}

function differencesOf(address: string | null, own: Amounts, remote: Amounts): Difference[] {
  return TICKERS.flatMap((ticker) => {
    const [ours, theirs] = [own.get(ticker) ?? 0n, remote.get(ticker) ?? 0n]
    return ours === theirs
      ? []
      : [{ address: address === null ? null : addressText(address), ticker, ours, theirs }]
  })
}

/** Walks both histories from the beginning to the first line that is not the same. */
async function partingOf(
  query: LedgerQueries,
  pegnetd: Pegnetd,
  address: string,
  height: number,
): Promise<Parting | null> {
  for (let offset = 0; ;) {
    const remote = await pegnetd.history(addressText(address), offset)
    const range = { offset, limit: Math.max(1, remote.length), descending: false }
    const own = query.pageOf({ address }, { kinds: [] }, range).filter((line) => line.height <= height)
    const k = Array.from({ length: Math.max(own.length, remote.length) }).findIndex(
      (_, place) => !isSame(own[place], remote[place]),
    )
    if (k >= 0) return placeOf(address, own[k], remote[k])
    if (remote.length === 0) return null
    offset += remote.length
  }
}

function isSame(own: LedgerAction | undefined, remote: RemoteLine | undefined): boolean {
  if (!own || !remote) return own === remote
  const lines = [own, remote].map(({ hash, index, height, status, amount, result }) =>
    [hash, index, height, status, amount, result].join(' '),
  )
  return lines[0] === lines[1]
}

/** Of an entry that both have the block counts that has judged it. */
function placeOf(address: string, own: LedgerAction | undefined, remote: RemoteLine | undefined): Parting {
  const [one, other] = [own, remote]
  const both = one && other && one.hash === other.hash && one.height === other.height
  const heights = [one, other].flatMap((line) =>
    line ? [both ? Math.max(line.height, line.status) : line.height] : [],
  )
  const earlier = one && other && other.height < one.height ? other : (one ?? other)
  return { height: Math.min(...heights), address: addressText(address), hash: earlier?.hash ?? '' }
}
