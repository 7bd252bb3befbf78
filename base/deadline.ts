/** A call to another program gets a deadline for the whole of it: what drips a byte a second is never idle. */

/** The deadline has passed. */
export class Late extends Error {
  constructor(ms: number) {
    super(`it was not done within ${ms} ms`)
  }
}

/**
 * What `call` comes to, unless it takes longer than `ms`: `Late` then. The signal that it is handed is aborted at that
 * moment, and with any of `outer`. The timer is our own: on Node.js 20 a signal made by `AbortSignal.any` of
 * `AbortSignal.timeout` may be collected as garbage before it fires.
 */
export async function withDeadline<T>(
  ms: number,
  outer: AbortSignal | readonly AbortSignal[],
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const cut = new AbortController()
  const stop = (): void => cut.abort()
  const signals = [outer].flat()
  if (signals.some(({ aborted }) => aborted)) stop()
  for (const signal of signals) signal.addEventListener('abort', stop)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Late(ms))
      stop()
    }, ms)
  })
  try {
    return await Promise.race([call(cut.signal), late])
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal.removeEventListener('abort', stop)
  }
}
