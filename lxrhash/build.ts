/** Computes a ByteMap in the shared memory, in slices that leave the event loop free between them. */
import { setImmediate } from 'node:timers/promises'
import { throwIfAborted } from './abort.js'
import { progressOf, type ProgressListener } from './progress.js'
import type { Room } from './room.js'

/** Short enough for Ctrl-C and other timers, long enough that the switch (some 10 µs) costs nothing. */
const SLICE_MS = 20
const FIRST_SLICE = 2 ** 16

export interface GenerateRun {
  readonly signal?: AbortSignal
  readonly onProgress?: ProgressListener
}

/** Fills the room's map. Throws E_LXR_ABORTED. */
export async function generateByteMap(room: Room, { signal, onProgress }: GenerateRun): Promise<void> {
  const { kernel, scratch, map, params } = room
  const report = progressOf(onProgress, 'build', map.length)
  throwIfAborted(signal)
  report(0)
  kernel.generateBegin(scratch)
  let slice = FIRST_SLICE
  for (let pass = 0; pass < params.passes; pass++) {
    for (let index = 0; index < map.length;) {
      const count = Math.min(slice, map.length - index)
      const begun = performance.now()
      kernel.generateSteps(scratch, index, count)
      const took = performance.now() - begun
      if (count === slice) slice = nextSlice(slice, took)
      index += count
      report(Math.floor((pass * map.length + index) / params.passes))
      await setImmediate()
      throwIfAborted(signal)
    }
  }
}

/** Towards slices of SLICE_MS, by at most a factor of two at once. */
function nextSlice(slice: number, milliseconds: number): number {
  const factor = SLICE_MS / Math.max(milliseconds, 0.01)
  return Math.round(slice * Math.min(2, Math.max(0.5, factor)))
}
