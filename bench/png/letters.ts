/** Outlines of letters, so that text is drawn on a machine without fonts (those of DejaVu Sans; their licence is in the file). */
import { readFileSync } from 'node:fs'

/** Two numbers each; a third one marks a point that bends the line between its neighbours. */
type Contour = readonly (readonly number[])[]
type Letter = readonly [advance: number, ...contours: Contour[]]

interface Letters {
  /** Of the size of a letter. */
  readonly units: number
  readonly plain: Readonly<Record<string, Letter>>
  readonly bold: Readonly<Record<string, Letter>>
}

type Point = readonly [x: number, y: number]

/** Straight pieces that a bend is drawn with. */
const PIECES = 4

let known: Letters | undefined
/** Read when text is drawn for the first time. */
const letters = (): Letters =>
  (known ??= JSON.parse(readFileSync(new URL('letters.json', import.meta.url), 'utf8')) as Letters)

export interface Written {
  readonly width: number
  /** Closed lines, from the beginning of the line that the letters stand on; downwards is positive. */
  readonly outlines: readonly (readonly Point[])[]
}

/** A letter that is not among them is drawn as a question mark. */
export function write(words: string, size: number, bold: boolean): Written {
  const { units, plain, bold: heavy } = letters()
  const font = bold ? heavy : plain
  const scale = size / units
  const outlines: Point[][] = []
  let width = 0
  for (const letter of words) {
    const [advance, ...contours] = font[letter] ?? font['?'] ?? [0]
    for (const contour of contours)
      outlines.push(straight(contour).map(([x, y]) => [width + x * scale, -y * scale] as const))
    width += advance * scale
  }
  return { width, outlines }
}

function straight(contour: Contour): Point[] {
  return contour.flatMap(([x = 0, y = 0, bends], k): Point[] => {
    if (bends === undefined) return [[x, y]]
    const [fromX = 0, fromY = 0] = contour[k - 1] ?? []
    const [toX = 0, toY = 0] = contour[(k + 1) % contour.length] ?? []
    return Array.from({ length: PIECES - 1 }, (_, piece): Point => {
      const [t, s] = [(piece + 1) / PIECES, 1 - (piece + 1) / PIECES]
      return [s * s * fromX + 2 * s * t * x + t * t * toX, s * s * fromY + 2 * s * t * y + t * t * toY]
    })
  })
}
