/** One process per data directory. */
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { fail } from '../errors.js'
import { storeError, writeAll } from './files.js'

/** Locks of this very process, which the process id alone cannot tell from those of a dead namesake. */
const mine = new Set<string>()
const ATTEMPTS = 3

/**
 * Takes the lock file of a directory; a lock whose process is gone is taken over. Throws `E_DEVCHAIN_LOCKED` if
 * the process lives. Returns what gives the lock back.
 */
export function lockDirectory(directory: string): () => void {
  const path = resolve(join(directory, 'lock'))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (tryCreate(path)) {
      mine.add(path)
      return () => {
        if (mine.delete(path)) rmSync(path, { force: true })
      }
    }
    const owner = readOwner(path)
    if (owner && isAlive(path, owner)) {
      throw fail(
        'E_DEVCHAIN_LOCKED',
        `process ${owner.pid} works on ${directory}: stop it or use another directory`,
      )
    }
    rmSync(path, { force: true })
  }
  throw fail('E_DEVCHAIN_LOCKED', `the lock of ${directory} changes hands too fast: try again`)
}

interface Owner {
  readonly pid: number
  /** Start of the process in clock ticks since boot, where the system tells: process ids are used again. */
  readonly started: string | null
}

function tryCreate(path: string): boolean {
  let fd: number
  try {
    fd = openSync(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw storeError(`cannot write ${path}`, error)
  }
  try {
    writeAll(fd, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner))
  } finally {
    closeSync(fd)
  }
  return true
}

function readOwner(path: string): Owner | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>
    return typeof pid === 'number' ? { pid, started: started ?? null } : null
  } catch {
    return null
  }
}

function isAlive(path: string, owner: Owner): boolean {
  if (owner.pid === process.pid) return mine.has(path)
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return owner.started === null || owner.started === startOf(owner.pid)
}

function startOf(pid: number): string | null {
  try {
    // The command name, in brackets, may hold blanks; the 22nd field is the 20th behind it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? null
  } catch {
    return null
  }
}
