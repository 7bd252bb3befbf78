/** Elements of an SVG, as text. Pure. */
import { DARK_MODE, INK } from './theme.js'

/** Tenths of a pixel are enough. */
const round = (value: number): string => String(Math.round(value * 10) / 10)

type Attributes = Readonly<Record<string, string | number | undefined>>

function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const text = given.map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : value}"`)
  return `<${name}${text.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`
}

/** A picture on paper, with its dark colours. `label` describes it for screen readers. */
export function picture(
  { width, height, label }: { readonly width: number; readonly height: number; readonly label: string },
  elements: readonly string[],
): string {
  const paper = element('rect', { width, height, fill: INK.paper })
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-label': escaped(label),
    'font-family': 'system-ui, Segoe UI, DejaVu Sans, sans-serif',
  }
  return `${element('svg', attributes, `\n${[DARK_MODE, paper, ...elements].join('\n')}\n`)}\n`
}

export interface TextStyle {
  readonly x: number
  /** Of the middle of its first line. */
  readonly y: number
  readonly size: number
  readonly color: string
  readonly bold?: boolean
  /** Which part of it lies at x. Default: its beginning. */
  readonly anchor?: 'start' | 'middle' | 'end'
  /** Upwards instead of to the right. */
  readonly upwards?: boolean
}

/** Text of one line or several. */
export function text(words: string, { x, y, size, color, bold, anchor, upwards }: TextStyle): string {
  const line = (content: string, k: number): string =>
    element(
      'text',
      {
        x,
        // From the middle of the letters to the line that they stand on; not every reader knows dominant-baseline.
        y: y + size * (0.36 + k * 1.32),
        'font-size': size,
        'font-weight': bold ? 600 : undefined,
        'text-anchor': anchor === 'start' ? undefined : anchor,
        transform: upwards ? `rotate(-90 ${round(x)} ${round(y)})` : undefined,
        fill: color,
      },
      escaped(content),
    )
  return words.split('\n').map(line).join('\n')
}

/** About how wide a line of text is; fonts differ. */
export const widthOf = (words: string, size: number): number => words.length * size * 0.62

export type Point = readonly [x: number, y: number]

export interface Stroke {
  readonly color: string
  readonly width?: number
  readonly dashed?: boolean
}

export function polyline(points: readonly Point[], { color, width = 1, dashed }: Stroke): string {
  return element('path', {
    d: points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(''),
    fill: 'none',
    stroke: color,
    'stroke-width': width,
    'stroke-dasharray': dashed ? '4 4' : undefined,
    'stroke-linejoin': 'round',
  })
}

/** A straight line. */
export const segment = (from: Point, to: Point, stroke: Stroke): string => polyline([from, to], stroke)

/**
 * Round dots, to half a pixel: one path, as strokes without length have round ends. A dot that would lie upon another
 * is left out.
 */
export function dots(points: readonly Point[], { color, width = 1 }: Stroke): string {
  const places = new Set(points.map(([x, y]) => `M${Math.round(2 * x) / 2} ${Math.round(2 * y) / 2}h0`))
  return element('path', {
    d: [...places].join(''),
    fill: 'none',
    stroke: color,
    'stroke-width': width,
    'stroke-linecap': 'round',
  })
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** What XML forbids, such as control characters, becomes a blank. */
const escaped = (words: string): string =>
  words.replace(/[\p{Cc}\ufffe\uffff]/gu, ' ').replace(/[&<>"]/g, (letter) => ENTITIES[letter] as string)
