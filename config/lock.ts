/**
 * One process per lock file, which says which. A lock whose process is gone is taken over. Of a process on another
 * machine, or in another container, nothing can be known but that its lock beats: it is gone when it no longer does.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimes, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'

interface Owner {
  readonly pid: number
  /** Start of the process in clock ticks since boot, where the system tells: process ids are used again. */
  readonly started: string | null
  /** Where the process id counts; containers have names of their own. */
  readonly host: string
}

/** The caller's own errors. */
export interface LockRefusals {
  /** Somebody has it: "process 4711", or "another process" if it changes hands too fast to say which. */
  readonly held: (who: string) => Error
  /** The file cannot be made. */
  readonly failed: (cause: unknown) => Error
}

/** Locks of this very process, which the process id alone cannot tell from those of a dead namesake. */
const mine = new Set<string>()
const ATTEMPTS = 5
const BEAT_MS = 10_000
const SILENT_MS = 60_000

/** Returns what gives the lock back. The file's folder must be there. */
export function lockFile(file: string, refusals: LockRefusals): () => void {
  const path = resolve(file)
  const { pid } = process
  const own = JSON.stringify({ pid, started: startOf(pid), host: hostname() } satisfies Owner)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, own, refusals)) {
      mine.add(path)
      const beat = setInterval(() => {
        const now = new Date()
        utimes(path, now, now, () => {})
      }, BEAT_MS).unref()
      let held = true
      return () => {
        if (!held) return
        held = false
        clearInterval(beat)
        mine.delete(path)
        // Whoever was silent for long may have lost it.
        if (textOf(path) === own) rmSync(path, { force: true })
      }
    }
    const text = textOf(path)
    const owner = ownerOf(text)
    if (owner !== null && isAlive(path, owner)) throw refusals.held(nameOf(owner))
    if (text !== null) takeAway(path, text)
  }
  throw refusals.held('another process')
}

/** The lock appears with its text in it; only a file system without hard links makes it in two steps. */
function create(path: string, text: string, { failed }: LockRefusals): boolean {
  const whole = `${path}.${randomUUID()}`
  try {
    writeFileSync(whole, text, { mode: 0o600 })
    try {
      linkSync(whole, path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw failed(error)
  } finally {
    rmSync(whole, { force: true })
  }
}

/** Moved aside first: whoever comes too late, and has moved a new lock of somebody else, puts it back. */
function takeAway(path: string, judged: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
    if (textOf(aside) !== judged) linkSync(aside, path)
  } catch {
    // Somebody else was faster.
  } finally {
    rmSync(aside, { force: true })
  }
}

function ownerOf(text: string | null): Owner | null {
  try {
    const { pid, started, host } = JSON.parse(text ?? '') as Partial<Owner>
    return typeof pid === 'number' ? { pid, started: started ?? null, host: host ?? hostname() } : null
  } catch {
    return null
  }
}

const nameOf = ({ pid, host }: Owner): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`}`

function isAlive(path: string, { pid, started, host }: Owner): boolean {
  if (host !== hostname()) return Date.now() - beatOf(path) < SILENT_MS
  if (pid === process.pid) return mine.has(path)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  return started === null || started === startOf(pid)
}

function startOf(pid: number): string | null {
  // The command name, in brackets, may hold blanks; the 22nd field is the 20th behind it.
  return textOf(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19] ?? null
}

/** 0 if it is gone. */
function beatOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
