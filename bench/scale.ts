/** Axes of a plot: where a value lies on one, and the values that it names. Pure. */

export interface Tick {
  readonly value: number
  /** Lines of text with `\n` between them. */
  readonly text: string
}

export interface Scale {
  /** 0 at the beginning of the axis, 1 at its end. What lies beyond is drawn at the edge. */
  readonly at: (value: number) => number
  readonly ticks: readonly Tick[]
}

/** The share of the way from one value to another, either of which may be the greater. */
export function between(first: number, last: number): (value: number) => number {
  return (value) => Math.min(1, Math.max(0, (value - first) / (last - first)))
}

export interface EvenOptions {
  /** About how many parts the axis has. */
  readonly parts: number
  /** It begins at 0. */
  readonly zero?: boolean
  readonly text?: (value: number) => string
}

/** An axis that begins and ends at a round value and holds all values. */
export function evenScale(values: readonly number[], { parts, zero = false, text }: EvenOptions): Scale {
  const [low, high] = rangeOf(zero ? [0, ...values] : values)
  const step = roundStep((high - low) / parts)
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)]
  const digits = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))
  const ticks = stepsOf(first, last).map((n) => ({
    value: n * step,
    text: text?.(n * step) ?? withCommas((n * step).toFixed(digits)),
  }))
  return { at: between(first * step, last * step), ticks }
}

/** Doublings that an axis can name one by one. */
const MOST_DOUBLINGS = 10

/** An axis on which twice as much is one step. What is not above 0 lies at its beginning. */
export function doublingScale(values: readonly number[]): Scale {
  const powers = values.filter((value) => value > 0).map(Math.log2)
  const low = Math.floor(least(powers) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(greatest(powers) - 1e-9))
  const step = Math.ceil((high - low) / MOST_DOUBLINGS)
  const parts = Math.ceil((high - low) / step)
  const position = between(low, low + parts * step)
  const ticks = stepsOf(0, parts).map((n) => ({
    value: 2 ** (low + n * step),
    text: withCommas(String(2 ** (low + n * step))),
  }))
  return { at: (value) => (value > 0 ? position(Math.log2(value)) : 0), ticks }
}

/** Round whole numbers between two, with these two. */
export function wholeTicks(first: number, last: number, parts: number): Tick[] {
  const step = Math.max(1, roundStep((last - first) / parts))
  const inner = stepsOf(Math.floor(first / step) + 1, Math.ceil(last / step) - 1).map((n) => n * step)
  return [...new Set([first, ...inner, last])].map((value) => ({ value, text: String(value) }))
}

/** 1, 2, 5 or 10 times a power of ten: what is near this. */
function roundStep(near: number): number {
  const power = 10 ** Math.floor(Math.log10(near))
  const share = near / power
  return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10)
}

/** Without spreading: there may be more values than a call takes arguments. */
const least = (values: readonly number[]): number => values.reduce((one, two) => Math.min(one, two), Infinity)
const greatest = (values: readonly number[]): number =>
  values.reduce((one, two) => Math.max(one, two), -Infinity)

/** Of an axis: a line that is level lies in its middle. */
function rangeOf(values: readonly number[]): [low: number, high: number] {
  const [low, high] = [least(values), greatest(values)]
  if (low > high || (low === 0 && high === 0)) return [0, 1]
  if (high - low > Math.abs(high) * 1e-12) return [low, high]
  const around = Math.abs(low) / 100
  return [low - around, high + around]
}

const stepsOf = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => first + k)

const withCommas = (text: string): string => text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',')
