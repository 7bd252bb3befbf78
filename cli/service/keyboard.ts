/**
 * Single keys of a terminal. While they are read the terminal is raw: it neither shows what is typed nor turns Ctrl-C
 * into a signal, so both are done here, and it is given back as it was on every way out.
 */
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** Standard input, as far as it can be a terminal. */
export type KeyInput = Readable & {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

/** What the keyboard needs of the process; tests put something else in its place. */
export interface KeyboardHost {
  /** Sends a signal to all processes that the terminal sends it to: ours and, under npm or in a pipe, others. */
  readonly raise: (signal: NodeJS.Signals) => void
  /** Whether the terminal is ours. The system stops a background process that takes it. */
  readonly inForeground: () => boolean
  /** Calls back whenever the process goes on after a stop. Returns the way to end that. */
  readonly onContinue: (listener: () => void) => () => void
}

/** Control characters that a terminal itself turns into signals when it is not raw. */
const SIGNAL_OF: Readonly<Record<string, NodeJS.Signals>> = {
  '\u0003': 'SIGINT',
  '\u001c': 'SIGQUIT',
  '\u001a': 'SIGTSTP',
}
/** A shell that brings a job to the foreground tells it nothing if it was running, so we look this often. */
const LOOK_MS = 500

/**
 * Calls `onKey` with each character that is typed, an escape sequence (an arrow key) as one. Null: standard input is
 * no terminal, or it is not ours. `close` gives the terminal back.
 */
export function openKeyboard(
  input: KeyInput,
  onKey: (key: string) => void,
  host: KeyboardHost = PROCESS,
): { readonly close: () => void } | null {
  if (input.isTTY !== true || input.setRawMode === undefined) return null
  let raw = false

  const release = (): void => {
    if (!raw) return
    raw = false
    input.off('data', hear)
    input.setRawMode?.(false)
    input.pause()
  }
  const take = (): void => {
    if (!host.inForeground()) return release()
    // A shell may have changed the terminal while we were stopped. Node.js sets only what differs from the mode that it
    // remembers, so the mode is set twice.
    input.setRawMode?.(false)
    input.setRawMode?.(true)
    if (!raw) input.on('data', hear)
    raw = true
    input.resume()
  }
  const hear = (chunk: Buffer | string): void => {
    const text = chunk.toString()
    for (const key of text.startsWith('\u001b') ? [text] : text) {
      const signal = SIGNAL_OF[key]
      if (signal === undefined) onKey(key)
      else {
        if (signal !== 'SIGINT') release()
        host.raise(signal)
      }
    }
  }
  // A terminal that was closed answers everything with an error; the signal that comes with it ends the program.
  const ignore = (): void => {}
  input.on('error', ignore)
  const forget = host.onContinue(take)
  const timer = setInterval(() => raw || take(), LOOK_MS).unref()
  take()
  return {
    close: () => {
      clearInterval(timer)
      forget()
      release()
      input.off('error', ignore)
    },
  }
}

const PROCESS: KeyboardHost = {
  // 0 is our process group, which is the one in the foreground, or there would be no keys. If only this process of it
  // stopped, the shell would wait for the others for ever.
  raise: (signal) => process.kill(0, signal),
  inForeground: () => isForeground(statOf()),
  onContinue: (listener) => {
    process.on('SIGCONT', listener)
    return () => process.off('SIGCONT', listener)
  },
}

/** Undefined where there is no /proc. */
function statOf(): string | undefined {
  try {
    return readFileSync('/proc/self/stat', 'utf8')
  } catch {
    return undefined
  }
}

/** Reads from a line of Linux's /proc/PID/stat whether the process group is its terminal's. Elsewhere: yes. */
export function isForeground(stat: string | undefined): boolean {
  // The second field, the name, may hold spaces and brackets.
  const [, , group, , , terminalGroup] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  return group === terminalGroup
}
