/**
 * Signals. The first Ctrl-C or SIGTERM asks the program to end, the second ends it. SIGHUP asks for the settings to be
 * read again where a command does that, and to end where none does, or where the terminal is gone.
 */
import { isatty } from 'node:tty'

import { EXIT } from './context.js'

export interface Signals {
  /** Aborted at the first signal to end. */
  readonly interrupted: AbortSignal
  /** Whoever listens is told of SIGHUP. Returns the way to stop listening. */
  readonly onHangUp: (listener: () => void) => () => void
}

export interface SignalWorld {
  readonly now?: () => number
  /** Whether a terminal that was there at the start has gone. */
  readonly terminalGone?: () => boolean
}

/**
 * `force` is called at the second signal. Two may come of one event (a terminal that closes), so the second counts
 * only after half a second.
 */
export function watchSignals(
  force: (code: number) => void,
  process: NodeJS.EventEmitter,
  { now = Date.now, terminalGone = watchTerminal() }: SignalWorld = {},
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
    if (listeners.size === 0 || terminalGone()) end()
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

/** A terminal that hangs up is none any more before the signal comes. */
function watchTerminal(): () => boolean {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  return () => terminals.some((fd) => !isatty(fd))
}
