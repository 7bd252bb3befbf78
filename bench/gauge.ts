/** Shared memory between a measurement and its threads: a word that says what to do, and a line of counters for each slot. */

/** A cache line each, so that threads do not slow each other down. */
const LINE_BYTES = 64

const MODES = ['hash', 'gather', 'rest', 'stop'] as const
export type Mode = (typeof MODES)[number]

const COUNTERS = ['hashes', 'reads', 'rounds', 'errors'] as const
export type Counter = (typeof COUNTERS)[number]

export interface Gauge {
  readonly buffer: SharedArrayBuffer
  readonly mode: () => Mode
  readonly setMode: (mode: Mode) => void
  /** On a thread: sleeps while the mode is this one. */
  readonly sleep: (mode: Mode) => void
  readonly add: (slot: number, counter: Counter, amount: number) => void
  readonly value: (slot: number, counter: Counter) => number
  /** Of the slots below `threads` together. */
  readonly total: (threads: number, counter: Counter) => number
}

export function createGauge(slots: number): Gauge {
  return openGauge(new SharedArrayBuffer(LINE_BYTES * (slots + 1)))
}

/** Opens on another thread the gauge that lies in this memory. */
export function openGauge(buffer: SharedArrayBuffer): Gauge {
  const word = new Int32Array(buffer, 0, 1)
  const counts = new BigUint64Array(buffer)
  const place = (slot: number, counter: Counter): number =>
    ((slot + 1) * LINE_BYTES) / counts.BYTES_PER_ELEMENT + COUNTERS.indexOf(counter)
  const value = (slot: number, counter: Counter): number => Number(Atomics.load(counts, place(slot, counter)))
  return {
    buffer,
    mode: () => MODES[Atomics.load(word, 0)] ?? 'stop',
    setMode: (mode) => {
      Atomics.store(word, 0, MODES.indexOf(mode))
      Atomics.notify(word, 0)
    },
    sleep: (mode) => void Atomics.wait(word, 0, MODES.indexOf(mode)),
    add: (slot, counter, amount) => void Atomics.add(counts, place(slot, counter), BigInt(amount)),
    value,
    total: (threads, counter) => {
      let sum = 0
      for (let slot = 0; slot < threads; slot++) sum += value(slot, counter)
      return sum
    },
  }
}
