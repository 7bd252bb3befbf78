/** How fast the reference chain grows; one block a minute until that is known. */
export function createPace(monotonicMs: () => number) {
  const KNOWN_MS = 600_000
  let first: { height: number; at: number } | null = null
  let last: { height: number; at: number } | null = null
  return {
    saw(height: number): void {
      last = { height, at: monotonicMs() }
      first ??= last
    },
    perHour(): number {
      if (first === null || last === null || last.at - first.at < KNOWN_MS) return 60
      return Math.max(1, ((last.height - first.height) / (last.at - first.at)) * 3_600_000)
    },
  }
}

export type Pace = ReturnType<typeof createPace>
