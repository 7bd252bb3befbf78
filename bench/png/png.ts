/** A picture of the SVG writer as PNG: of what that writes, each element is read; light colours on white paper. */
import { createCanvas, dashesOf, strokeOf, type Canvas } from './canvas.js'
import { pngOfPixels } from './encode.js'
import { write } from './letters.js'
import type { Point } from '../svg.js'

/** Pixels for each unit of the picture, and its density in print. */
const SCALE = 2
const PER_INCH = 96 * SCALE

type Attributes = Readonly<Record<string, string>>

const ELEMENT = /<(svg|rect|path|text)((?: [a-z-]+="[^"]*")*)(?:\/>|>)([^<]*)/gi
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** Throws for an SVG that is not of the writer. */
export function pngOf(svg: string): Buffer {
  let canvas: Canvas | undefined
  // The style sheet of dark colours is for readers that follow the system.
  const light = svg.replace(/<style>[^<]*<\/style>/, '')
  const known = [...light.matchAll(ELEMENT)]
  if (known.length !== (light.match(/<[a-z]/g) ?? []).length)
    throw new Error('an element that cannot be drawn')
  for (const [, name, given = '', content = ''] of known) {
    const attributes = Object.fromEntries(
      [...given.matchAll(/([a-z-]+)="([^"]*)"/gi)].map(([, key = '', value = '']) => [key, value]),
    )
    if (name === 'svg')
      canvas = createCanvas(SCALE * numberOf(attributes, 'width'), SCALE * numberOf(attributes, 'height'))
    else if (canvas) DRAW[name as keyof typeof DRAW](canvas, attributes, content)
  }
  if (!canvas) throw new Error('this is no picture')
  return pngOfPixels(canvas, PER_INCH)
}

const numberOf = (attributes: Attributes, name: string): number => Number(attributes[name] ?? 0)
const scaled = ([x, y]: Point): Point => [SCALE * x, SCALE * y]

const DRAW = {
  rect(canvas: Canvas, attributes: Attributes): void {
    const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => numberOf(attributes, name)) as [
      number,
      number,
      number,
      number,
    ]
    const corners: Point[] = [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ]
    canvas.fill([corners.map(scaled)], attributes['fill'] ?? '')
  },
  path(canvas: Canvas, attributes: Attributes): void {
    const width = SCALE * numberOf(attributes, 'stroke-width')
    const [dash] = (attributes['stroke-dasharray'] ?? '').split(' ').map(Number)
    const round = attributes['stroke-linecap'] === 'round'
    const areas = linesOf(attributes['d'] ?? '').flatMap((line) => {
      const points = line.map(scaled)
      const parts = dash ? dashesOf(points, SCALE * dash) : [points]
      return parts.flatMap((part) => strokeOf(part, width, round))
    })
    canvas.fill(areas, attributes['stroke'] ?? '')
  },
  text(canvas: Canvas, attributes: Attributes, content: string): void {
    const words = content.replace(/&([a-z]+);/g, (_, name: string) => ENTITIES[name] ?? '')
    const size = SCALE * numberOf(attributes, 'font-size')
    const { width, outlines } = write(words, size, attributes['font-weight'] !== undefined)
    const anchor = { start: 0, middle: 0.5, end: 1 }[attributes['text-anchor'] ?? 'start'] ?? 0
    const [left, base] = scaled([numberOf(attributes, 'x'), numberOf(attributes, 'y')])
    const placed = outlines.map((outline) =>
      outline.map(([x, y]): Point => [left - anchor * width + x, base + y]),
    )
    const [, centerX, centerY] = /^rotate\(-90 (\S+) (\S+)\)$/.exec(attributes['transform'] ?? '') ?? []
    const [cx, cy] = scaled([Number(centerX ?? 0), Number(centerY ?? 0)])
    const turned =
      centerX === undefined
        ? placed
        : placed.map((outline) => outline.map(([x, y]): Point => [cx + (y - cy), cy - (x - cx)]))
    canvas.fill(turned, attributes['fill'] ?? '')
  },
}

/** `M0 1L2 3M4 5h0`: a point without length has round ends alone. */
function linesOf(d: string): Point[][] {
  const lines: Point[][] = []
  for (const [, command, x = '0', y = '0'] of d.matchAll(/([MLh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    if (command === 'M') lines.push([[Number(x), Number(y)]])
    else if (command === 'L') lines.at(-1)?.push([Number(x), Number(y)])
  }
  return lines
}
