/** Reading the history. Every answer is of the database's state at that moment. */
import { blobOf, hexOf, numberOrNull, type Row, type Transaction } from '../../base/index.js'
import type { OprVersion } from '../../pegnet/index.js'
import { noWinners } from '../grading/index.js'
import { ASSETS } from '../records/index.js'
import { createOverview } from './overview.js'
import { stakesBetween, stakesOf, type StakeTotals } from './own-stakes.js'
import type { AssetCost, OprBlock, OwnRecord, OwnStake, RankedRecord, Rates } from './types.js'

export interface HeightRange {
  /** Default: from the first. */
  readonly from?: number | undefined
  /** Default: to the last. */
  readonly to?: number | undefined
}

export type HistoryQueries = ReturnType<typeof createQueries>

export interface Extent {
  readonly first: number
  readonly last: number
  /** UNIX ms. */
  readonly begin: number
  readonly end: number
  /** How many of them have price records, and how many of those have winners. */
  readonly blocks: number
  readonly gradable: number
}

const HIGHEST = 2 ** 32
/** The network's own token had another code in version 1. */
export const rateCode = (asset: string): string => (asset === 'PNT' ? 'PEG' : asset)
/** Of all versions. Rates are looked up asset by asset: that is their order on disk. */
const ALL_ASSETS: readonly string[] = [...new Set(Object.values(ASSETS).flat().map(rateCode))]

/** `close`: what ends them; without it they live as long as the database. */
export function createQueries(db: Transaction, close: () => void = () => undefined) {
  const bounds = ({ from = 0, to = HIGHEST }: HeightRange): [number, number] => [from, to]
  const BLOCKS = 'SELECT o.*, b.time FROM opr_blocks o JOIN blocks b ON b.height = o.height'

  /** The paid places of a height, as records name them. */
  const shortHashes = (height: number): string[] =>
    db
      .all(
        `SELECT substr(r.entry_hash, 1, 8) AS short FROM records r JOIN opr_blocks o ON o.height = r.height
         WHERE r.height = ? AND r.place < o.winners ORDER BY r.place`,
        height,
      )
      .map((row) => hexOf(row['short']))

  function blockOf(row: Row): OprBlock {
    const height = Number(row['height'])
    const version = Number(row['version']) as OprVersion
    const winnersFrom = numberOrNull(row['winners_from'])
    const gradable = Number(row['winners']) > 0
    return {
      height,
      time: Number(row['time']),
      keyMr: hexOf(row['key_mr']),
      version,
      entries: Number(row['entries']),
      valid: Number(row['valid']),
      gradable,
      winners: winnersFrom === null ? noWinners(version) : shortHashes(winnersFrom),
      winnersFrom,
      hashPower: numberOrNull(row['hash_power']),
      records: gradable ? recordsOf(db, height) : [],
    }
  }

  const ratesAt = (height: number): Rates | null => {
    const marks = ALL_ASSETS.map(() => '?').join()
    const sql = `SELECT r.asset, r.price, r.median, o.winners FROM rates r JOIN opr_blocks o ON o.height = r.height
                 WHERE r.height = ? AND r.asset IN (${marks})`
    const rows = db.all(sql, height, ...ALL_ASSETS)
    const [first] = rows
    if (first === undefined) return null
    const column = (name: string): Map<string, bigint> =>
      new Map(rows.map((row) => [String(row['asset']), priceOf(row[name] ?? row['price'])]))
    const winners = Number(first['winners'])
    return { height, winners, prices: column('price'), medians: column('median') }
  }

  return {
    ...createOverview(db),
    /** The graded block of a height. */
    block(height: number): OprBlock | null {
      const row = db.one(`${BLOCKS} WHERE o.height = ?`, height)
      return row ? blockOf(row) : null
    },
    /** The last graded block below a height, whether it has winners or not. */
    blockBefore(height: number): OprBlock | null {
      const row = db.one(`${BLOCKS} WHERE o.height < ? ORDER BY o.height DESC LIMIT 1`, height)
      return row ? blockOf(row) : null
    },
    /** Graded blocks, lowest first; with `last` the highest so many of them. */
    blocks({ last = HIGHEST, ...range }: HeightRange & { readonly last?: number }): OprBlock[] {
      const where = 'WHERE o.height BETWEEN ? AND ? ORDER BY o.height DESC LIMIT ?'
      return db
        .all(`${BLOCKS} ${where}`, ...bounds(range), last)
        .map(blockOf)
        .reverse()
    },
    /** The last height that was followed; null if there is none. */
    lastHeight: (): number | null =>
      numberOrNull(db.one('SELECT max(height) AS height FROM blocks')?.['height']),
    ratesAt,
    /** What the winners said in the last block with winners below a height. */
    ratesBefore(height: number): Rates | null {
      const from = 'SELECT max(height) AS height FROM opr_blocks WHERE height < ? AND winners > 0'
      const found = numberOrNull(db.one(from, height)?.['height'])
      return found === null ? null : ratesAt(found)
    },
    /** One asset's prices, lowest height first. */
    prices(asset: string, range: HeightRange): { readonly height: number; readonly price: bigint }[] {
      return db
        .all(
          'SELECT height, price FROM rates WHERE asset = ? AND height BETWEEN ? AND ? ORDER BY height',
          asset,
          ...bounds(range),
        )
        .map((row) => ({ height: Number(row['height']), price: priceOf(row['price']) }))
    },
    /** Estimated hash power of the network, lowest height first. */
    hashPowers: (range: HeightRange): { readonly height: number; readonly hashPower: number }[] =>
      db
        .all(
          `SELECT height, hash_power FROM opr_blocks
           WHERE hash_power IS NOT NULL AND height BETWEEN ? AND ? ORDER BY height`,
          ...bounds(range),
        )
        .map((row) => ({ height: Number(row['height']), hashPower: Number(row['hash_power']) })),
    /** Heights that are known, and the times of the first and the last block. */
    extent: (range: HeightRange): Extent | null => extentOf(db, bounds(range)),
    /** Assets that have prices, in the order of records. */
    assets: (): string[] =>
      ALL_ASSETS.filter((asset) => db.one('SELECT 1 FROM rates WHERE asset = ? LIMIT 1', asset)),
    /** The height of the block that a record of ours is in; null while it is in none. */
    placeOf: (entryHash: string): number | null =>
      numberOrNull(db.one('SELECT block FROM own WHERE entry_hash = ?', blobOf(entryHash))?.['block']),
    /** Records of ours, by the height that they were mined for. */
    own: (range: HeightRange): OwnRecord[] =>
      db
        .all(
          'SELECT * FROM own WHERE height BETWEEN ? AND ? ORDER BY height, place IS NULL, place, entry_hash',
          ...bounds(range),
        )
        .map(ownOf),
    /** Staking records of ours, by the height that they were made for. */
    ownStakes: (range: HeightRange): OwnStake[] => stakesBetween(db, bounds(range)),
    /** Those of an address. */
    stakesOf: (address: string): StakeTotals => stakesOf(db, address),
    close,
  }
}

