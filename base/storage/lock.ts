/**
 * One process per lock file, which says which. On Linux the holder also has the kernel's lock on the file: that goes
 * with the process, however it ends, and is seen from every container that shares the folder. Where there is no kernel
 * lock, the process id decides on this machine and in this container. A lock from any other place is watched, by the
 * monotonic clock: it is alive as long as it beats.
 */
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  futimes,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { wallMs } from '../clock.js'

interface Owner {
  readonly pid: number
  /** Start of the process in clock ticks since boot, where the system tells: process ids are used again. */
  readonly started: string | null
  readonly host: string
  /**
   * Where the process id counts: the start of the machine and the PID namespace; null where the system does not say.
   */
  readonly place: string | null
  /** Whether it holds the kernel's lock on the file as well. */
  readonly kernel: boolean
}

/** The caller's own errors. */
export interface LockRefusals {
  /** Another process has it: "process 4711", or "another process" if it changes hands too fast to say which. */
  readonly held: (who: string) => Error
  /** The file cannot be made. */
  readonly failed: (cause: unknown) => Error
}

export interface LockTiming {
  /** How often a holder shows that it is alive, ms. */
  readonly beat: number
  /** A holder of which nothing else is known counts as dead after so long without a beat, ms. */
  readonly silent: number
  /** Pause between two looks at it, ms. */
  readonly look: number
}

const TIMING: LockTiming = { beat: 5_000, silent: 30_000, look: 200 }
/** Locks of this very process, which the process id alone cannot tell from those of a dead namesake. */
const mine = new Set<string>()
const ATTEMPTS = 5
/** Who may read it: the user alone, or all. */
const PRIVATE = 0o600
const SHARED = 0o644
const PLACE = placeOf()

/** Returns a function that gives the lock back. The file's folder must be there. */
export function lockFile(file: string, refusals: LockRefusals, timing: Partial<LockTiming> = {}): () => void {
  const path = resolve(file)
  const { beat, ...watching } = { ...TIMING, ...timing }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const made = create(path, PRIVATE, refusals.failed)
    if (made !== null) return hold(path, made, beat)
    const text = textOf(path)
    const owner = ownerOf(text)
    const fate = fateOf(path, owner)
    if (owner !== null && (fate === 'alive' || (fate === 'unknown' && isBeating(path, watching))))
      throw refusals.held(nameOf(owner))
    if (text !== null) takeAway(path, text)
  }
  throw refusals.held('another process')
}

export interface LockWaiting {
  readonly signal?: AbortSignal | undefined
  /** Called at each look at a lock that another process holds. */
  readonly onWait?: (pid: number) => void
  readonly timing?: Partial<LockTiming>
}

export interface AwaitedLock {
  readonly release: () => void
  /** Whether another process held it before, alive. */
  readonly waited: boolean
}

/**
 * Waits until no other process holds the lock, and takes it; for files that the users of a machine share. Rejects with
 * the system's error if the file cannot be made, and with the signal's reason.
 */
export async function awaitLock(
  file: string,
  { signal, onWait, timing }: LockWaiting = {},
): Promise<AwaitedLock> {
  const path = resolve(file)
  const { beat, silent, look } = { ...TIMING, ...timing }
  const isSilent = watchBeats(path, silent)
  for (let waited = false; ;) {
    signal?.throwIfAborted()
    const text = textOf(path)
    if (text === null) {
      const made = create(path, SHARED, (cause) => cause as Error)
      if (made !== null) return { release: hold(path, made, beat), waited }
    } else {
      const owner = ownerOf(text)
      const fate = fateOf(path, owner)
      if (fate === 'dead' || (fate === 'unknown' && isSilent())) {
        takeAway(path, text)
        continue
      }
      waited = true
      if (owner !== null) onWait?.(owner.pid)
    }
    // Aborted: the signal is looked at when the loop begins anew.
    await sleep(look, undefined, { signal }).catch(() => undefined)
  }
}

interface Made {
  /** Open as long as the lock is held: the kernel's lock lives as long. */
  readonly fd: number
  readonly text: string
}

function hold(path: string, { fd, text }: Made, beat: number): () => void {
  mine.add(path)
  const beating = setInterval(() => {
    const now = new Date(wallMs())
    futimes(fd, now, now, () => {})
  }, beat).unref()
  let held = true
  return () => {
    if (!held) return
    held = false
    clearInterval(beating)
    mine.delete(path)
    // One that was silent for long may have lost it.
    if (textOf(path) === text) rmSync(path, { force: true })
    closeSync(fd)
  }
}

