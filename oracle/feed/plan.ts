/**
 * Which headers to publish next: a pure function of what the chain holds. Priorities: repairs (the reference chain has
 * another block there by now), then live heights in order, then gaps.
 */

export interface PlanSettings {
  /** Blocks on top of a header's own before it is published; 10 is 11 confirmations. */
  readonly depth: number
  /** First height of a feed that has published nothing yet; null: 2 × depth below the tip, as the original does. */
  readonly startHeight: number | null
  /** How far below the newest publishable height missing headers are published without being asked for. */
  readonly reach: number
}

/** Inclusive. */
export type HeightRange = readonly [from: number, to: number]

export interface PlanInput extends PlanSettings {
  /** Height of the reference chain. */
  readonly tip: number
  /** Height → block hash of what can be reached from the living baton; the newest entry of a height counts. */
  readonly published: ReadonlyMap<number, string>
  /** The lowest height for which `published` is known to be complete; null: it holds everything. */
  readonly knownFrom: number | null
  /** Height → block hash of the reference chain, for heights that were looked up. */
  readonly reference: ReadonlyMap<number, string>
  /** Heights that an operator asked for, ascending. */
  readonly wanted: Iterable<number>
  /** All that an operator asked for at any time: what is published of it does not say where this feed began. */
  readonly asked: readonly HeightRange[]
  /** How many can be published now. */
  readonly most: number
}

export type Why = 'repair' | 'live' | 'gap' | 'backfill'

export interface HeaderJob {
  readonly height: number
  readonly why: Why
}

export interface HeaderPlan {
  /** In the order in which they are to be published. */
  readonly jobs: readonly HeaderJob[]
  /** The highest height that may be published: tip − depth. */
  readonly target: number
  /** The highest published height up to the target; null if none. */
  readonly top: number | null
  /** Live heights that are not published yet. */
  readonly lag: number
  /** Heights below the top that are missing, within reach. */
  readonly gaps: number
  /** Published heights whose block is no longer in the reference chain. */
  readonly wrong: number
  /** Live heights that are left out since they are out of reach. */
  readonly skipped: number
}

export function planHeaders(input: PlanInput): HeaderPlan {
  const { published, reference, most } = input
  const target = input.tip - input.depth
  const top = topOf(published.keys(), target)
  const floor = Math.max(1, target - input.reach + 1)
  const next = top === null ? firstHeight(input, target) : top + 1
  const from = Math.max(next, floor)

  const wrong = wrongHeights(published, reference, target)
  const jobs: HeaderJob[] = wrong.map((height) => ({ height, why: 'repair' }))
  for (let height = from; height <= target && jobs.length < most; height++) jobs.push({ height, why: 'live' })

  let gaps = 0
  const lowest = top === null ? Infinity : lowestGap(input, floor)
  for (let height = lowest; height < (top ?? 0); height++) {
    if (published.has(height)) continue
    gaps++
    if (jobs.length < most) jobs.push({ height, why: 'gap' })
  }
  const chosen = new Set(jobs.map(({ height }) => height))
  for (const height of input.wanted) {
    if (jobs.length >= most) break
    if (height < 1 || height > target || published.has(height) || chosen.has(height)) continue
    jobs.push({ height, why: 'backfill' })
  }
  return {
    jobs: jobs.slice(0, Math.max(0, most)),
    target,
    top,
    lag: Math.max(0, target - next + 1),
    gaps,
    wrong: wrong.length,
    skipped: Math.max(0, Math.min(from, target + 1) - next),
  }
}

function firstHeight({ tip, depth, startHeight }: PlanInput, target: number): number {
  if (startHeight !== null) return Math.max(1, startHeight)
  // On a chain that is shorter than that, every header is due.
  return Math.max(1, Math.min(target, tip - 2 * depth))
}

/** The lowest height from which on a missing header is a gap and not just the time before this feed began. */
function lowestGap({ published, knownFrom, asked }: PlanInput, floor: number): number {
  const isAsked = (height: number): boolean => asked.some(([from, to]) => height >= from && height <= to)
  let lowest = Infinity
  for (const height of published.keys())
    if (height >= floor && height < lowest && !isAsked(height)) lowest = height
  return Math.max(lowest, knownFrom ?? 0)
}

/** These heights in as few ranges as can be, ascending. */
export function mergedRanges(ranges: readonly HeightRange[]): HeightRange[] {
  const merged: HeightRange[] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last === undefined || from > last[1] + 1) merged.push([from, to])
    else merged.splice(-1, 1, [last[0], Math.max(last[1], to)])
  }
  return merged
}

function topOf(heights: Iterable<number>, target: number): number | null {
  let top: number | null = null
  for (const height of heights) if (height <= target && (top === null || height > top)) top = height
  return top
}

function wrongHeights(
  published: ReadonlyMap<number, string>,
  reference: ReadonlyMap<number, string>,
  target: number,
): number[] {
  const wrong: number[] = []
  for (const [height, hash] of published) {
    const now = reference.get(height)
    if (height <= target && now !== undefined && now !== hash) wrong.push(height)
  }
  return wrong.sort((a, b) => a - b)
}
