/** Cells as text. */
import type { BenchCell } from './run.js'

const HEAD = ['ByteMap', 'size', 'threads', 'H/s', 'per thread', 'min', 'max'] as const

/** A table of plain text, one line per cell, without a final line feed. */
export function formatBenchTable(cells: readonly BenchCell[]): string {
  const rows = [HEAD, ...cells.map(rowOf)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  return rows
    .map((row) => row.map((text, column) => text.padStart(widths[column] as number)).join('  '))
    .join('\n')
}

function rowOf({ bits, threads, hashesPerSecond, min, max }: BenchCell): readonly string[] {
  const perThread = hashesPerSecond / threads
  return [`2^${bits}`, sizeText(bits), `${threads}`, ...[hashesPerSecond, perThread, min, max].map(countText)]
}

function sizeText(bits: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  return `${2 ** (bits % 10)} ${units[Math.floor(bits / 10)] as string}`
}

/** Whole hashes, thousands apart. */
function countText(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')
}
