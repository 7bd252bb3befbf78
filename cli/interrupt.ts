/** Ctrl-C and its relatives: the first asks the program to end, the second ends it. */
import { EXIT } from './context.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Aborted at the first signal. `force` is called at the second. A terminal that closes (SIGHUP) may send both at
 * once, so the second counts only after half a second.
 */
export function watchInterrupts(
  force: (code: number) => void,
  process: NodeJS.EventEmitter,
  now = Date.now,
): AbortSignal {
  const controller = new AbortController()
  let first: number | undefined
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (first === undefined) {
        first = now()
        controller.abort()
      } else if (now() - first > 500) force(EXIT.interrupted)
    })
  }
  return controller.signal
}
