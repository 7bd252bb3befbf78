/** One line of the history: a graded block, or a height for which records of ours were meant. Read in pieces. */
import type { HistoryQueries, OprBlock, OwnRecord, OwnStake, Rates } from '../../oracle/index.js'

export interface HistoryRow {
  readonly height: number
  /** Null where the chain has no records at this height, or it is not followed yet. */
  readonly block: OprBlock | null
  readonly rates: Rates['prices']
  /** Records of ours that were mined for this height. */
  readonly own: readonly OwnRecord[]
  /** Those of them that are paid. */
  readonly paid: readonly OwnRecord[]
  /** Staking records of ours that were made for this height. */
  readonly stakes: readonly OwnStake[]
}

export interface RowRange {
  readonly from: number
  readonly to: number
  /** Most graded blocks, counted from the highest. */
  readonly last?: number
}

const PIECE = 200

export function* readRows(query: HistoryQueries, { from, to, last }: RowRange): Generator<HistoryRow> {
  const begin = last === undefined ? from : (query.blocks({ from, to, last })[0]?.height ?? from)
  for (let height = begin; height <= to; height += PIECE) {
    const piece = { from: height, to: Math.min(to, height + PIECE - 1) }
    const blocks = new Map(query.blocks(piece).map((block) => [block.height, block]))
    const own = byHeight(query.own(piece))
    const stakes = byHeight(query.ownStakes(piece))
    const heights = [...new Set([...blocks.keys(), ...own.keys(), ...stakes.keys()])].sort((a, b) => a - b)
    for (const at of heights) {
      const records = own.get(at) ?? []
      yield {
        height: at,
        block: blocks.get(at) ?? null,
        rates: query.ratesAt(at)?.prices ?? new Map<string, bigint>(),
        own: records,
        paid: records.filter(({ payout }) => (payout ?? 0n) > 0n),
        stakes: stakes.get(at) ?? [],
      }
    }
  }
}

function byHeight<T extends { readonly height: number }>(records: readonly T[]): Map<number, T[]> {
  const found = new Map<number, T[]>()
  for (const record of records) {
    const there = found.get(record.height)
    if (there) there.push(record)
    else found.set(record.height, [record])
  }
  return found
}
