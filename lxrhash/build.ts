/** Computes a ByteMap in the shared memory, in slices that leave the event loop free between them. */
import { setImmediate } from 'node:timers/promises'
import { throwIfAborted } from './abort.js'
import type { Place } from './checkpoint.js'
import { progressOf, type ProgressListener } from './progress.js'
import type { MapMemory } from './map-memory.js'

/** Short enough for Ctrl-C and other timers, long enough that the switch (some 10 µs) costs nothing. */
const SLICE_MS = 20
const FIRST_SLICE = 2 ** 16

export interface CheckpointTiming {
  /** Least time between two checkpoints, ms. */
  readonly every: number
  /** Less work than this is not kept when the build is interrupted, ms. */
  readonly least: number
  /** Most of the time that checkpoints may take: those of a large map, or on a slow disk, are rarer. */
  readonly share: number
}

/** A checkpoint of 2^26 takes some 0.2 s, so it is kept each 10 s; one of 2^30 some 3 s, so it is kept each minute. */
export const CHECKPOINTS: CheckpointTiming = { every: 10_000, least: 5_000, share: 0.05 }

export interface GenerateRun {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ProgressListener | undefined
  /** Where a checkpoint, whose state is in the memory, goes on. Default: at the start. */
  readonly from?: Place | undefined
  readonly timing?: CheckpointTiming
  /** Keeps the map and generator as they are. Must not reject. */
  readonly keep: (place: Place) => Promise<void>
}

/** Fills the map. Throws E_LXR_ABORTED, after a last checkpoint if there is something to lose. */
export async function generateByteMap(mapped: MapMemory, run: GenerateRun): Promise<void> {
  const { signal, keep, timing = CHECKPOINTS } = run
  const { functions, scratch, map, params } = mapped
  const report = progressOf(run.onProgress, 'build', map.length)
  throwIfAborted(signal)
  if (run.from === undefined) functions.generateBegin(scratch)
  let { pass, index } = run.from ?? { pass: 0, index: 0 }
  let slice = FIRST_SLICE
  let kept = performance.now()
  let pause = timing.every
  const save = async (): Promise<void> => {
    const begun = performance.now()
    await keep({ pass, index })
    kept = performance.now()
    pause = Math.max(timing.every, (kept - begun) / timing.share)
  }

  const done = (): number => Math.floor((pass * map.length + index) / params.passes)
  report(done())
  for (; pass < params.passes; pass++, index = 0) {
    while (index < map.length) {
      const count = Math.min(slice, map.length - index)
      const begun = performance.now()
      functions.generateSteps(scratch, index, count)
      const took = performance.now() - begun
      if (count === slice) slice = nextSlice(slice, took)
      index += count
      report(done())
      await setImmediate()
      const unsaved = performance.now() - kept
      if (unsaved >= (signal?.aborted ? timing.least : pause)) await save()
      throwIfAborted(signal)
    }
  }
}

/** Towards slices of SLICE_MS, by at most a factor of two at once. */
function nextSlice(slice: number, milliseconds: number): number {
  const factor = SLICE_MS / Math.max(milliseconds, 0.01)
  return Math.round(slice * Math.min(2, Math.max(0.5, factor)))
}
