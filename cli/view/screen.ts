/** The other screen of a terminal, without a cursor, as pagers and editors use it. The shell's is given back. */
import type { Terminal } from '../program/output.js'

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?1049l\u001b[?25h'

/** What the screen needs of the process; tests put something else in its place. */
export interface ScreenHost {
  on(name: 'SIGTSTP' | 'SIGCONT' | 'exit', listener: () => void): unknown
  off(name: 'SIGTSTP' | 'SIGCONT' | 'exit', listener: () => void): unknown
  kill(pid: number, signal: NodeJS.Signals): unknown
  readonly pid: number
}

/** Enters it; returns the way to leave. It is left as well while the program is stopped, and when it ends by force. */
export function openScreen(stdout: Terminal, host: ScreenHost = process): () => void {
  const enter = (): void => void stdout.write(ENTER)
  const leave = (): void => void stdout.write(LEAVE)
  const stop = (): void => {
    leave()
    // Ctrl-Z has stopped the others of the group already; without our listener the signal stops this process too.
    host.off('SIGTSTP', stop)
    host.kill(host.pid, 'SIGTSTP')
  }
  const goOn = (): void => {
    host.off('SIGTSTP', stop)
    host.on('SIGTSTP', stop)
    enter()
  }
  host.on('SIGCONT', goOn)
  host.on('exit', leave)
  goOn()
  return () => {
    host.off('SIGTSTP', stop)
    host.off('SIGCONT', goOn)
    host.off('exit', leave)
    leave()
  }
}
