/**
 * Turns at a daemon: what is built and sent by one takes the coins that the next would choose, so each waits for the
 * one before, whichever gateway it is for.
 */
export interface BuildQueue {
  /** `key`: the daemon. Runs when those before it with the same key have ended, well or not. */
  take<T>(key: string, work: () => Promise<T>): Promise<T>
}

/** Within one turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

export const AT_ONCE: InTurn = (work) => work()

export function createBuildQueue(): BuildQueue {
  const last = new Map<string, Promise<unknown>>()
  return {
    take(key, work) {
      const next = (last.get(key) ?? Promise.resolve()).then(work)
      const ended = next.catch(() => undefined)
      last.set(key, ended)
      void ended.then(() => last.get(key) === ended && last.delete(key))
      return next
    },
  }
}
