/** What this machine has to offer: processor, memory, threads. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'

import type { ThreadCount } from '../config/index.js'

export interface Machine {
  readonly cpu: string
  /** Threads that this process may use at once. */
  readonly cores: number
  /** Bytes; what a container allows, if that is less. */
  readonly memory: number
  readonly freeMemory: number
}

export function machineOf(): Machine {
  const cpu = cpus()[0]?.model.replace(/\s+/g, ' ').trim()
  const limit = process.constrainedMemory() ?? 0
  const memory = limit > 0 && limit < totalmem() ? limit : totalmem()
  return {
    cpu: cpu === undefined || cpu === '' ? 'unknown processor' : cpu,
    cores: Math.min(availableParallelism(), containerCores()),
    memory,
    freeMemory: Math.min(freemem(), memory),
  }
}

/** How many threads to start; at least one. */
export function threadsOf(wanted: ThreadCount, cores: number): number {
  return 'count' in wanted ? wanted.count : Math.max(1, Math.floor((cores * wanted.percent) / 100))
}

/** What the control group allows. Node.js does not look at it: 64 threads in a container of 2 cores would be throttled. */
function containerCores(): number {
  try {
    return coresOfQuota(readFileSync('/sys/fs/cgroup/cpu.max', 'utf8'))
  } catch {
    return Infinity
  }
}

/** `cpu.max` of a control group, `QUOTA PERIOD` in microseconds or `max PERIOD`, as whole cores. */
export function coresOfQuota(text: string): number {
  const [quota = '', period = ''] = text.trim().split(' ')
  const cores = Number(quota) / Number(period)
  return Number.isFinite(cores) && cores > 0 ? Math.max(1, Math.floor(cores)) : Infinity
}