const recordsOf = (db: Transaction, height: number): RankedRecord[] =>
  db
    .all(
      `SELECT r.*, m.identity, m.address FROM records r JOIN miners m ON m.id = r.miner
       WHERE r.height = ? ORDER BY r.place`,
      height,
    )
    .map((row) => ({
      entryHash: hexOf(row['entry_hash']),
      place: Number(row['place']),
      identity: String(row['identity']),
      address: String(row['address']),
      difficulty: BigInt(`0x${hexOf(row['difficulty'])}`),
      grade: row['grade'] === null ? NaN : Number(row['grade']),
      payout: row['payout'] as bigint,
    }))

function extentOf(db: Transaction, heights: readonly [number, number]): Extent | null {
  const row = db.one(
    `SELECT min(b.height) AS first, max(b.height) AS last, min(iif(o.height IS NULL, NULL, b.time)) AS begin, max(b.time) AS end,
       count(o.height) AS graded, sum(o.winners > 0) AS gradable
     FROM blocks b LEFT JOIN opr_blocks o ON o.height = b.height WHERE b.height BETWEEN ? AND ?`,
    ...heights,
  )
  if (row?.['first'] === null || row?.['first'] === undefined) return null
  return {
    first: Number(row['first']),
    last: Number(row['last']),
    begin: Number(row['begin'] ?? row['end']),
    end: Number(row['end']),
    blocks: Number(row['graded']),
    gradable: Number(row['gradable'] ?? 0),
  }
}

function ownOf(row: Row): OwnRecord {
  const block = numberOrNull(row['block'])
  return {
    entryHash: hexOf(row['entry_hash']),
    height: Number(row['height']),
    status: row['status'] as OwnRecord['status'],
    reason: row['reason'] as string | null,
    nonce: row['nonce'] === null ? null : hexOf(row['nonce']),
    difficulty: row['difficulty'] === null ? null : hexOf(row['difficulty']),
    submitted: numberOrNull(row['submitted']),
    acknowledged: numberOrNull(row['acknowledged']),
    block,
    ...(block === null
      ? {}
      : {
          verdict: String(row['verdict']),
          place: numberOrNull(row['place']),
          payout: row['payout'] as bigint | null,
          grade: numberOrNull(row['grade']),
          costs: costsOf(row['costs']),
        }),
  }
}

function costsOf(text: unknown): AssetCost[] {
  const list = JSON.parse(typeof text === 'string' ? text : '[]') as [string, number, number][]
  return list.map(([asset, distance, cost]) => ({ asset, distance, cost }))
}

/** Prices from 2^63 on are kept as text. */
function priceOf(value: unknown): bigint {
  return BigInt(value as bigint | string)
}
