/** Which cells to measure. Pure. */
import type { CellPlan, KernelChoice, Lanes, PagesName } from './cells.js'

/** From a ByteMap that fits into the caches to MainNet's. */
export const DEFAULT_BITS = [20, 22, 24, 26, 28, 30] as const

/** A map of up to this size is built in well under a minute; larger ones are left out unless they are asked for. */
const QUICK_BITS = 26

export interface MapOnDisk {
  readonly bits: number
  readonly exists: boolean
}

export interface SkippedSize {
  readonly bits: number
  readonly reason: string
  /** The command that makes it measurable next time. */
  readonly command: string | null
}

/** Which of the default sizes fit this machine as it is. `memory` is free memory in bytes. */
export function defaultSizes(
  maps: readonly MapOnDisk[],
  memory: number,
): { readonly bits: readonly number[]; readonly skipped: readonly SkippedSize[] } {
  const skipped: SkippedSize[] = []
  const bits: number[] = []
  for (const { bits: size, exists } of maps) {
    if (2 ** size > 0.8 * memory)
      skipped.push({ bits: size, reason: 'needs more memory than is free', command: null })
    else if (!exists && size > QUICK_BITS)
      skipped.push({
        bits: size,
        reason: 'its ByteMap is not there and takes minutes to build',
        command: `pegminer bytemap build --bits ${size}`,
      })
    else bits.push(size)
  }
  return { bits, skipped }
}

/** 1 to cores + 2, as the Go benchmark does; on large machines powers of two instead of all numbers. */
export function threadCounts(cores: number): readonly number[] {
  const counts = new Set<number>()
  for (let n = 1; n <= cores; n = cores <= 4 ? n + 1 : 2 * n) counts.add(n)
  for (const n of [cores, cores + 1, cores + 2]) counts.add(n)
  return [...counts].sort((one, two) => one - two)
}

export interface Axes {
  readonly bits: readonly number[]
  /** Undefined: 1 and all cores for each size, and for the largest size all of `threadCounts`. */
  readonly threads: readonly number[] | undefined
  readonly lanes: readonly Lanes[]
  readonly kernels: readonly KernelChoice[]
  readonly pages: readonly PagesName[]
}

/** In the order of measuring: cells of one ByteMap, with one kind of pages, stand together. */
export function planCells(axes: Axes, cores: number): CellPlan[] {
  const bits = [...new Set(axes.bits)].sort((one, two) => one - two)
  const largest = bits.at(-1)
  const threadsOf = (size: number): readonly number[] =>
    axes.threads ?? (size === largest ? threadCounts(cores) : [...new Set([1, cores])])
  return bits.flatMap((size) =>
    axes.pages.flatMap((pages) =>
      axes.lanes.flatMap((lanes) =>
        threadsOf(size).flatMap((threads) =>
          axes.kernels.map((kernel) => ({ bits: size, threads, lanes, kernel, pages })),
        ),
      ),
    ),
  )
}

/** Cells that share an open ByteMap. */
export const groupByMap = (cells: readonly CellPlan[]): CellPlan[][] =>
  groupNeighbours(cells, (one, next) => one.bits === next.bits && one.pages === next.pages)

/** Of those, cells that differ in the kernel only: they are measured in turns. */
export const groupByKernel = (cells: readonly CellPlan[]): CellPlan[][] =>
  groupNeighbours(
    cells,
    (one, next) => one.threads === next.threads && one.lanes === next.lanes && one.kernel !== next.kernel,
  )

/** A cell joins the group before it if it goes with each cell of that. */
function groupNeighbours(
  cells: readonly CellPlan[],
  together: (one: CellPlan, next: CellPlan) => boolean,
): CellPlan[][] {
  const groups: CellPlan[][] = []
  for (const cell of cells) {
    const group = groups.at(-1)
    if (group?.every((one) => together(one, cell))) group.push(cell)
    else groups.push([cell])
  }
  return groups
}
