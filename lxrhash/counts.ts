/** How often each byte value occurs in a ByteMap: counted here while the map is small, else by a thread beside the SHA-256. */
import { fileURLToPath } from 'node:url'
import { threadEnvironment } from '../base/index.js'
import type { KernelLayout } from './kernel.js'
import { mapBytes } from './params.js'
import type { MapMemory } from './map-memory.js'

export interface CountTask extends Pick<MapMemory, 'module' | 'memory' | 'scratch'> {
  readonly at: number
  readonly length: number
}

/** To start a thread takes as long as to count 16 MiB. */
const FEW_BYTES = 2 ** 24

export function openCounts(mapped: MapMemory, few = FEW_BYTES) {
  const { functions, module, memory, scratch, params } = mapped
  const counts = countsIn(memory, scratch, functions.layout)
  counts.fill(0)
  const pool = mapBytes(params) <= few ? undefined : startPool()
  const tasks: Promise<void>[] = []
  return {
    /** Adds a piece of the map, which is not written any more; offset and length are multiples of 8. */
    add(at: number, length: number): void {
      if (pool === undefined) return functions.countBytes(scratch, at, length)
      const task = pool.then((started) => started.run({ module, memory, scratch, at, length }))
      // A caller that closes before the end does not wait for the result.
      task.catch(() => undefined)
      tasks.push(task)
    },
    /** A shuffle moves bytes and changes none: whether each of the 256 values occurs 2^(bits - 8) times. */
    async even(): Promise<boolean> {
      await Promise.all(tasks)
      return areEven(counts, mapBytes(params) / 256)
    },
    /** Ends the thread. */
    async close(): Promise<void> {
      await (await pool)?.destroy()
    },
  }
}

/** Loaded when a map is read: hashing threads load this room too, and need no pool. */
async function startPool() {
  const { Piscina } = await import('piscina')
  return new Piscina<CountTask, void>({
    filename: fileURLToPath(new URL('./counts-worker.js', import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    recordTiming: false,
    env: threadEnvironment(),
  })
}

function areEven(counts: Uint32Array, each: number): boolean {
  for (let value = 0; value < 256; value++) {
    let sum = 0
    for (let at = value; at < counts.length; at += 256) sum += counts[at] as number
    if (sum !== each) return false
  }
  return true
}

/** Four counts of each value. */
function countsIn(memory: WebAssembly.Memory, scratch: number, { COUNTS }: KernelLayout): Uint32Array {
  return new Uint32Array(memory.buffer, scratch + COUNTS, 4 * 256)
}
