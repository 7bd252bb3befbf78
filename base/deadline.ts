/**
 * A call to another program has a deadline for the whole of it: a limit on idle time would let a server that sends a
 * byte a second hold the call for ever.
 */

/** The deadline has passed. */
export class Late extends Error {
  constructor(ms: number) {
    super(`it was not done within ${ms} ms`)
  }
}

/**
 * Does the work with a signal that is aborted with any of `outer`, or after `ms`, with `Late` as its reason. The timer is
 * our own: on Node.js 20 a signal made by `AbortSignal.any` of `AbortSignal.timeout` may be collected as garbage before
 * it fires.
 */
export async function within<T>(
  ms: number,
  outer: AbortSignal | readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cut = new AbortController()
  const stop = (): void => cut.abort()
  const signals = [outer].flat()
  if (signals.some(({ aborted }) => aborted)) stop()
  for (const signal of signals) signal.addEventListener('abort', stop)
  const timer = setTimeout(() => cut.abort(new Late(ms)), ms)
  try {
    return await work(cut.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal.removeEventListener('abort', stop)
  }
}

/**
 * As `within`, for a call that may not heed its signal: rejects with `Late` after `ms`, whatever becomes of the call
 * then.
 */
export function withDeadline<T>(
  ms: number,
  outer: AbortSignal | readonly AbortSignal[],
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return within(ms, outer, (signal) => {
    const late = new Promise<never>((_, reject) => {
      // Listens before the call does, so `Late` is the reason even where the call rejects at the same signal.
      signal.addEventListener('abort', () => {
        if (signal.reason instanceof Late) reject(signal.reason)
      })
    })
    return Promise.race([call(signal), late])
  })
}
