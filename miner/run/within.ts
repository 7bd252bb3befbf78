/**
 * Does the work with a signal that is aborted with the outer one, or after the time. With a timer of its own: on
 * Node.js 20 what `AbortSignal.any` makes of `AbortSignal.timeout` may be collected as garbage before it fires.
 */
export async function within<T>(
  milliseconds: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const end = (): void => late.abort()
  const timer = setTimeout(end, milliseconds)
  outer.addEventListener('abort', end)
  if (outer.aborted) end()
  try {
    return await work(late.signal)
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', end)
  }
}
