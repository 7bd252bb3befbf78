/**
 * A fault in machine code ends the process at once, and nothing can be said any more. So a file stands in a folder of
 * the program while the native kernel is in use, and is removed at any end that the program itself makes. If it is
 * still there at a start, the run before ended by a fault or was killed, which looks the same. A machine that was
 * switched off has another boot id, which says that it was no fault.
 *
 * In its first five minutes, such an end is taken for a fault: this run does without the native kernel, the next one
 * tries it again. Later, each instruction has been carried out a billion times, so the run was killed more likely, and
 * the native kernel goes on; a second such end in a row is taken for a fault too.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wallMs } from '../../base/index.js'

export type NativeMarker = ReturnType<typeof openNativeMarker>

const NAME = 'native-kernel.json'
const BOOT_ID = '/proc/sys/kernel/random/boot_id'
const TRIAL_MS = 300_000

/**
 * The marker of the run before is taken away; that of another process that still runs is left.
 *
 * @param trialMs for tests
 */
export function openNativeMarker(folder: string, boot = bootId(), trialMs = TRIAL_MS) {
  const file = join(folder, NAME)
  const remove = (): void => rmSync(file, { force: true })
  const before = readMarker(file)
  const sameBoot = before?.boot === boot
  const runs = before !== undefined && sameBoot && isAlive(before.pid)
  if (!runs) remove()
  const ended = before !== undefined && sameBoot && !runs ? before : undefined
  const isFault = ended !== undefined && (!ended.proven || ended.again)
  let trial: NodeJS.Timeout | undefined

  const started = new Date(wallMs()).toISOString()
  const write = (proven: boolean): boolean => {
    try {
      const again = ended !== undefined && !isFault
      writeFileSync(file, `${JSON.stringify({ boot, pid: process.pid, started, proven, again })}\n`)
      return true
    } catch {
      return false
    }
  }
  const clear = (): void => {
    clearTimeout(trial)
    process.off('exit', clear)
    remove()
  }
  return {
    /** When the run began whose sudden end is taken for a fault of its native kernel, ISO 8601; null if there is none. */
    fault: isFault ? ended.started : null,
    /** The native kernel is in use from now on, in its first five minutes. False if that cannot be written down. */
    set(): boolean {
      if (!write(false)) return false
      trial = setTimeout(write, trialMs, true).unref()
      process.once('exit', clear)
      return true
    },
    clear,
  }
}

interface Marker {
  readonly boot: string
  readonly pid: number
  readonly started: string
  /** Whether the run was longer than five minutes. */
  readonly proven: boolean
  /** The run before ended suddenly too, after its first five minutes. */
  readonly again: boolean
}

/** Undefined if there is none, or none that was written to its end: the machine was switched off. */
function readMarker(file: string): Marker | undefined {
  try {
    const marker: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof marker !== 'object' || marker === null) return undefined
    const { boot, pid, started, proven, again } = marker as Partial<Record<keyof Marker, unknown>>
    const whole = typeof boot === 'string' && Number.isInteger(pid) && typeof started === 'string'
    return whole
      ? { boot, pid: pid as number, started, proven: proven === true, again: again === true }
      : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Of this start of the machine; empty where the system does not tell. */
function bootId(): string {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim()
  } catch {
    return ''
  }
}
