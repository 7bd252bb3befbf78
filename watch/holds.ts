/** Why mining is paused. Several reasons may hold it at once; it resumes when none is left. */

export const HOLDS = ['manual', 'schedule', 'battery', 'load', 'temperature'] as const
export type HoldReason = (typeof HOLDS)[number]

export interface Holds {
  set(reason: HoldReason, held: boolean): void
  readonly reasons: readonly HoldReason[]
}

export interface HoldActions {
  readonly pause: () => void
  readonly resume: () => void
  /** Told each change, with what holds then. */
  readonly onChange?: (reason: HoldReason, held: boolean, reasons: readonly HoldReason[]) => void
}

export function createHolds({ pause, resume, onChange }: HoldActions): Holds {
  const held = new Set<HoldReason>()
  const reasons = (): HoldReason[] => HOLDS.filter((reason) => held.has(reason))
  return {
    set(reason, hold) {
      if (held.has(reason) === hold) return
      const before = held.size
      if (hold) held.add(reason)
      else held.delete(reason)
      if (before === 0) pause()
      if (held.size === 0) resume()
      onChange?.(reason, hold, reasons())
    },
    get reasons() {
      return reasons()
    },
  }
}
