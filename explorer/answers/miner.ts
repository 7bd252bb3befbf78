/** A miner, by identity or by the address that is paid: records, how far they were from the average, share, reward. */
import { Csv, numberIn, unitsText, wantsCsv } from '../../base/index.js'
import { heightsIn, rangeIn, timesOver, type GradedRecord, type Whose } from '../../ledger/index.js'
import { distancesOver, meanOf, whoseOf } from './miner-charts.js'
import { powerOf, recordOf, type Answer, type Reader } from './parts.js'

const RECORDS = { least: 1, most: 200, otherwise: 50 }
const HIGHEST = 2 ** 32
/** So many are graded of a block. */
const MOST_OF_BLOCK = 50
/** Unless a range is given, a share is told of so many blocks up to the miner's last one. */
const SHARE_BLOCKS = 144

export const miner: Answer = (reader, name, asked) => {
  const { query } = reader
  const limit = numberIn(asked, 'limit', RECORDS)
  const below = numberIn(asked, 'before', { least: 0, most: HIGHEST, otherwise: HIGHEST })
  const whose = whoseOf(name)
  const found = query.recordsOf(whose, { below, most: limit + 1 })
  if (found.length === 0 && below === HIGHEST) return null
  const page = found.length > limit ? wholeBlocks(reader, whose, found) : found
  const distances = distancesOfRecords(reader, page)
  const records = page.map(({ height, ...record }, k) => ({
    ...{ height, ...recordOf(record), distance: distances[k] ?? null },
  }))
  if (wantsCsv(asked)) return csvOf(reader, records)
  const total = query.sumsBy(whose, HIGHEST)
  const { first, last } = query.extentOf(whose)
  return {
    ...whose,
    records,
    next: found.length > limit ? (page.at(-1)?.height ?? null) : null,
    reward: unitsText(page.reduce((sum, { payout }) => sum + payout, 0n)),
    total: { ...total, reward: unitsText(total.reward), first, last },
    share: shareOf(reader, whose, { asked, last }),
    assets: distancesByAsset(reader, whose, asked),
  }
}

/** A page ends with a whole block, so that the next one begins below it: with its first, however many that has. */
function wholeBlocks({ query }: Reader, whose: Whose, found: readonly Placed[]): readonly Placed[] {
  const [first, last] = [found[0]?.height, found.at(-1)?.height]
  if (first === undefined || first !== last) return found.filter(({ height }) => height !== last)
  return query
    .recordsOf(whose, { below: first + 1, most: MOST_OF_BLOCK })
    .filter(({ height }) => height === first)
}

function shareOf(
  reader: Reader,
  whose: Whose,
  { asked, last }: { readonly asked: URLSearchParams; readonly last: number },
): object {
  const { query } = reader
  const given = asked.has('from') || asked.has('to')
  const { from, to } = given
    ? rangeIn(asked, reader, query.firstHeight())
    : { from: Math.max(0, last - SHARE_BLOCKS + 1), to: last }
  const [own, ownBefore] = [query.sumsBy(whose, to), query.sumsBy(whose, from - 1)]
  const records = own.records - ownBefore.records
  const all = query.sumsBy(null, to).records - query.sumsBy(null, from - 1).records
  const share = all === 0 ? 0 : records / all
  const power = powerOf(query.contentsBefore(to, 1)[0]?.hashes ?? null, reader)
  return {
    ...{ from, to, blocks: own.blocks - ownBefore.blocks, records, all, share },
    power: power === null ? null : power * share,
    reward: unitsText(own.reward - ownBefore.reward),
  }
}

type Placed = GradedRecord & { readonly height: number }

/** By record the mean of its distances without their signs; null: they are not kept. */
function distancesOfRecords({ query }: Reader, page: readonly Placed[]): (number | null)[] {
  const keyOf = (height: number, place: number): string => `${height} ${place}`
  const known = new Map(
    query.distancesOf(page).map(({ height, place, distances }) => [keyOf(height, place), meanOf(distances)]),
  )
  return page.map(({ height, place }) => known.get(keyOf(height, place)) ?? null)
}

/** By token the means over the miner's best records of the range: of each block with any, or of so many, evenly. */
function distancesByAsset(reader: Reader, whose: Whose, asked: URLSearchParams): object[] {
  const sums = new Map<string, { signed: number; plain: number; count: number }>()
  const heights = heightsIn(asked, rangeIn(asked, reader, reader.query.firstHeight()))
  for (const { tickers, distances } of distancesOver(reader, whose, heights))
    for (const [k, ticker] of tickers.entries()) {
      const { signed, plain, count } = sums.get(ticker) ?? { signed: 0, plain: 0, count: 0 }
      const distance = distances[k] ?? 0
      sums.set(ticker, { signed: signed + distance, plain: plain + Math.abs(distance), count: count + 1 })
    }
  return [...sums].map(([ticker, { signed, plain, count }]) => ({
    ...{ ticker, mean: plain / count, bias: signed / count, blocks: count },
  }))
}

type Row = ReturnType<typeof recordOf> & { readonly height: number; readonly distance: number | null }

/** Without the identity, which may hold anything; the address stands for it. */
function csvOf(reader: Reader, records: readonly Row[]): Csv {
  const times = timesOver(
    reader,
    records.map(({ height }) => height),
  )
  return new Csv(
    ['height', 'time', 'place', 'address', 'payout', 'difficulty', 'distance', 'hash'],
    records.map((row) => [
      ...[row.height, times(row.height), row.place, row.address, row.payout, row.difficulty],
      ...[row.distance, row.entryHash],
    ]),
  )
}
