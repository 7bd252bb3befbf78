/**
 * One builder per ByteMap: a lock file that says which process builds. A lock whose process is gone is taken over;
 * where that cannot be known (another machine, another container), a lock is dead when it stops beating.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { wallMs } from '../base/index.js'
import { throwIfAborted } from './abort.js'
import { systemCodeOf } from './errors.js'

/** Who holds a lock. */
export interface Owner {
  readonly pid: number
  /** When the process was started, in the system's own terms; process ids are used again. '' if not known. */
  readonly started: string
  /** Where the process id counts: the machine and, in it, the container. */
  readonly machine: string
  /** Changes when the machine is started again. '' if not known. */
  readonly boot: string
  /** Tells two locks of one process apart. */
  readonly token: string
}

export interface Lock {
  release(): Promise<void>
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called at each look at a lock that another process holds; undefined if the lock does not say who. */
  readonly onWait?: (owner: Owner | undefined) => void
  readonly timing?: Partial<LockTiming>
}

/** All in ms. */
export interface LockTiming {
  /** Pause between two looks. */
  readonly look: number
  /** How often a holder shows that it is alive. */
  readonly beat: number
  /** A holder of which nothing else is known counts as dead after so long without a beat. */
  readonly silent: number
}

const TIMING: LockTiming = { look: 250, beat: 10_000, silent: 60_000 }

export interface TakenLock extends Lock {
  /** Whether another process held it before, alive. */
  readonly waited: boolean
}

/**
 * Waits until no other process holds the lock, and takes it. Rejects with E_LXR_ABORTED, or with the system's error if
 * the file cannot be made.
 */
export async function takeLock(file: string, options: LockOptions = {}): Promise<TakenLock> {
  const { signal, onWait } = options
  const timing = { ...TIMING, ...options.timing }
  const mine: Owner = { ...thisProcess(), token: randomUUID() }
  const heartbeat = watchBeats(file, timing.silent)
  for (let waited = false; ;) {
    throwIfAborted(signal)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) {
      if (await create(file, mine)) return { ...hold(file, mine, timing.beat), waited }
      continue
    }
    const owner = ownerOf(text)
    const fate = owner === undefined ? 'unknown' : fateOf(owner, mine)
    if (fate === 'dead' || (fate === 'unknown' && (await heartbeat()))) {
      await remove(file, text)
      continue
    }
    waited = true
    onWait?.(owner)
    // Aborted: the loop's head says so.
    await sleep(timing.look, undefined, { signal }).catch(() => undefined)
  }
}

/** Whether the holder still runs, as far as can be known here. */
export function fateOf(
  owner: Omit<Owner, 'token'>,
  here: Omit<Owner, 'token'>,
  startOf = processStart,
): 'dead' | 'alive' | 'unknown' {
  if (owner.machine !== here.machine) return 'unknown'
  if (owner.boot !== here.boot) return 'dead'
  if (!exists(owner.pid)) return 'dead'
  const started = startOf(owner.pid)
  if (started === '' || owner.started === '') return 'unknown'
  return started === owner.started ? 'alive' : 'dead'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH'
  }
}

/** Field 22 of `/proc/PID/stat`: clock ticks from boot to start. The second field, a name, may hold spaces. */
function processStart(pid: number): string {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

export function thisProcess(): Omit<Owner, 'token'> {
  const { pid } = process
  const processes = textOf(() => readlinkSync('/proc/self/ns/pid'))
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  return { pid, started: processStart(pid), machine: `${hostname()} ${processes}`.trim(), boot }
}

function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/**
 * False if there is one already. A lock appears with its text in it, so that half of one is never read; only a file
 * system without hard links makes it in two steps.
 */
async function create(file: string, owner: Owner): Promise<boolean> {
  const text = `${JSON.stringify(owner)}\n`
  const whole = `${file}.${owner.token}`
  try {
    await writeFile(whole, text, { flag: 'wx' })
    await link(whole, file).catch(async (error: unknown) => {
      if (systemCodeOf(error) === 'EEXIST') throw error
      await writeFile(file, text, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(whole, { force: true }).catch(() => undefined)
  }
}

function ownerOf(text: string): Owner | undefined {
  try {
    const found = JSON.parse(text) as Partial<Owner> | null
    const { pid, started, machine, boot, token } = found ?? {}
    const texts = [started, machine, boot, token]
    const whole = Number.isSafeInteger(pid) && (pid as number) > 0
    return whole && texts.every((value) => typeof value === 'string') ? (found as Owner) : undefined
  } catch {
    return undefined
  }
}

/**
 * Removes a lock that was judged by its text. A process that is too late, and has moved away a new lock of another one,
 * puts it back.
 */
async function remove(file: string, judged: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
    if ((await readFile(aside, 'utf8')) !== judged) await link(aside, file)
  } catch {
    // Another process was faster.
  } finally {
    await rm(aside, { force: true }).catch(() => undefined)
  }
}

/** Tells whether a lock's last beat has been the same for `silent` ms, by this process's clock. */
function watchBeats(file: string, silent: number): () => Promise<boolean> {
  let last: number | undefined
  let since = performance.now()
  return async () => {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: undefined }))
    if (mtimeMs === undefined || mtimeMs !== last) since = performance.now()
    last = mtimeMs
    return performance.now() - since >= silent
  }
}

function hold(file: string, mine: Owner, beat: number): Lock {
  const timer = setInterval(() => {
    const now = new Date(wallMs())
    utimes(file, now, now).catch(() => undefined)
  }, beat).unref()
  const release = async (): Promise<void> => {
    clearInterval(timer)
    const text = await readFile(file, 'utf8').catch(() => '')
    if (ownerOf(text)?.token === mine.token) await rm(file, { force: true }).catch(() => undefined)
  }
  let released: Promise<void> | undefined
  return { release: () => (released ??= release()) }
}
