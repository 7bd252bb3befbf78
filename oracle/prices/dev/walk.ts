/**
 * Moving prices as a pure function of (seed, name, time). Value noise in nine octaves whose amplitudes grow with
 * the root of their period looks like a random walk over seconds, hours and weeks, yet needs no state: a server
 * that starts again with the same seed continues where the last one was, and two of them agree.
 */
const DAY = 86_400_000
/** 30 s, 2 min, 8 min … 23 days. */
const PERIODS = Array.from({ length: 9 }, (_, k) => 30_000 * 4 ** k)
/** Makes the standard deviation of one day's change about the `daily` that was asked for. */
const SCALE = 0.9

/** FNV-1a of a text, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return hash
}

/** Scrambles 32 bits (the finalizer of MurmurHash3) into -1 … 1. */
function signed(bits: number): number {
  let h = bits
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1
}

/**
 * Logarithmic deviation from the level of `name` at `time` (ms). `daily` is the typical change in a day as a
 * fraction. Continuous in time, bounded by about 13 × daily.
 */
export function walk(seed: string, name: string, time: number, daily: number): number {
  const stream = hashText(`${seed}/${name}`)
  let sum = 0
  PERIODS.forEach((period, octave) => {
    const at = time / period
    const step = Math.floor(at)
    const knot = (n: number): number =>
      signed(stream ^ Math.imul(n, 0x9e3779b1) ^ Math.imul(octave + 1, 0x7feb352d))
    const left = knot(step)
    sum += (left + (knot(step + 1) - left) * (at - step)) * Math.sqrt(period / DAY)
  })
  return sum * daily * SCALE
}
