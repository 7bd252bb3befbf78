/** How minutes end, with the faults that are on. */
import type { Faults } from './faults.js'
import type { NodeView } from './view.js'

const TENTH_MS = 500

export interface MinuteEnd {
  /** Ends a minute, or begins to. Returns after how many milliseconds to call it again; null: at the next minute. */
  end(): number | null
}

/** `tick` ends the minute of the chain, which is in minute `minute()`. */
export function createMinuteEnd(
  faults: Faults,
  view: NodeView,
  { tick, minute }: { readonly tick: () => void; readonly minute: () => number },
): MinuteEnd {
  let waited = false
  return {
    end() {
      if (faults.on('stall')) return null
      if (!waited && !view.tenth && faults.strikes('long-minute')) {
        waited = true
        return null
      }
      waited = false
      if (minute() === 9 && !view.tenth) {
        const rule = faults.strikes('minute-10')
        if (rule) {
          view.tenth = true
          return Math.max(1, rule.ms ?? TENTH_MS)
        }
      }
      view.tenth = false
      tick()
      if (faults.strikes('short-minute')) tick()
      return null
    },
  }
}
