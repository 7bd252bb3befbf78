/** Shared memory between a measurement and its threads: one stop word, and a line of hashes done for each slot. */

/** A cache line each, so that threads do not slow each other down. */
const LINE_BYTES = 64

export interface Gauge {
  readonly buffer: SharedArrayBuffer
  /** What a slot has hashed so far. */
  readonly hashes: (slot: number) => number
  /** Whether the slots below `threads` have all hashed something. */
  readonly allStarted: (threads: number) => boolean
  readonly add: (slot: number, hashes: number) => void
  readonly stop: () => void
  readonly stopped: () => boolean
}

export function createGauge(slots: number): Gauge {
  return openGauge(new SharedArrayBuffer(LINE_BYTES * (slots + 1)))
}

/** The same gauge on another thread. */
export function openGauge(buffer: SharedArrayBuffer): Gauge {
  const stop = new Int32Array(buffer, 0, 1)
  const counts = new BigUint64Array(buffer)
  const place = (slot: number): number => ((slot + 1) * LINE_BYTES) / counts.BYTES_PER_ELEMENT
  const hashes = (slot: number): number => Number(Atomics.load(counts, place(slot)))
  return {
    buffer,
    hashes,
    allStarted: (threads) => Array.from({ length: threads }, (_, slot) => hashes(slot)).every((n) => n > 0),
    add: (slot, hashes) => void Atomics.add(counts, place(slot), BigInt(hashes)),
    stop: () => void Atomics.store(stop, 0, 1),
    stopped: () => Atomics.load(stop, 0) !== 0,
  }
}
