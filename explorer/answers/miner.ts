/** A miner, by identity or by the address that is paid: its records, how far they lay from the average, its share. */
import { numberIn, unitsText } from '../../base/index.js'
import { addressText, type GradedRecord } from '../../ledger/index.js'
import { addressOf } from '../search.js'
import { powerOf, recordOf, type Answer, type Reader } from './parts.js'

const RECORDS = { least: 1, most: 200, otherwise: 50 }
const HIGHEST = 2 ** 32
/** A share is told of so many blocks up to the miner's last one. */
const SHARE_BLOCKS = 144

export const miner: Answer = (reader, name, asked) => {
  const { query } = reader
  const limit = numberIn(asked, 'limit', RECORDS)
  const below = numberIn(asked, 'before', { least: 0, most: HIGHEST, otherwise: HIGHEST })
  const known = addressOf(name)
  const whose = known === null ? { identity: name } : { address: addressText(known) }
  const found = query.recordsOf(whose, { below, most: limit + 1 })
  if (found.length === 0 && below === HIGHEST) return null
  // A page ends with a whole block, so that the next one begins below it.
  const whole =
    found.length > limit ? found.filter(({ height }) => height > (found.at(-1)?.height ?? 0)) : found
  const page = whole.length > 0 ? whole : found
  const distances = distancesOf(reader, page)
  const to = page[0]?.height ?? 0
  const from = Math.max(0, to - SHARE_BLOCKS + 1)
  const { blocks, records, all, reward } = query.shareOf(whose, { from, to })
  const power = powerOf(query.contentsBefore(to, 1)[0]?.hashes ?? null, reader)
  const share = all === 0 ? 0 : records / all
  return {
    ...whose,
    records: page.map(({ height, ...record }, k) => ({
      ...{ height, ...recordOf(record), distance: distances.ofRecords[k] ?? null },
    })),
    next: found.length > limit ? (page.at(-1)?.height ?? null) : null,
    reward: unitsText(page.reduce((sum, { payout }) => sum + payout, 0n)),
    share: {
      ...{ from, to, blocks, records, all, share, power: power === null ? null : power * share },
      reward: unitsText(reward),
    },
    assets: distances.ofAssets,
  }
}

type Placed = GradedRecord & { readonly height: number }

/** By record the mean of its distances without their signs; by token the means over all records of the page. */
function distancesOf({ query }: Reader, page: readonly Placed[]) {
  const byHeight = new Map([...new Set(page.map(({ height }) => height))].map((h) => [h, query.gradesAt(h)]))
  const sums = new Map<string, { signed: number; plain: number; count: number }>()
  const ofRecords = page.map(({ height, place }) => {
    const grades = byHeight.get(height)
    const own = grades?.distances[place]
    if (!grades || !own || own.length === 0) return null
    for (const [k, ticker] of grades.tickers.entries()) {
      const { signed, plain, count } = sums.get(ticker) ?? { signed: 0, plain: 0, count: 0 }
      const distance = own[k] ?? 0
      sums.set(ticker, { signed: signed + distance, plain: plain + Math.abs(distance), count: count + 1 })
    }
    return own.reduce((sum, distance) => sum + Math.abs(distance), 0) / own.length
  })
  const ofAssets = [...sums].map(([ticker, { signed, plain, count }]) => ({
    ...{ ticker, mean: plain / count, bias: signed / count },
  }))
  return { ofRecords, ofAssets }
}
