/** What `pegminer grade` has to say about a block, oracle or staking records alike, and its `--json` event. Pure. */
import { hexOfWord } from '../../base/index.js'
import {
  ASSETS,
  distancesOf,
  priceToDecimal,
  shortHash,
  STAKING_ASSETS,
  type AssetCost,
  type GradedBlock,
  type GradedStakingBlock,
  type LeftOut,
} from '../../oracle/index.js'

export interface GradedRow {
  readonly entryHash: string
  /** The miner's identity; of staking records the address. */
  readonly who: string
  /** 16 hex digits; null for staking records. */
  readonly difficulty: string | null
  readonly grade: number
  /** Counts from 0; null if the block is not gradable. */
  readonly place: number | null
  /** PEG, decimal. */
  readonly payout: string
  /** By asset; empty if the record was not compared with others. */
  readonly distances: readonly AssetCost[]
}

export interface GradeReport {
  readonly records: 'oracle' | 'staking'
  readonly height: number
  readonly version: number
  readonly entries: number
  readonly valid: number
  readonly rejected: readonly LeftOut[]
  readonly dropped: readonly LeftOut[]
  readonly gradable: boolean
  readonly order: readonly GradedRow[]
  /** Short hashes: those that the next record must name; of staking records the paid ones. */
  readonly winners: readonly string[]
  /** The best record's prices, decimal USD, record order; empty if the block is not gradable. */
  readonly rates: Readonly<Record<string, string>>
}

export function oracleReport(block: GradedBlock): GradeReport {
  const { graded, records, winners, ...rest } = block
  const assets = ASSETS[block.version]
  return {
    ...rest,
    records: 'oracle',
    valid: records,
    order: graded.map((record) => ({
      ...rowOf(record, assets),
      who: record.opr.identity,
      difficulty: hexOfWord(record.difficulty),
    })),
    winners,
    rates: block.gradable ? ratesOf(assets, graded[0]?.opr.prices) : {},
  }
}

export function stakingReport(block: GradedStakingBlock): GradeReport {
  const { graded, records, ...rest } = block
  return {
    ...rest,
    records: 'staking',
    valid: records,
    order: graded.map((record) => ({
      ...rowOf(record, STAKING_ASSETS),
      who: record.spr.address,
      difficulty: null,
    })),
    winners: graded.filter(({ payout }) => payout > 0n).map(({ entryHash }) => shortHash(entryHash)),
    rates: block.gradable ? ratesOf(STAKING_ASSETS, graded[0]?.spr.prices) : {},
  }
}

type Graded = GradedBlock['graded'][number] | GradedStakingBlock['graded'][number]

function rowOf(
  { entryHash, grade, place, payout, values, averages, band }: Graded,
  assets: readonly string[],
): Omit<GradedRow, 'who' | 'difficulty'> {
  return {
    entryHash,
    grade,
    place: place < 0 ? null : place,
    payout: priceToDecimal(payout),
    distances: distancesOf(values, averages, band).map((distance, k) => ({
      asset: assets[k] as string,
      ...distance,
    })),
  }
}

function ratesOf(assets: readonly string[], prices: readonly bigint[] = []): Record<string, string> {
  return Object.fromEntries(assets.map((asset, k) => [asset, priceToDecimal(prices[k] ?? 0n)]))
}

/** The 64 bits of a double, hex: they differ where two grades look alike. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return hexOfWord(view.getBigUint64(0))
}

/** The `graded` event; `detailed` adds each record's distances by asset. */
export function gradedEvent(report: GradeReport, detailed: boolean) {
  const { height, version, entries, valid, rejected, order, winners, rates } = report
  return {
    event: 'graded' as const,
    height,
    version,
    entries,
    valid,
    rejected: rejected.map(({ entryHash, reason }) => ({ entryHash, reason })),
    order: order.map(({ entryHash, difficulty, grade, place, payout, distances }) => ({
      entryHash,
      difficulty,
      grade,
      gradeBits: bitsOf(grade),
      place,
      payout,
      ...(detailed
        ? { distances: Object.fromEntries(distances.map(({ asset, distance }) => [asset, distance])) }
        : {}),
    })),
    winners,
    rates,
  }
}

/** What was found out about a block besides its grades; the `checked` event. */
export interface GradeCheck {
  readonly file: string
  /** Where the winners come from that the block is compared with. */
  readonly origin: 'file' | 'history'
  readonly height: number
  /** Proofs of work that were hashed again; null if they were trusted or there are none. */
  readonly claims: { readonly checked: number; readonly false: readonly string[] } | null
  readonly dropped: readonly Pick<LeftOut, 'entryHash' | 'reason'>[]
  /** Whether the winners are those that the file names; null if it names none. */
  readonly winnersAgree: boolean | null
  /** Places from 0 where they differ. */
  readonly differences: readonly number[]
  readonly milliseconds: number
}

/** Places at which two lists of winners differ. */
export function differencesOf(ours: readonly string[], theirs: readonly string[]): number[] {
  const places = Array.from({ length: Math.max(ours.length, theirs.length) }, (_, k) => k)
  return places.filter((k) => ours[k] !== theirs[k]?.toLowerCase())
}
