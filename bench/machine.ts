/** The machine that results belong to: what decides about speed, and nothing that identifies its owner. */
import { readdirSync, readFileSync } from 'node:fs'
import { arch, loadavg, platform, release } from 'node:os'

export interface Cache {
  readonly level: number
  readonly bytes: number
  /** Logical processors that share one. */
  readonly sharedBy: number
}

/** What the caller knows already. */
export interface MachineBasics {
  readonly cpu: string
  /** Threads that this process may use at once. */
  readonly cores: number
  /** Bytes. */
  readonly memory: number
}

export interface MachineFacts extends MachineBasics {
  /** Data and unified caches, smallest first; empty where the system does not tell. */
  readonly caches: readonly Cache[]
  readonly system: string
  /** Mode of transparent huge pages: always, madvise, never; null where there are none. */
  readonly hugePagesMode: string | null
  readonly node: string
  readonly v8: string
  /** Runnable processes, mean of the last minute, when the measuring began: above 0 other programs were running. */
  readonly load: number
}

const CPU = '/sys/devices/system/cpu/cpu0/cache'
const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage/enabled'

export function machineFacts(basics: MachineBasics): MachineFacts {
  return {
    ...basics,
    caches: cachesOf(CPU),
    system: `${platform()} ${release()} ${arch()}`,
    hugePagesMode: /\[(\w+)\]/.exec(textOf(HUGE_PAGES))?.[1] ?? null,
    node: process.versions.node,
    v8: process.versions.v8,
    load: loadavg()[0] ?? 0,
  }
}

/** Reads a folder such as `/sys/devices/system/cpu/cpu0/cache`. */
export function cachesOf(folder: string): Cache[] {
  return namesIn(folder)
    .filter((name) => name.startsWith('index'))
    .map((name) => {
      const read = (file: string): string => textOf(`${folder}/${name}/${file}`)
      return {
        type: read('type'),
        level: Number(read('level')),
        bytes: bytesOfSize(read('size')),
        sharedBy: processorsIn(read('shared_cpu_list')),
      }
    })
    .filter(({ type, level, bytes }) => type !== 'Instruction' && level > 0 && bytes > 0)
    .map(({ level, bytes, sharedBy }) => ({ level, bytes, sharedBy }))
    .sort((one, two) => one.level - two.level)
}

/** `1024K` → 1048576. */
function bytesOfSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)$/.exec(text) ?? []
  return digits === undefined ? 0 : Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit)
}

/** `0-3,8` → 5. */
function processorsIn(list: string): number {
  return list.split(',').reduce((sum, part) => {
    const [first, last = first] = part.split('-').map(Number)
    return sum + (first === undefined || last === undefined ? 0 : Math.max(0, last - first) + 1)
  }, 0)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
