/**
 * Signals. The first Ctrl-C or SIGTERM asks the program to end, the second ends it. SIGHUP asks for the settings to be
 * read again where a command does that, and to end where none does, or where the terminal is gone. A program that has
 * no terminal cannot lose one: nohup and service managers start it like that, and SIGHUP does not end it. (The
 * "ignored" of nohup itself cannot be seen: Node.js sets all signals back before it runs the first line.)
 */
import { EXIT } from './context.js'

export interface Signals {
  /** Aborted at the first signal to end. */
  readonly interrupted: AbortSignal
  /** Listeners are told of SIGHUP. Returns the way to stop listening. */
  readonly onHangUp: (listener: () => void) => () => void
}

export interface SignalWorld {
  readonly now?: () => number
  /** How the terminals are that were there at the start (`watchTerminals`). */
  readonly terminal: () => 'none' | 'open' | 'gone'
}

/**
 * `force` is called at the second signal. Two may come of one event (a terminal that closes), so the second counts
 * only after half a second.
 */
export function watchSignals(
  force: (code: number) => void,
  process: NodeJS.EventEmitter,
  { now = () => performance.now(), terminal }: SignalWorld,
): Signals {
  const controller = new AbortController()
  const listeners = new Set<() => void>()
  let first: number | undefined
  const end = (): void => {
    if (first === undefined) {
      first = now()
      controller.abort()
    } else if (now() - first > 500) force(EXIT.interrupted)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  process.on('SIGHUP', () => {
    const state = terminal()
    if (state === 'gone' || (state === 'open' && listeners.size === 0)) end()
    else for (const listener of listeners) listener()
  })
  return {
    interrupted: controller.signal,
    onHangUp: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
