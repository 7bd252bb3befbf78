/** Runs at most `lanes` jobs at once, in the order in which they were given. */
export type Limiter = <T>(job: () => Promise<T>) => Promise<T>

export function createLimiter(lanes: number): Limiter {
  const waiting: (() => void)[] = []
  let free = lanes
  return async (job) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
