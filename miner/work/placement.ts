/** Where a hashing thread runs, and how far it stands back behind other programs. Called on that thread. */
import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { childEnvironment, loadKoffi, messageOf } from '../../base/index.js'

export interface Placement {
  /** Processor that the thread is bound to. */
  readonly cpu?: number | undefined
  /** Nice value of the thread, -20 to 19. */
  readonly nice?: number | undefined
}

/** What is asked of the system; tests put something else in its place. */
export interface PlacementSystem {
  readonly platform: NodeJS.Platform
  /** Binds the calling thread. Throws. */
  readonly bind: (cpu: number) => void
  /** Sets the nice value of the calling thread. Throws. */
  readonly nice: (value: number) => void
}

/** On Linux process 0 is the calling thread, for both. */
const SELF = 0
const SYSTEM: PlacementSystem = {
  platform: process.platform,
  bind,
  nice: (value) => setPriority(SELF, value),
}

/** What of it was not possible, as reasons. The thread hashes all the same. */
export function placeThread({ cpu, nice }: Placement, system = SYSTEM): string[] {
  const attempts: [string, (() => void) | undefined][] = [
    [`it cannot be bound to processor ${cpu}`, cpu === undefined ? undefined : () => system.bind(cpu)],
    [`its nice value cannot be ${nice}`, nice === undefined ? undefined : () => system.nice(nice)],
  ]
  return attempts.flatMap(([failure, attempt]) => {
    if (attempt === undefined) return []
    if (system.platform !== 'linux') return [`${failure}: known for Linux only, not for ${system.platform}`]
    try {
      attempt()
      return []
    } catch (error) {
      return [`${failure}: ${messageOf(error).split('\n')[0]}`]
    }
  })
}

/** `CPU_SETSIZE` bits, as the C library's cpu_set_t. */
const MASK_BYTES = 128

function bind(cpu: number): void {
  const koffi = koffiIfThere()
  if (koffi === undefined) return bindByCommand(cpu)
  const mask = new Uint8Array(MASK_BYTES)
  mask[cpu >> 3] = 1 << (cpu & 7)
  const call = koffi.load(null).func('int sched_setaffinity(int pid, size_t bytes, void *mask)')
  if (call(SELF, mask.length, mask) !== 0) throw new Error(`the system refuses it (error ${koffi.errno()})`)
}

const COMMAND_MS = 5_000

/** An optional package; without it, a program that most systems have. */
function bindByCommand(cpu: number): void {
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1) as string
  execFileSync('taskset', ['-p', '-c', String(cpu), thread], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: COMMAND_MS,
    env: childEnvironment(),
  })
}

function koffiIfThere(): ReturnType<typeof loadKoffi> | undefined {
  try {
    return loadKoffi()
  } catch {
    return undefined
  }
}
