/** What the API tells of before this run: read from the history and from what earlier runs measured. */
import { BadRequest, nameIn, numberIn, unitsText } from '../base/index.js'
import type { Board, BoardBlock, BoardEntry } from './board.js'
import type { StakePast } from './staking.js'

export interface PastBlock {
  readonly height: number
  readonly time: number
  readonly records: number
  readonly valid: number
  /** Whether it had enough valid records, so that winners are paid. */
  readonly gradable: boolean
  /** Hashes a second of the whole network. */
  readonly network: number | null
  /** Of ours, from 1. */
  readonly places: readonly number[]
  /** 1e-8 PEG. */
  readonly reward: bigint
}

export interface PastTotals {
  /** Of the first block that was graded, ms since 1970. */
  readonly since: number | null
  readonly records: number
  readonly landed: number
  readonly places: number
  readonly reward: bigint
}

/** An answer of `block`: plain values. */
export type BlockDetails = Readonly<Record<string, unknown>>

export interface SeriesPoint {
  readonly time: number
  readonly value: number
}

export interface SeriesRange {
  readonly from: number
  readonly to: number
  readonly points: number
}

/** Charts of a program. */
export interface PastSeries {
  names(): readonly string[]
  /** Null: there is no such name. */
  points(name: string, range: SeriesRange): readonly SeriesPoint[] | null
}

export interface LogLine {
  readonly id: number
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

export interface PastLog {
  /** Newest first. */
  lines(page: { readonly below: number; readonly most: number }): readonly LogLine[]
}

export interface Past extends PastSeries, PastLog {
  totals(): PastTotals | null
  /** Newest first. */
  blocks(page: { readonly below: number; readonly most: number }): readonly PastBlock[]
  /** Records of ours, of so many heights. Newest first. */
  entries(page: { readonly below: number; readonly heights: number }): readonly BoardEntry[]
  /** Staking records of an address of ours; null: they cannot be read. */
  stakes(address: string): StakePast | null
  /** Null: it is not known. */
  block(height: number): BlockDetails | null
}

const HIGHEST = 2 ** 32
const MOST_POINTS = 400
const HOUR_MS = 3_600_000
/** Ten years. */
const MOST_HOURS = 87_600
const PAGE = { least: 1, most: 100, otherwise: 50 }
/** Records are up to 25 a height. */
const HEIGHTS = { least: 1, most: 20, otherwise: 8 }
const BELOW = { least: 0, most: HIGHEST, otherwise: HIGHEST }

export const totalsOf = (past: Past | undefined): object | null => {
  const totals = past?.totals() ?? null
  return totals && { ...totals, reward: unitsText(totals.reward) }
}

/** A page of blocks: those of the history, and what this run says of blocks that are not in it. */
export function blocksPage(query: URLSearchParams, board: Board, past: Past | undefined): object {
  const below = numberIn(query, 'before', BELOW)
  const most = numberIn(query, 'limit', PAGE)
  const known = new Map(board.blocks().map((block) => [block.height, block]))
  const kept = (past?.blocks({ below, most: most + 1 }) ?? []).map((block) => shownBlock(block, known))
  const heights = new Set(kept.map(({ height }) => height))
  const lowest = kept.length > most ? (kept[most - 1]?.height ?? 0) : 0
  const own = [...known.values()].filter(
    ({ height }) => height < below && height >= lowest && !heights.has(height),
  )
  const all = [...kept, ...own].sort((a, b) => b.height - a.height)
  return { blocks: all.slice(0, most), more: all.length > most }
}

/** The history knows all about a block, except why no record of ours is in it. */
function shownBlock(
  { places, reward, ...block }: PastBlock,
  known: ReadonlyMap<number, BoardBlock>,
): BoardBlock & { readonly network: number | null } {
  const skipped = places.length === 0 ? (known.get(block.height)?.skipped ?? null) : null
  return { ...block, places, reward: unitsText(reward), skipped }
}

/** A page of records of ours: of this run while it remembers them, then of the history. */
export function entriesPage(query: URLSearchParams, board: Board, past: Past | undefined): object {
  const below = numberIn(query, 'before', BELOW)
  const heights = numberIn(query, 'heights', HEIGHTS)
  const known = board.entries()
  const lasting = past?.entries({ below, heights: heights + 1 }) ?? []
  const fresh = new Map(known.map((entry) => [entry.entryHash, entry]))
  const merged = [
    ...known.filter(({ height }) => height < below),
    ...lasting.filter(({ entryHash }) => !fresh.has(entryHash)),
  ]
  const wanted = [...new Set(merged.map(({ height }) => height))].sort((a, b) => b - a)
  const shown = new Set(wanted.slice(0, heights))
  const entries = merged.filter(({ height }) => shown.has(height)).sort(byHeightAndPlace)
  return { entries, more: wanted.length > heights }
}

const byHeightAndPlace = (a: BoardEntry, b: BoardEntry): number =>
  b.height - a.height || (a.place ?? Infinity) - (b.place ?? Infinity) || b.time - a.time

export function blockPage(query: URLSearchParams, past: Past | undefined): object {
  const height = numberIn(query, 'height', { ...BELOW, otherwise: -1 })
  if (height < 0) throw new BadRequest('height is missing')
  const found = past?.block(height)
  if (!found) throw new BadRequest(`block ${height} is not known here`)
  return found
}

export function seriesPage(query: URLSearchParams, past: PastSeries | undefined, now: number): object {
  const names = past?.names() ?? []
  if (!query.has('name')) return { names, name: null, points: [] }
  const name = nameIn(query, 'name')
  const hours = numberIn(query, 'hours', { least: 1, most: MOST_HOURS, otherwise: 24 })
  const points = past?.points(name, { from: now - hours * HOUR_MS, to: now, points: MOST_POINTS })
  if (!points) throw new BadRequest(`there is no series ${name}; see names`)
  return { names, name, points }
}

export function logPage(query: URLSearchParams, past: PastLog | undefined): object {
  const below = numberIn(query, 'before', { ...BELOW, most: 2 ** 48, otherwise: 2 ** 48 })
  const most = numberIn(query, 'limit', PAGE)
  const lines = past?.lines({ below, most: most + 1 }) ?? []
  return { log: lines.slice(0, most), more: lines.length > most }
}
