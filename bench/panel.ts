/** One plot of a picture: two axes, marks, and lines or dots with the range of their values. Pure. */
import type { Scale, Tick } from './scale.js'
import { dots, polyline, segment, text, widthOf, type Point } from './svg.js'
import { INK } from './theme.js'

export interface Panel {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly x: Scale
  readonly y: Scale
  /** A line across at each tick of the vertical axis. */
  readonly grid: boolean
  readonly series: readonly Series[]
  /** Dashed lines. */
  readonly marks: readonly Mark[]
}

export interface Series {
  readonly color: string
  readonly points: readonly Point[]
  /** Of the line; absent: dots alone. */
  readonly line?: number
  /** Across; absent: the line alone. */
  readonly dot?: number
  /** Least and greatest value of each point, as a bar with a cap at each end. */
  readonly ranges?: readonly (readonly [x: number, low: number, high: number])[]
  /** Stands at the end of the line. */
  readonly name?: string
}

export type Mark = { readonly x: number; readonly text: string } | { readonly y: number }

const TEXT = 13
const SMALL = 12
/** From a line's end to its name. */
const GAP = 10
const CAP = 5
const NOTE = { size: SMALL, color: INK.faint }
const LABEL = { size: TEXT, color: INK.text, anchor: 'middle' } as const

/** Pixels from a panel's right edge that the names of its lines need. */
export function roomForNames(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => widthOf(name, TEXT))) + GAP
}

export function drawPanel(panel: Panel): string[] {
  const { left, top, width, height, x, y, grid, series, marks } = panel
  const bottom = top + height
  const place = ([one, two]: Point): Point => [left + x.at(one) * width, bottom - y.at(two) * height]
  const across = (value: number, color: string): string => {
    // Thin lines are sharp in the middle of a pixel.
    const line = Math.round(bottom - y.at(value) * height) + 0.5
    return segment([left, line], [left + width, line], { color })
  }
  return [
    ...(grid ? y.ticks.map(({ value }) => across(value, INK.grid)) : []),
    segment([left, bottom + 0.5], [left + width, bottom + 0.5], { color: INK.axis }),
    ...y.ticks.map(({ value, text: words }) =>
      text(words, { ...LABEL, x: left - 8, y: bottom - y.at(value) * height, size: SMALL, anchor: 'end' }),
    ),
    ...readable(x.ticks, (value) => left + x.at(value) * width).map(({ value, text: words }) =>
      text(words, { ...LABEL, x: left + x.at(value) * width, y: bottom + 17 }),
    ),
    ...marks.flatMap((mark) => drawMark(panel, mark)),
    ...series.flatMap((one) => drawSeries(one, place)),
    ...drawNames(series, place, { top, bottom }),
  ]
}

function drawMark({ left, top, width, height, x, y }: Panel, mark: Mark): string[] {
  const stroke = { color: INK.axis, dashed: true }
  if ('y' in mark) {
    const across = Math.round(top + (1 - y.at(mark.y)) * height) + 0.5
    return [segment([left, across], [left + width, across], stroke)]
  }
  const up = Math.round(left + x.at(mark.x) * width) + 0.5
  const lines = mark.text.split('\n').length
  return [
    segment([up, top + height], [up, top], stroke),
    text(mark.text, { ...LABEL, x: up, y: top - 12 - (lines - 1) * SMALL * 1.32, ...NOTE }),
  ]
}

type Place = (point: Point) => Point

function drawSeries({ color, points, line, dot, ranges = [] }: Series, place: Place): string[] {
  const placed = points.map(place)
  const bars = ranges.map(([x, low, high]) => {
    const [[middle, bottom], [, top]] = [place([x, low]), place([x, high])]
    const stroke = { color, width: 1.5 }
    return [
      segment([middle, bottom], [middle, top], stroke),
      ...[bottom, top].map((y) => segment([middle - CAP, y], [middle + CAP, y], stroke)),
    ].join('')
  })
  return [
    ...bars,
    ...(line !== undefined && placed.length > 1 ? [polyline(outline(placed), { color, width: line })] : []),
    ...(dot === undefined ? [] : [dots(placed, { color, width: dot })]),
  ]
}

/**
 * Of a line with more points than pixels: the first, lowest, highest and last of each column of pixels, which look the
 * same.
 */
export function outline(points: readonly Point[]): Point[] {
  const columns = new Map<number, Point[]>()
  for (const point of points) {
    const column = Math.floor(point[0])
    const before = columns.get(column)
    if (before === undefined) columns.set(column, [point])
    else before.push(point)
  }
  return [...columns.values()].flatMap((column) => {
    if (column.length <= 4) return column
    const by = (better: (one: number, two: number) => boolean): Point =>
      column.reduce((one, two) => (better(two[1], one[1]) ? two : one))
    const kept = new Set([column[0], by((one, two) => one < two), by((one, two) => one > two), column.at(-1)])
    return column.filter((point) => kept.has(point))
  })
}

/** Names at the ends of their lines, moved apart where they would lie upon each other, and kept inside the panel. */
function drawNames(
  series: readonly Series[],
  place: Place,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): string[] {
  const ends = series.flatMap(({ name, color, points }) => {
    const last = points.at(-1)
    if (name === undefined || last === undefined) return []
    const [x, y] = place(last)
    return [{ name, color, x, y }]
  })
  ends.sort((one, two) => one.y - two.y)
  const heights = apart(
    ends.map(({ y }) => y),
    { least: TEXT * 1.3, top, bottom: bottom - TEXT / 2 },
  )
  return ends.map(({ name, color, x }, k) =>
    text(name, { x: x + GAP, y: heights[k] as number, size: TEXT, color, bold: true }),
  )
}

/** Ascending places, moved so that neighbours are at least so far apart; those at the bottom are moved up again. */
export function apart(
  places: readonly number[],
  { least, top, bottom }: { readonly least: number; readonly top: number; readonly bottom: number },
): number[] {
  const down = places.reduce<number[]>(
    (moved, place) => [...moved, Math.max(place, (moved.at(-1) ?? top - least) + least)],
    [],
  )
  return down.reduceRight<number[]>(
    (moved, place) => [Math.min(place, (moved[0] ?? bottom + least) - least), ...moved],
    [],
  )
}

/** Ticks whose texts have room: the first and the last, and between them those that touch no other. */
export function readable(ticks: readonly Tick[], xOf: (value: number) => number): Tick[] {
  const sorted = [...ticks].sort((one, two) => xOf(one.value) - xOf(two.value))
  const last = sorted.at(-1)
  const clash = (one: Tick, two: Tick): boolean =>
    Math.abs(xOf(one.value) - xOf(two.value)) < (widthOfTick(one) + widthOfTick(two)) / 2 + 6
  const kept: Tick[] = []
  for (const tick of sorted) {
    const neighbours = [kept.at(-1), tick === last ? undefined : last]
    if (kept.length === 0 || neighbours.every((other) => other === undefined || !clash(tick, other)))
      kept.push(tick)
  }
  return kept
}

const widthOfTick = ({ text: words }: Tick): number =>
  Math.max(...words.split('\n').map((line) => widthOf(line, TEXT)))
