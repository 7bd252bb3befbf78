/** The terminals that the program was started on, and what becomes of them. */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { isatty } from 'node:tty'

/**
 * The number does not stay free: what a thread opens next would get it, and libuv ends the process when it is to close
 * a file of its own below 3.
 */
function replace(fd: number): void {
  closeSync(fd)
  openSync(devNull, 'r+')
}

export function watchTerminals(isTerminal = isatty, letGo = replace) {
  const own = [0, 1, 2].filter((fd) => isTerminal(fd))
  const gone = (): number[] => own.filter((fd) => !isTerminal(fd))
  return {
    /** `none`: input, output and errors were something else from the start. `gone`: one of them has hung up since. */
    state: (): 'none' | 'open' | 'gone' =>
      own.length === 0 ? 'none' : gone().length === 0 ? 'open' : 'gone',
    /**
     * Lets go of terminals that have hung up: at its end Node.js restores the terminals, and aborts if one of them is
     * none any more.
     */
    drop: (): void => {
      for (const fd of gone()) {
        try {
          letGo(fd)
        } catch {
          // It was closed before.
        }
      }
    },
  }
}

/** Whether output and errors are one file or pipe. journald tells its lines apart whatever they are. */
export function isMixed(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['JOURNAL_STREAM'] !== undefined) return false
  try {
    const [output, errors] = [fstatSync(1), fstatSync(2)]
    return output.dev === errors.dev && output.ino === errors.ino
  } catch {
    return false
  }
}
