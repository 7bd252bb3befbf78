/** One process per publisher key: a file that says which. A lock whose process is gone is taken over. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { makeFolder, messageOf } from '../../config/index.js'
import { fail } from './errors.js'

export interface Identity {
  /** Address of the asset chain's daemon. */
  readonly url: string
  readonly oracleTxid: string
  readonly pubkey: string
}

interface Owner {
  readonly pid: number
  /** Start of the process in clock ticks since boot, where the system tells: process ids are used again. */
  readonly started: string | null
}

/** Locks of this very process, which the process id alone cannot tell from those of a dead namesake. */
const mine = new Set<string>()
const ATTEMPTS = 5

/** Throws `E_FEED_LOCKED` if another feed serves the same key. Returns what gives the lock back. */
export function lockPublisher(folder: string, { url, oracleTxid, pubkey }: Identity): () => void {
  const name = createHash('sha256').update(`${url} ${oracleTxid} ${pubkey}`).digest('hex').slice(0, 24)
  const file = join(folder, `feed-${name}.lock`)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(folder, file)) {
      mine.add(file)
      return () => {
        if (mine.delete(file)) rmSync(file, { force: true })
      }
    }
    const owner = ownerOf(file)
    if (owner !== null && isAlive(file, owner))
      throw fail(
        'E_FEED_LOCKED',
        `process ${owner.pid} publishes with the key ${pubkey.slice(0, 16)}… already`,
      )
    takeAway(file)
  }
  throw fail('E_FEED_LOCKED', `the lock ${file} changes hands too fast: try again`)
}

function create(folder: string, file: string): boolean {
  let fd: number
  try {
    makeFolder(folder)
    fd = openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fail('E_FEED_STATE', `the lock ${file} cannot be made: ${messageOf(error)}`)
  }
  try {
    writeSync(fd, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner))
  } finally {
    closeSync(fd)
  }
  return true
}

/** Moved aside first, so that of two who find it dead only one removes it. */
function takeAway(file: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    rmSync(aside, { force: true })
  } catch {
    // somebody else was faster
  }
}

function ownerOf(file: string): Owner | null {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>
    return typeof pid === 'number' ? { pid, started: started ?? null } : null
  } catch {
    return null
  }
}

function isAlive(file: string, { pid, started }: Owner): boolean {
  if (pid === process.pid && started === startOf(pid)) return mine.has(file)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return started === null || started === startOf(pid)
}

function startOf(pid: number): string | null {
  try {
    // The command name, in brackets, may hold blanks; the 22nd field is the 20th behind it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? null
  } catch {
    return null
  }
}
