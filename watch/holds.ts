/** Why mining is paused. Several reasons may hold it at once; it resumes when none is left. */

export const HOLDS = ['manual', 'schedule', 'battery', 'load', 'temperature'] as const
export type HoldReason = (typeof HOLDS)[number]

export interface HoldActions {
  readonly pause: () => void
  readonly resume: () => void
  /** Told each change, with what holds then. */
  readonly onChange?: (reason: HoldReason, held: boolean, reasons: readonly HoldReason[]) => void
}

export function createHolds({ pause, resume, onChange }: HoldActions) {
  const held = new Set<HoldReason>()
  const reasons = (): HoldReason[] => HOLDS.filter((reason) => held.has(reason))
  return {
    set(reason: HoldReason, hold: boolean): void {
      if (held.has(reason) === hold) return
      const before = held.size
      if (hold) held.add(reason)
      else held.delete(reason)
      if (before === 0) pause()
      if (held.size === 0) resume()
      onChange?.(reason, hold, reasons())
    },
    get reasons(): readonly HoldReason[] {
      return reasons()
    },
  }
}

export type Holds = ReturnType<typeof createHolds>
