/**
 * A fault in machine code ends the process at once, and nothing can be said any more. So a file stands in a folder of
 * the program while the native kernel is in use, and is removed at any end that the program itself makes. If it is
 * still there at a start, the run before ended by a fault or was killed: this run does without the native kernel, the
 * next one tries it again. A machine that was switched off has another boot id, which says that it was no fault.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wallMs } from '../../base/index.js'

export interface NativeMarker {
  /** When the run began whose native kernel was in use at its sudden end; null if there is none such. ISO 8601. */
  readonly fault: string | null
  /** The native kernel is in use from now on. False if that cannot be written down. */
  set(): boolean
  clear(): void
}

const NAME = 'native-kernel.json'
const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** The marker of the run before is taken away; that of another process that still runs is left. */
export function openNativeMarker(folder: string, boot = bootId()): NativeMarker {
  const file = join(folder, NAME)
  const clear = (): void => rmSync(file, { force: true })
  const before = readMarker(file)
  const runs = before !== undefined && before.boot === boot && isAlive(before.pid)
  if (!runs) clear()
  return {
    fault: before !== undefined && before.boot === boot && !runs ? before.started : null,
    set() {
      try {
        writeFileSync(
          file,
          `${JSON.stringify({ boot, pid: process.pid, started: new Date(wallMs()).toISOString() })}\n`,
        )
      } catch {
        return false
      }
      process.once('exit', clear)
      return true
    },
    clear() {
      process.off('exit', clear)
      clear()
    },
  }
}

interface Marker {
  readonly boot: string
  readonly pid: number
  readonly started: string
}

/** Undefined if there is none, or none that was written to its end: the machine was switched off. */
function readMarker(file: string): Marker | undefined {
  try {
    const marker: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof marker !== 'object' || marker === null) return undefined
    const { boot, pid, started } = marker as Partial<Record<keyof Marker, unknown>>
    const whole = typeof boot === 'string' && Number.isInteger(pid) && typeof started === 'string'
    return whole ? { boot, pid: pid as number, started } : undefined
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
