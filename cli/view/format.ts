/** Numbers as people read them. Pure functions. */
import { unitsText } from '../../base/index.js'

/** `41.2 kH/s`; three significant digits. */
export function rateText(perSecond: number, unit = 'H/s'): string {
  const [value, prefix] = scaled(perSecond, 1000, ['', 'k', 'M', 'G', 'T'])
  return `${significant(value)} ${prefix}${unit}`
}

/** `16 MiB`. */
export function bytesText(bytes: number): string {
  const [value, prefix] = scaled(bytes, 1024, ['', 'Ki', 'Mi', 'Gi', 'Ti'])
  return `${significant(value)} ${prefix}B`
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 07 min`. */
export function durationText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return 'unknown'
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

/** `1,234,567`. */
export function countText(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** An amount in a column of this width: the decimal points stand one below the other. */
export function unitsColumn(units: bigint, width: number): string {
  const text = unitsText(units)
  const whole = text.split('.')[0] ?? ''
  return `${whole.padStart(width - FRACTION)}${text.slice(whole.length)}`.padEnd(width)
}
/** A point and eight digits. */
const FRACTION = 9

/** `1 record`, `2 records`. */
export function plural(count: number, word: string, words = `${word}s`): string {
  return `${countText(count)} ${count === 1 ? word : words}`
}

/** UTC `12:00:59`. */
export function clockText(time: number): string {
  return new Date(time).toISOString().slice(11, 19)
}

/** Where a line may end: a number stays beside its unit, as in `0.15 %`, `90 s` and `9000 PEG`. */
export const BETWEEN_WORDS = / (?!%|(?<=\d )(?:PEG|ms|s|min|h)\b)/

/** Words into lines of a width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(BETWEEN_WORDS)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The beginning of a path below the home directory as `~`. */
export function tilde(path: string, home: string): string {
  return home !== '' && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path
}

const pad = (n: number): string => String(n).padStart(2, '0')

function scaled(value: number, step: number, prefixes: readonly string[]): [number, string] {
  let k = 0
  let rest = value
  // 999.5 and more would be rounded to four digits.
  while (rest >= step - 0.5 && k < prefixes.length - 1) {
    rest /= step
    k++
  }
  return [rest, prefixes[k] ?? '']
}

function significant(value: number): string {
  if (Number.isInteger(value) || value >= 99.95) return String(Math.round(value))
  return value.toFixed(value >= 9.995 ? 1 : 2)
}

/** A part of 1 as `12.34 %`. */
export const percentText = (part: number, digits = 2): string => `${(part * 100).toFixed(digits)} %`

/** `2026-11-29 17:30`, UTC. */
export const minuteText = (time: number): string =>
  new Date(time).toISOString().slice(0, 16).replace('T', ' ')