/**
 * The lock appears with its text in it and locked; only a file system without hard links makes it in two steps. Null if
 * there is one.
 */
function create(path: string, mode: number, failed: LockRefusals['failed']): Made | null {
  const whole = `${path}.${randomUUID()}`
  let fd = -1
  try {
    fd = openSync(whole, 'wx', mode)
    const text = ownText(kernelLock(fd) === 'taken')
    writeFileSync(fd, text)
    try {
      linkSync(whole, path)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error
      closeSync(fd)
      fd = -1
      fd = openSync(path, 'wx', mode)
      writeFileSync(fd, ownText(kernelLock(fd) === 'taken'))
      return { fd, text: textOf(path) ?? '' }
    }
    return { fd, text }
  } catch (error) {
    if (fd >= 0) closeSync(fd)
    if (codeOf(error) === 'EEXIST') return null
    throw failed(error)
  } finally {
    rmSync(whole, { force: true })
  }
}

function ownText(kernel: boolean): string {
  const { pid } = process
  return JSON.stringify({
    pid,
    started: startOf(pid),
    host: hostname(),
    place: PLACE,
    kernel,
  } satisfies Owner)
}

/**
 * Takes the kernel's lock on an open file. Node.js has no call for it; flock(1), which each Linux has, takes it for the
 * open file that it shares with us, and leaves it there.
 */
function kernelLock(fd: number): 'taken' | 'held' | 'unknown' {
  const { status } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: { PATH: process.env['PATH'] ?? '' },
  })
  return status === 0 ? 'taken' : status === 1 ? 'held' : 'unknown'
}

/** The lock is moved aside first: a process that comes too late, and has moved another one's new lock, puts it back. */
function takeAway(path: string, judged: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
    if (textOf(aside) !== judged) linkSync(aside, path)
  } catch {
    // Another process was faster.
  } finally {
    rmSync(aside, { force: true })
  }
}

function ownerOf(text: string | null): Owner | null {
  try {
    const found = JSON.parse(text ?? '') as Partial<Owner>
    const { pid, started = null, host = hostname(), place = null, kernel } = found
    return typeof pid === 'number' ? { pid, started, host, place, kernel: kernel === true } : null
  } catch {
    return null
  }
}

const nameOf = ({ pid, host }: Owner): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`}`

/** Whether the holder still runs, as far as can be known here. A lock that does not say who holds it is left over. */
function fateOf(path: string, owner: Owner | null): 'alive' | 'dead' | 'unknown' {
  if (owner === null) return 'dead'
  const { pid, started, host, place, kernel } = owner
  const known = kernel ? kernelSays(path) : 'unknown'
  if (known !== 'unknown') return known === 'held' ? 'alive' : 'dead'
  // Locks of older versions do not say where.
  const isHere = host === hostname() && (place === null || place === PLACE)
  if (!isHere) return 'unknown'
  if (pid === process.pid) return mine.has(path) ? 'alive' : 'dead'
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return 'dead'
  }
  return started === null || started === startOf(pid) ? 'alive' : 'dead'
}

/** Whether another open file has the kernel's lock. */
function kernelSays(path: string): 'taken' | 'held' | 'unknown' {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return 'unknown'
  }
  try {
    return kernelLock(fd)
  } finally {
    closeSync(fd)
  }
}

/** Waits until it beats, or has been silent for too long. */
function isBeating(path: string, { silent, look }: Omit<LockTiming, 'beat'>): boolean {
  const first = beatOf(path)
  for (const begun = performance.now(); performance.now() - begun < silent;) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, look)
    const last = beatOf(path)
    if (last !== first) return last !== null
  }
  return false
}

/** Tells whether a lock's last beat has been the same for `silent` ms, by this process's clock. */
function watchBeats(path: string, silent: number): () => boolean {
  let last = beatOf(path)
  let since = performance.now()
  return () => {
    const beat = beatOf(path)
    if (beat === null || beat !== last) since = performance.now()
    last = beat
    return performance.now() - since >= silent
  }
}

/** Null if it is gone. */
function beatOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

function placeOf(): string | null {
  const boot = textOf('/proc/sys/kernel/random/boot_id')?.trim()
  try {
    return boot ? `${boot} ${readlinkSync('/proc/self/ns/pid')}` : null
  } catch {
    return null
  }
}

function startOf(pid: number): string | null {
  // The command name, in brackets, may hold blanks; the 22nd field is the 20th behind it.
  return textOf(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19] ?? null
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
