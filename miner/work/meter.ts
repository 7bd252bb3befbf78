/** Hashes per second from counters that only grow: samples in, means over the usual windows out. */
import type { HashrateWindows } from '../events.js'

export interface Hashrate {
  /** Mean over the last 10 s, or over what there is if that is less. */
  readonly total: number
  readonly threads: readonly number[]
  readonly windows: HashrateWindows
}

export type Meter = ReturnType<typeof createMeter>

interface Sample {
  readonly at: number
  readonly total: bigint
}

const S10 = 10_000
const S60 = 60_000
const M15 = 900_000
/** Samples closer together than this are not kept: 15 minutes are 1,800 of them. */
const SPACING = 500

export function createMeter() {
  const samples: Sample[] = []
  const recent: { at: number; hashes: readonly bigint[] }[] = []
  let max = 0

  /** The mean since the youngest sample that is at least this old; null if there is none. */
  function over(window: number): number | null {
    const last = samples.at(-1)
    if (last === undefined) return null
    const first = samples.findLast(({ at }) => last.at - at >= window)
    return first === undefined ? null : mean(first, last)
  }

  return {
    /** @param nowMs monotonic */
    sample(nowMs: number, hashes: readonly bigint[]): void {
      const last = samples.at(-1)
      if (last !== undefined && nowMs - last.at < SPACING) return
      samples.push({ at: nowMs, total: hashes.reduce((sum, count) => sum + count, 0n) })
      recent.push({ at: nowMs, hashes: [...hashes] })
      while ((samples[1]?.at ?? Infinity) <= nowMs - M15) samples.shift()
      while ((recent[1]?.at ?? Infinity) <= nowMs - S10) recent.shift()
      max = Math.max(max, over(S10) ?? 0)
    },
    rate(): Hashrate {
      const [first] = recent
      const last = recent.at(-1)
      const threads =
        first === undefined || last === undefined
          ? []
          : last.hashes.map((count, slot) =>
              mean({ at: first.at, total: first.hashes[slot] ?? 0n }, { at: last.at, total: count }),
            )
      return {
        total: threads.reduce((sum, rate) => sum + rate, 0),
        threads,
        windows: { s10: over(S10), s60: over(S60), m15: over(M15), max },
      }
    },
  }
}

function mean(first: Sample, last: Sample): number {
  const ms = last.at - first.at
  return ms > 0 ? (Number(last.total - first.total) * 1000) / ms : 0
}
