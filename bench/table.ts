/** Cells as text: the terminal's table, row by row, and the same columns for Markdown. Pure. */
import type { BenchCell, CellPlan } from './cells.js'
import { cellLike, type EarlierCell } from './report.js'

interface Column {
  readonly head: string
  /** Of its widest usual value. */
  readonly width: number
  readonly text: (cell: BenchCell) => string
}

/**
 * The columns that the planned cells need: what is the same in all of them is left out, except size and threads.
 * `earlier` adds the ratio to an earlier result.
 */
export function createTable(plan: readonly CellPlan[], earlier?: readonly EarlierCell[]) {
  const varies = (key: 'kernel' | 'lanes'): boolean => new Set(plan.map((cell) => cell[key])).size > 1
  const optional = (wanted: boolean, column: Column): Column[] => (wanted ? [column] : [])
  const columns: Column[] = [
    { head: 'ByteMap', width: 7, text: ({ bits }) => `2^${bits}` },
    { head: 'size', width: 7, text: ({ bits }) => sizeText(bits) },
    { head: 'threads', width: 7, text: ({ threads }) => String(threads) },
    ...optional(varies('lanes'), { head: 'lanes', width: 5, text: ({ lanes }) => String(lanes) }),
    ...optional(varies('kernel'), { head: 'kernel', width: 6, text: ({ kernel }) => kernel }),
    { head: 'kH/s', width: 7, text: ({ hashesPerSecond }) => kiloText(hashesPerSecond) },
    { head: 'bare', width: 7, text: ({ bareHashesPerSecond }) => kiloText(bareHashesPerSecond) },
    { head: 'spread', width: 6, text: spreadText },
    { head: 'limit', width: 6, text: ({ gatherLimit }) => megaText(gatherLimit) },
    {
      head: 'of it',
      width: 5,
      text: ({ readsPerSecond, gatherLimit }) => percentText(readsPerSecond / gatherLimit),
    },
    { head: 'huge', width: 5, text: hugePagesText },
    { head: 'check', width: 5, text: checkText },
    ...optional(earlier !== undefined, {
      head: 'ratio',
      width: 6,
      text: (cell) => ratioText(cell, earlier ?? []),
    }),
  ]
  return {
    head: columns.map(({ head }) => head),
    row: (cell: BenchCell) => columns.map(({ text }) => text(cell)),
    /** Cells of a row brought to the columns' widths, with two blanks between them. */
    line: (row: readonly string[]) => row.map((text, k) => text.padStart(columns[k]?.width ?? 0)).join('  '),
  }
}

/** `16 MiB`. */
export function sizeText(bits: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  return `${2 ** (bits % 10)} ${units[Math.floor(bits / 10)] as string}`
}

/** `2²⁴`. */
export function powerText(bits: number): string {
  return `2${[...String(bits)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '').join('')}`
}

/** Thousands, four digits: `3.104`, `52.71`, `371.2`, `1,204`. */
export function kiloText(rate: number): string {
  const value = rate / 1000
  if (value >= 999.95)
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ',')
  return value.toFixed(value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3)
}

const megaText = (rate: number): string => (rate / 1e6).toFixed(1)
const percentText = (share: number): string => `${Math.round(100 * share)} %`

/** Half of the range of the samples, as a share of the median. */
function spreadText({ min, max, hashesPerSecond }: BenchCell): string {
  return `±${((50 * (max - min)) / hashesPerSecond).toFixed(1)}%`
}

/** Smaller maps cannot be sure of a whole page of 2 MiB, and do not need one. */
const FIRST_HUGE_BITS = 23

function hugePagesText({ bits, hugePages }: BenchCell): string {
  return hugePages === 0 && bits < FIRST_HUGE_BITS ? '–' : percentText(hugePages)
}

const CHECKS = { true: 'ok', false: 'WRONG', null: '?' } as const
const checkText = ({ checksumOk }: BenchCell): string => CHECKS[`${checksumOk}`]

/** New rate by old rate. */
export function ratioText(cell: BenchCell, earlier: readonly EarlierCell[]): string {
  const old = cellLike(cell, earlier)
  return old === undefined ? '–' : `${(cell.hashesPerSecond / old.hashesPerSecond).toFixed(2)} ×`
}
