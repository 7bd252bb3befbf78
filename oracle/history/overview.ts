/**
 * The history at a glance, for a page that many may look at. Every answer costs little, however long the history is: of
 * a long range only some points are read.
 */
import type { Row, Transaction } from '../../base/index.js'
import type { OprBlock } from './types.js'

/** Records of ours, of all time. */
export interface OwnTotals {
  readonly records: number
  /** In a block. */
  readonly landed: number
  /** Paid. */
  readonly places: number
  /** 1e-8 PEG. */
  readonly reward: bigint
}

/** A graded block without its records. */
export type BlockSummary = Pick<OprBlock, 'height' | 'time' | 'entries' | 'valid' | 'gradable' | 'hashPower'>

export interface Point {
  readonly time: number
  readonly value: number
}

export interface PointRange {
  /** UNIX ms, both inclusive. */
  readonly from: number
  readonly to: number
  /** Most of them. */
  readonly points: number
}

/** How many blocks make one point of the network's hashrate: the estimate from one block varies a lot. */
const MEAN_BLOCKS = 12
const UNITS = 1e8

export function createOverview(db: Transaction) {
  const number = (row: Row | undefined, name: string): number | null => {
    const value = row?.[name]
    return value === null || value === undefined ? null : Number(value)
  }

  /** The first height whose block is not older; times rise with heights. */
  function heightAt(time: number): number | null {
    const row = db.one('SELECT min(height) AS low, max(height) AS high FROM blocks')
    let [low, high] = [number(row, 'low'), number(row, 'high')]
    if (low === null || high === null) return null
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = number(db.one('SELECT time FROM blocks WHERE height = ?', middle), 'time')
      if (found !== null && found < time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The heights at which points are looked for, of equal distance; each with the first height of the next. */
  function* piecesOf({ from, to, points }: PointRange): Generator<readonly [begin: number, end: number]> {
    const first = heightAt(from)
    const last = heightAt(to)
    if (first === null || last === null) return
    const step = Math.max(1, Math.ceil((last - first + 1) / points))
    for (let begin = first; begin <= last; begin += step) yield [begin, Math.min(begin + step, last + 1)]
  }

  return {
    totals(): OwnTotals {
      const row = db.one('SELECT * FROM own_totals')
      return {
        records: number(row, 'records') ?? 0,
        landed: number(row, 'landed') ?? 0,
        places: number(row, 'places') ?? 0,
        reward: (row?.['reward'] as bigint | undefined) ?? 0n,
      }
    },
    /** Newest first, below a height. */
    summaries: ({ below, most }: { readonly below: number; readonly most: number }): BlockSummary[] =>
      db
        .all(
          `SELECT o.*, b.time FROM opr_blocks o JOIN blocks b ON b.height = o.height
           WHERE o.height < ? ORDER BY o.height DESC LIMIT ?`,
          ...[below, most],
        )
        .map((row) => ({
          height: Number(row['height']),
          time: Number(row['time']),
          entries: Number(row['entries']),
          valid: Number(row['valid']),
          gradable: Number(row['winners']) > 0,
          hashPower: number(row, 'hash_power'),
        })),
    /** Heights that records of ours were mined for, newest first, below a height. */
    ownHeights({ below, most }: { readonly below: number; readonly most: number }): number[] {
      const heights: number[] = []
      for (let next: number | null = below; heights.length < most;) {
        next = number(db.one('SELECT max(height) AS height FROM own WHERE height < ?', next), 'height')
        if (next === null) break
        heights.push(next)
      }
      return heights
    },
    /** How many entries of a block took no part, by reason. Not kept of blocks that an earlier version graded. */
    refusals: (height: number): { readonly reason: string; readonly count: number }[] =>
      db
        .all('SELECT reason, count FROM refusals WHERE height = ? ORDER BY count DESC, reason', height)
        .map((row) => ({ reason: String(row['reason']), count: Number(row['count']) })),
    /** Estimated hashes a second of the whole network, oldest first; each point the mean of a few blocks. */
    networkHashrates(range: PointRange): Point[] {
      const found: Point[] = []
      for (const piece of piecesOf(range)) {
        const row = db.one(
          `SELECT avg(rate) AS value, max(time) AS time FROM (
             SELECT o.hash_power AS rate, b.time AS time FROM opr_blocks o JOIN blocks b ON b.height = o.height
             WHERE o.height >= ? AND o.height < ? AND o.hash_power IS NOT NULL ORDER BY o.height LIMIT ?)`,
          ...[...piece, MEAN_BLOCKS],
        )
        const [time, value] = [number(row, 'time'), number(row, 'value')]
        if (time !== null && value !== null) found.push({ time, value })
      }
      return found
    },
    /** One asset's price in USD, oldest first. */
    pricePoints(asset: string, range: PointRange): Point[] {
      const found: Point[] = []
      for (const piece of piecesOf(range)) {
        const row = db.one(
          `SELECT r.price, b.time FROM rates r JOIN blocks b ON b.height = r.height
           WHERE r.asset = ? AND r.height >= ? AND r.height < ? ORDER BY r.height LIMIT 1`,
          ...[asset, ...piece],
        )
        const [time, value] = [number(row, 'time'), number(row, 'price')]
        if (time !== null && value !== null) found.push({ time, value: value / UNITS })
      }
      return found
    },
    /** The time of the first block with records; null: none. */
    firstTime: (): number | null =>
      number(
        db.one(
          'SELECT b.time FROM opr_blocks o JOIN blocks b ON b.height = o.height ORDER BY o.height LIMIT 1',
        ),
        'time',
      ),
  }
}
