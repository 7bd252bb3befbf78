import type { ChildProcess } from 'node:child_process'

/**
 * Resolves when a process has ended, or could not be started. Never rejects, as `events.once` would with whatever
 * error a pipe has while the process is killed.
 */
export function endOfChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.on('error', () => {
      if (child.pid === undefined) resolve()
    })
  })
}
