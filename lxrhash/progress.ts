/** How far a long job is. */

export interface ByteMapProgress {
  /** `build`: the map is computed; `save`: written; `open`: read and hashed; `verify`: read and hashed, not kept. */
  readonly phase: 'build' | 'save' | 'open' | 'verify'
  /** Bytes, in all phases; while building, a byte is done when it went through all passes. */
  readonly done: number
  readonly total: number
  /** Mean since the phase began; 0 at its start. */
  readonly perSecond: number
  /** Infinity while nothing is known yet. */
  readonly secondsLeft: number
}

export type ProgressListener = (progress: ByteMapProgress) => void

/** Starts a phase's clock; the returned function tells the listener how far it is. */
export function progressOf(
  listener: ProgressListener | undefined,
  phase: ByteMapProgress['phase'],
  total: number,
): (done: number) => void {
  const start = performance.now()
  return (done) => {
    if (listener === undefined) return
    const seconds = (performance.now() - start) / 1000
    const perSecond = seconds > 0 ? done / seconds : 0
    const secondsLeft = done >= total ? 0 : (total - done) / perSecond
    listener({ phase, done, total, perSecond, secondsLeft })
  }
}
