/** How far a long job is, and notices on the way. */
import type { LxrErrorCode } from './errors.js'

export interface ByteMapProgress {
  /**
   * `wait`: another process builds the map; `fetch`: it comes from elsewhere; `resume`: a checkpoint is read; `build`: the map is computed; `save`:
   * written; `open`: read and hashed; `verify`: read and hashed, not kept.
   */
  readonly phase: 'wait' | 'fetch' | 'resume' | 'build' | 'save' | 'open' | 'verify'
  /** Bytes, in all phases; while building, a byte is done when it went through all passes. */
  readonly done: number
  readonly total: number
  /** Mean since the phase began, which may be in the middle; 0 at its start. */
  readonly perSecond: number
  /** Infinity while nothing is known yet. */
  readonly secondsLeft: number
}

export type ProgressListener = (progress: ByteMapProgress) => void

/** Something that the user should know and that does not end the job. */
export interface ByteMapNotice {
  readonly level: 'info' | 'warn'
  readonly code: LxrErrorCode
  readonly message: string
}

export type NoticeListener = (notice: ByteMapNotice) => void

/** Starts a phase's clock; the returned function tells the listener how far it is. */
export function progressOf(
  listener: ProgressListener | undefined,
  phase: ByteMapProgress['phase'],
  total: number,
): (done: number) => void {
  const start = performance.now()
  let first: number | undefined
  return (done) => {
    if (listener === undefined) return
    first ??= done
    const seconds = (performance.now() - start) / 1000
    const perSecond = seconds > 0 ? (done - first) / seconds : 0
    const secondsLeft = done >= total ? 0 : (total - done) / perSecond
    listener({ phase, done, total, perSecond, secondsLeft })
  }
}
