/**
 * The history as a picture: a panel each for the prices of some assets, the hash power of the network, and the places
 * of our records, over one axis of heights. As SVG.
 */
import {
  between,
  drawPanel,
  evenScale,
  INK,
  picture,
  text,
  wholeTicks,
  type Point,
  type Scale,
  type Series,
} from '../../bench/index.js'
import {
  type Extent,
  GRADED_RECORDS,
  type HistoryQueries,
  PAID_PLACES,
  priceToNumber,
} from '../../oracle/index.js'
import { fail } from '../program/errors.js'
import { minuteText, rateText } from '../view/format.js'
import { writePicture } from '../view/plot-file.js'
import type { RowRange } from './rows.js'

const WIDTH = 900
const TOP = 116
const PANEL = 132
const GAP = 50
const BOTTOM = 70
const LEFT = 96
const RIGHT = 40
/** More panels than these make a picture too full to read. */
const MOST_ASSETS = 12

export interface PlotChoice {
  readonly range: RowRange
  readonly assets: readonly string[]
}

interface Panel {
  readonly name: string
  readonly unit: string
  readonly kind: 'price' | 'power' | 'places'
  /** Heights and values. */
  readonly points: readonly Point[]
}

/** Writes the picture and returns the names of its panels. Throws `E_CLI_PLOT` if there is nothing to draw, or nowhere. */
export function writePlot(file: string, query: HistoryQueries, choice: PlotChoice): string[] {
  const extent = query.extent(choice.range)
  const panels = panelsOf(query, choice)
  if (extent === null || panels.every(({ points }) => points.length === 0))
    throw fail('E_CLI_PLOT', 'there is no graded block in this range, so nothing to draw')
  writePicture(file, drawHistory(panels, extent))
  return panels.map(({ name }) => name)
}

function panelsOf(query: HistoryQueries, { range, assets }: PlotChoice): Panel[] {
  const prices = assets.slice(0, MOST_ASSETS).map((asset): Panel => ({
    name: `Price of ${asset}`,
    unit: 'USD',
    kind: 'price',
    points: query.prices(asset, range).map(({ height, price }) => [height, priceToNumber(price)]),
  }))
  const power: Panel = {
    name: 'Hash power of the network',
    unit: 'hashes a second, estimated',
    kind: 'power',
    points: query.hashPowers(range).map(({ height, hashPower }) => [height, hashPower]),
  }
  const own = query
    .own(range)
    .flatMap(({ height, place }): [number, number][] =>
      place === null || place === undefined ? [] : [[height, place + 1]],
    )
  const places: Panel = {
    name: 'Our places',
    unit: `of ${GRADED_RECORDS}; the first ${PAID_PLACES} are paid`,
    kind: 'places',
    points: own,
  }
  return [...prices, power, ...(own.length > 0 ? [places] : [])]
}

function drawHistory(panels: readonly Panel[], { first, last, begin, end, gradable }: Extent): string {
  const title = 'PegNet, as graded here'
  const facts = `heights ${first} to ${last}, ${minuteText(begin)} to ${minuteText(end)} UTC, ${gradable} blocks with winners`
  const foot = TOP + panels.length * (PANEL + GAP) - GAP
  const heights: Scale = {
    at: between(first, Math.max(last, first + 1)),
    // Heights are numbers that people type: no thousands separators.
    ticks: wholeTicks(first, last, 6),
  }
  return picture({ width: WIDTH, height: foot + BOTTOM, label: `${title}: ${facts}` }, [
    text(title, { x: 29, y: 29, size: 20, color: INK.text, bold: true }),
    text(facts, { x: 29, y: 56, size: 13, color: INK.faint }),
    ...panels.flatMap((panel, k) => {
      const top = TOP + k * (PANEL + GAP)
      const x = k === panels.length - 1 ? heights : { ...heights, ticks: [] }
      return [...captionOf(panel, top - 22), ...drawnPanel(panel, { top, x, k })]
    }),
    text('height', {
      x: (LEFT + WIDTH - RIGHT) / 2,
      y: foot + 40,
      size: 13,
      color: INK.faint,
      anchor: 'middle',
    }),
  ])
}

/** The panel's name at its left, the unit at its right: widths of words are not known here. */
function captionOf({ name, unit }: Panel, y: number): string[] {
  return [
    text(name, { x: LEFT, y, size: 14, color: INK.text, bold: true }),
    text(unit, { x: WIDTH - RIGHT, y, size: 12, color: INK.faint, anchor: 'end' }),
  ]
}

function drawnPanel(
  { kind, points }: Panel,
  { top, x, k }: { readonly top: number; readonly x: Scale; readonly k: number },
): string[] {
  const places = kind === 'places'
  const look: Pick<Series, 'line' | 'dot'> = places
    ? { dot: 5 }
    : { line: 1.8, ...(points.length < 80 ? { dot: 4 } : {}) }
  return drawPanel({
    left: LEFT,
    top,
    width: WIDTH - LEFT - RIGHT,
    height: PANEL,
    x,
    y: valueScale(
      kind,
      points.map(([, value]) => value),
    ),
    grid: !places,
    marks: places ? [{ y: PAID_PLACES }] : [],
    series: [{ color: INK.lines[k % INK.lines.length] as string, points, ...look }],
  })
}

function valueScale(kind: Panel['kind'], values: readonly number[]): Scale {
  if (kind === 'places')
    return {
      at: between(GRADED_RECORDS, 1),
      ticks: [1, PAID_PLACES, GRADED_RECORDS].map((value) => ({ value, text: String(value) })),
    }
  if (kind === 'price') return evenScale(values, { parts: 3 })
  return evenScale(values, {
    parts: 3,
    zero: true,
    text: (value) => (value === 0 ? '0' : rateText(value)),
  })
}
