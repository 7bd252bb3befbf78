/** What the server must take or tell is tried again and again, as it may be down for a while. */
import { messageOf, sleep } from '../../base/index.js'

export interface Persisting {
  readonly signal: AbortSignal
  readonly onTrouble: (reason: string) => void
}

/** Until it succeeds; null once the signal is aborted. */
export async function persist<T>(
  work: () => Promise<T>,
  pauseMs: number,
  { signal, onTrouble }: Persisting,
): Promise<T | null> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      if (!signal.aborted) onTrouble(messageOf(error))
      await sleep(pauseMs, signal)
    }
  }
  return null
}

/** Anew whenever it ends, until the signal is aborted. */
export async function forever(work: () => Promise<void>, pauseMs: number, parts: Persisting): Promise<void> {
  while (!parts.signal.aborted) {
    await persist(work, pauseMs, parts)
    await sleep(pauseMs, parts.signal)
  }
}
