/** Price paths of a simulation: the market, in coins for a token, at each second from the start. Pure. */
import { normalNumber } from '../../base/index.js'

export type PricePath = (second: number) => number

const STEP_SECONDS = 600
const DAY_SECONDS = 86_400

/** A random walk without drift that begins at `first`; `percent` is its usual change in a day. */
export function walkPath(
  first: number,
  percent: number,
  { days, random }: { days: number; random: () => number },
): PricePath {
  const spread = (percent / 100) * Math.sqrt(STEP_SECONDS / DAY_SECONDS)
  const points: Waypoint[] = [{ second: 0, price: first }]
  for (let second = STEP_SECONDS, price = first; second <= days * DAY_SECONDS; second += STEP_SECONDS) {
    price *= Math.exp(spread * normalNumber(random) - (spread * spread) / 2)
    points.push({ second, price })
  }
  return through(points)
}

export interface Waypoint {
  readonly second: number
  readonly price: number
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: DAY_SECONDS }

/** `0:0.9,2d:0.9,3d:0.45`: times with the price at each. Null: that is no such list, or it goes backwards. */
export function readScript(text: string): Waypoint[] | null {
  const points: Waypoint[] = []
  for (const word of text.split(',')) {
    const [, count, unit = 's', price] =
      /^(\d{1,6}(?:\.\d+)?)([smhd])?:(\d{1,9}(?:\.\d{1,8})?)$/.exec(word.trim()) ?? []
    const second = Number(count) * (UNITS[unit] ?? NaN)
    if (price === undefined || !(Number(price) > 0) || second < (points.at(-1)?.second ?? 0)) return null
    points.push({ second, price: Number(price) })
  }
  return points
}

/** Straight from one point to the next; before the first and after the last it stands. */
export function through(points: readonly Waypoint[]): PricePath {
  let k = 0
  return (second) => {
    if ((points[k]?.second ?? 0) > second) k = 0
    while (k + 1 < points.length && (points[k + 1]?.second ?? 0) <= second) k++
    const [from, to] = [points[k], points[k + 1]]
    if (from === undefined) return 0
    if (to === undefined || second <= from.second) return from.price
    return from.price + ((to.price - from.price) * (second - from.second)) / (to.second - from.second)
  }
}
