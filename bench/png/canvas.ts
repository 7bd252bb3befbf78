/** A picture of pixels: areas are filled with smooth edges, lines are areas. */
import type { Point } from '../svg.js'

export interface Canvas {
  readonly width: number
  readonly height: number
  /** Red, green, blue of each pixel. */
  readonly pixels: Uint8Array
  /** Fills what the closed lines surround, where they go round in one way more often than in the other. */
  fill(outlines: readonly (readonly Point[])[], color: string): void
}

export function createCanvas(width: number, height: number): Canvas {
  const pixels = new Uint8Array(3 * width * height)
  // Of each pixel how much of it is covered, as the change from the pixel to its left.
  const cover = new Float32Array(width * height + 1)
  return {
    ...{ width, height, pixels },
    fill(outlines, color) {
      const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
      let [top, bottom] = [height, 0]
      for (const outline of outlines)
        for (const [k, to] of outline.entries()) {
          const from = outline.at(k - 1) as Point
          top = Math.min(top, Math.max(0, Math.floor(Math.min(from[1], to[1]))))
          bottom = Math.max(bottom, Math.min(height, Math.ceil(Math.max(from[1], to[1]))))
          addEdge(cover, { width, height }, from, to)
        }
      for (let row = top; row < bottom; row++) {
        let sum = 0
        for (let at = row * width; at < (row + 1) * width; at++) {
          sum += cover[at] as number
          cover[at] = 0
          const share = Math.min(1, Math.abs(sum))
          if (share < 1 / 512) continue
          for (let k = 0; k < 3; k++) {
            const before = pixels[3 * at + k] as number
            pixels[3 * at + k] = Math.round(before + share * ((rgb[k] as number) - before))
          }
        }
      }
      cover[width * height] = 0
    },
  }
}

interface Size {
  readonly width: number
  readonly height: number
}

/** What lies to the right of an edge is covered; each row gets the part of the edge that is in it. */
function addEdge(cover: Float32Array, { width, height }: Size, from: Point, to: Point): void {
  if (from[1] === to[1]) return
  const down = from[1] < to[1]
  const [[x0, y0], [x1, y1]] = down ? [from, to] : [to, from]
  const slope = (x1 - x0) / (y1 - y0)
  const first = Math.max(0, Math.floor(y0))
  for (let row = first; row < Math.min(height, Math.ceil(y1)); row++) {
    const [begin, end] = [Math.max(y0, row), Math.min(y1, row + 1)]
    if (end <= begin) continue
    const area = (down ? 1 : -1) * (end - begin)
    const at = (y: number): number => Math.max(0, Math.min(width, x0 + (y - y0) * slope))
    const [one, other] = [at(begin), at(end)]
    addRow(cover, row * width, width, { left: Math.min(one, other), right: Math.max(one, other), area })
  }
}

/** Between its left and its right end the edge covers more and more. */
function addRow(
  cover: Float32Array,
  start: number,
  width: number,
  { left, right, area }: { readonly left: number; readonly right: number; readonly area: number },
): void {
  const last = Math.min(width - 1, Math.ceil(right))
  let before = 0
  for (let column = Math.floor(left); column <= last; column++) {
    // The mean over this pixel of the part of the edge that lies to the left.
    const now = area * meanTo(column, left, right)
    cover[start + column] = (cover[start + column] ?? 0) + now - before
    before = now
  }
}

/** Mean over x from `column` to `column + 1` of how far x is from `left` to `right`, 0 to 1. */
function meanTo(column: number, left: number, right: number): number {
  if (column >= right) return 1
  const upTo = (x: number): number =>
    x <= left ? 0 : x >= right ? x - (left + right) / 2 : (x - left) ** 2 / (2 * (right - left))
  return upTo(column + 1) - upTo(column)
}

/** Corners of a round end. */
const CORNERS = 16

/** The areas of a line of this width, with round corners; each turns the same way round. */
export function strokeOf(points: readonly Point[], width: number, round: boolean): Point[][] {
  const half = width / 2
  const pieces: Point[][] = points.slice(1).flatMap(([x1, y1], k) => {
    const [x0, y0] = points[k] as Point
    const length = Math.hypot(x1 - x0, y1 - y0)
    if (length === 0) return []
    const [dx, dy] = [(half * (y0 - y1)) / length, (half * (x1 - x0)) / length]
    return [
      [
        [x0 + dx, y0 + dy],
        [x0 - dx, y0 - dy],
        [x1 - dx, y1 - dy],
        [x1 + dx, y1 + dy],
      ] as Point[],
    ]
  })
  const corners = round ? points : points.slice(1, -1)
  return [...pieces, ...corners.map((center) => circle(center, half))]
}

const circle = ([x, y]: Point, radius: number): Point[] =>
  Array.from({ length: CORNERS }, (_, k): Point => {
    const angle = (2 * Math.PI * k) / CORNERS
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]
  })

/** The parts of a line that are drawn if it is dashed. */
export function dashesOf(points: readonly Point[], dash: number): Point[][] {
  return points.slice(1).flatMap(([x1, y1], k) => {
    const [x0, y0] = points[k] as Point
    const length = Math.hypot(x1 - x0, y1 - y0)
    const at = (way: number): Point => [x0 + ((x1 - x0) * way) / length, y0 + ((y1 - y0) * way) / length]
    return Array.from({ length: Math.ceil(length / (2 * dash)) }, (_, one): Point[] => [
      at(2 * dash * one),
      at(Math.min(length, 2 * dash * one + dash)),
    ])
  })
}
