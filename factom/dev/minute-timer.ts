/** Ticks at the wall clock's multiples of a minute's length, as factomd's leader does; it cannot drift. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Returns what stops it. A tick that comes late is not made up for. */
export function startMinutes(minuteMs: number, now: () => number, tick: () => void): () => void {
  let timer: NodeJS.Timeout
  function arm(after: number): void {
    const due = (Math.floor(after / minuteMs) + 1) * minuteMs
    timer = setTimeout(() => ring(due), Math.min(LONGEST_DELAY_MS, Math.max(0, due - now())))
  }
  function ring(due: number): void {
    const time = now()
    // A timer may be early by a millisecond: the same minute must not end twice.
    if (time < due) timer = setTimeout(() => ring(due), Math.min(LONGEST_DELAY_MS, Math.ceil(due - time)))
    else {
      arm(time)
      tick()
    }
  }
  arm(now())
  return () => clearTimeout(timer)
}
