/** What this machine has to offer: processor, memory, threads. */
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'

import type { ThreadCount } from '../../config/index.js'
import { quotaCores } from './cpus.js'
import { memoryRoom } from './memory.js'

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
    cores: Math.min(availableParallelism(), quotaCores()),
    memory,
    freeMemory: Math.min(freemem(), memory, memoryRoom()),
  }
}

/** How many threads to start; at least one. */
export function threadsOf(wanted: ThreadCount, cores: number): number {
  return 'count' in wanted ? wanted.count : Math.max(1, Math.floor((cores * wanted.percent) / 100))
}
