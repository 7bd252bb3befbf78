/**
 * The best N nonces of one record (docs/protocol/records-and-grading.md#ranking): append while there is room, then
 * overwrite the worst by anything that is not below it, equal values included.
 */

export interface Ranked {
  readonly nonce: Uint8Array
  readonly difficulty: bigint
}

export type Ranking = ReturnType<typeof createRanking>

/** @param keep how many, 1 or more */
export function createRanking(keep: number) {
  const kept: Ranked[] = []
  let worstIndex = -1
  let best = 0n

  const rescan = (): void => {
    worstIndex = 0
    kept.forEach((entry, index) => {
      if (entry.difficulty < (kept[worstIndex] as Ranked).difficulty) worstIndex = index
    })
  }
  const worst = (): bigint | null => (kept.length < keep ? null : (kept[worstIndex] as Ranked).difficulty)

  return {
    keep,
    get size(): number {
      return kept.length
    },
    get full(): boolean {
      return kept.length >= keep
    },
    /** The lowest difficulty kept, null while there is room: anything gets in. */
    get worst(): bigint | null {
      return worst()
    },
    /** The highest difficulty kept; 0 if there is none. */
    get best(): bigint {
      return best
    },
    /** True if it was kept. The nonce is copied. */
    offer(nonce: Uint8Array, difficulty: bigint): boolean {
      const entry = { nonce: nonce.slice(), difficulty }
      if (kept.length < keep) kept.push(entry)
      else {
        if (difficulty < (kept[worstIndex] as Ranked).difficulty) return false
        kept[worstIndex] = entry
      }
      rescan()
      if (difficulty > best) best = difficulty
      return true
    },
    /** Best first; equal difficulties in the order of their places. */
    list(): Ranked[] {
      return kept.slice().sort(byDifficultyDescending)
    },
  }
}

function byDifficultyDescending(a: Ranked, b: Ranked): number {
  return a.difficulty > b.difficulty ? -1 : a.difficulty < b.difficulty ? 1 : 0
}

/**
 * What a worker need not report: it reports d > threshold. Once the ranking is full that is the worst kept
 * minus one, because the ranking also takes equals.
 */
export function reportThreshold(floor: bigint, ranking: Pick<Ranking, 'worst'>): bigint {
  const worst = ranking.worst
  return worst !== null && worst > floor ? worst - 1n : floor
}
