/** What `pegminer bench` prints besides its table. Pure. */
import type { CellPlan, Rating, StressReport, Trial } from '../../bench/index.js'
import { kiloText, sizeText } from '../../bench/index.js'
import { countText, durationText, plural, rateText } from '../view/format.js'

/** `2^24 (16 MiB), 2 threads`. */
export function cellText({ bits, threads, lanes, kernel, pages }: CellPlan): string {
  const rest = [
    lanes === 'auto' ? '' : `${lanes} lanes`,
    kernel === 'auto' ? '' : kernel,
    pages === 'huge' ? '' : 'small pages',
  ].filter(Boolean)
  return [`2^${bits} (${sizeText(bits)})`, plural(threads, 'thread'), ...rest].join(', ')
}

/** One line for `--tune`. */
export function trialText({ threads, kernel, lanes, hashesPerSecond }: Trial): string {
  const setting = `${String(threads).padStart(7)}  ${kernel.padEnd(6)}  ${String(lanes).padStart(5)}`
  return `${setting}  ${kiloText(hashesPerSecond).padStart(8)}`
}

/** `      2     98.77 kH/s, 97.50 to 99.10 (±0.8 %)`. */
export function ratingText({ threads, hashesPerSecond, min, max }: Rating): string {
  const spread = ((max - min) / 2 / hashesPerSecond) * 100
  const range = `${kiloText(min)} to ${kiloText(max)} (±${spread.toFixed(1)} %)`
  return `${String(threads).padStart(7)}  ${kiloText(hashesPerSecond).padStart(8)} kH/s, ${range}`
}

export const TRIAL_HEAD = 'threads  kernel  lanes      kH/s'

/** One line for `--stress`: `00:10  81.2 kH/s  16,000 checks  no errors`. */
export function stressText({ seconds, hashesPerSecond, threads, errors }: StressReport): string {
  const rounds = threads.reduce((sum, thread) => sum + thread.rounds, 0)
  const bad = threads
    .filter((thread) => thread.errors > 0)
    .map((thread) => `thread ${thread.thread}: ${thread.errors}`)
  const verdict = errors === 0 ? 'no errors' : `${plural(errors, 'error')} (${bad.join(', ')})`
  return `${durationText(seconds * 1000).padStart(12)}  ${rateText(hashesPerSecond).padStart(9)}  ${countText(rounds)} checks  ${verdict}`
}
