/**
 * Ticks at the wall clock's multiples of a minute's length, as factomd's leader does, so it cannot drift. A tick
 * that comes late is not made up for. Returns what stops it.
 */
export function startMinutes(minuteMs: number, now: () => number, tick: () => void): () => void {
  let timer: NodeJS.Timeout
  function arm(after: number): void {
    const due = (Math.floor(after / minuteMs) + 1) * minuteMs
    timer = setTimeout(() => ring(due), Math.max(0, due - after))
  }
  function ring(due: number): void {
    const time = now()
    // A timer may be early by a millisecond: the same minute must not end twice. If it is early by more than a
    // minute the clock has been set back, and waiting for it would stop the chain.
    const early = due - time
    if (early > 0 && early <= minuteMs) timer = setTimeout(() => ring(due), Math.ceil(early))
    else {
      arm(time)
      tick()
    }
  }
  arm(now())
  return () => clearTimeout(timer)
}
