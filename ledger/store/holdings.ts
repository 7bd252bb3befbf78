/**
 * What everybody holds, kept in memory beside the tables and brought up to them by what the blocks since have changed:
 * to find the richest by worth all of it is looked at, and to read 100,000 addresses anew takes a second.
 */
import type { InDollars } from '../engine/dollars.js'
import type { Ticker } from '../tickers.js'
import type { LedgerQueries } from './queries.js'

export interface Worth {
  readonly address: string
  readonly usd: bigint
}

export type Holdings = ReturnType<typeof createHoldings>

/** Holdings by one block's prices. */
export type Valued = ReturnType<typeof valuedBy>

/** What stands in the tables of it: `LedgerQueries`. */
type Source = Pick<LedgerQueries, 'about' | 'rollbacks' | 'heldSince' | 'addressOf'>

/** One token: amounts by account, and the same memory as pairs of 32 bits, which numbers are made of much faster. */
interface Column {
  readonly amounts: BigInt64Array
  readonly halves: Uint32Array
}

const TWO_32 = 2 ** 32
/** Some less than the largest amount: whatever is above it is worked out exactly. */
const SURE = 2 ** 62
/** Sums of doubles are much closer than this, and each token's worth is rounded down by less than one unit. */
const [CLOSE, ROUNDED] = [1e-9, 64]

const columnOf = (amounts: BigInt64Array): Column => ({ amounts, halves: new Uint32Array(amounts.buffer) })
const littleEndian = new Uint32Array(BigInt64Array.of(1n).buffer)[0] === 1
const [LOW, HIGH] = littleEndian ? [0, 1] : [1, 0]

export function createHoldings(query: Source) {
  const columns = new Map<Ticker, Column>()
  /** Accounts are numbered from 1 on. */
  let size = 0
  let seen: { readonly height: number; readonly rollbacks: bigint } | null = null

  function set(account: number, ticker: Ticker, amount: bigint): void {
    let column = columns.get(ticker)
    if (column === undefined || account >= column.amounts.length) {
      const grown = new BigInt64Array(Math.max(1024, 2 * account))
      if (column) grown.set(column.amounts)
      columns.set(ticker, (column = columnOf(grown)))
    }
    column.amounts[account] = amount
    size = Math.max(size, account + 1)
  }

  return {
    /** Brings them up to the tables. */
    refresh(): void {
      // Looked up first: what is written meanwhile is read twice then, not never.
      const now = { height: query.about().height, rollbacks: query.rollbacks() }
      const known = seen?.rollbacks === now.rollbacks ? seen.height : null
      if (known === null) {
        columns.clear()
        size = 0
      }
      query.heldSince(known, set)
      seen = now
    },
    valued: (dollars: InDollars): Valued => valuedBy(dollars, columns, { size, addressOf: query.addressOf }),
  }
}

function valuedBy(
  dollars: InDollars,
  columns: ReadonlyMap<Ticker, Column>,
  { size, addressOf }: { readonly size: number; readonly addressOf: Source['addressOf'] },
) {
  const sums = new Float64Array(size)
  let complete = true
  for (const [ticker, { amounts, halves }] of columns) {
    const ratio = dollars.ratio(ticker)
    for (let account = 0, end = Math.min(size, amounts.length); account < end; account++) {
      const amount = (halves[2 * account + HIGH] as number) * TWO_32 + (halves[2 * account + LOW] as number)
      if (amount === 0) continue
      const worth = amount * (ratio ?? 0)
      if (ratio === null || (worth > SURE && dollars(amounts[account] as bigint, ticker) === null))
        complete = false
      else sums[account] = (sums[account] as number) + worth
    }
  }
  const exact = (account: number): bigint => {
    let usd = 0n
    for (const [ticker, { amounts }] of columns) {
      const amount = amounts[account]
      if (amount) usd += dollars(amount, ticker) ?? 0n
    }
    return usd
  }
  let sorted: Float64Array | null = null
  return {
    /** A token that is held has no price, or makes more than an amount can say; it counts as 0. */
    complete,
    /** The largest, those that are worth nothing left out; of equals those that came first. */
    richest(count: number): Worth[] {
      sorted ??= sums.slice().sort()
      const last = sorted[Math.max(0, size - count)] ?? 0
      const least = last * (1 - CLOSE) - ROUNDED
      const found: { readonly account: number; readonly usd: bigint }[] = []
      for (let account = 0; account < size; account++) {
        const sum = sums[account] as number
        if (sum === 0 || sum < least) continue
        const usd = exact(account)
        if (usd > 0n) found.push({ account, usd })
      }
      found.sort((a, b) => (a.usd === b.usd ? a.account - b.account : a.usd < b.usd ? 1 : -1))
      return found.slice(0, count).map(({ account, usd }) => ({ address: addressOf(account), usd }))
    },
  }
}
