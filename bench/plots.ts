/**
 * Two figures of a measurement, as SVG: hashrate by ByteMap size, and by number of threads. Pure.
 */
import type { BenchCell } from './cells.js'
import { bytesText } from './markdown.js'
import { drawPanel, roomForNames, type Mark, type Series } from './panel.js'
import type { BenchReport } from './report.js'
import { between, doublingScale, evenScale, type Scale } from './scale.js'
import { picture, text } from './svg.js'
import { powerText, sizeText } from './table.js'
import { INK } from './theme.js'

export interface Plots {
  readonly bySize: string
  readonly byThreads: string
}

const WIDTH = 860
const HEIGHT = 520
const LEFT = 86
const TOP = 136
const BOTTOM = 76
/** Narrower margins than this look crowded. */
const LEAST_RIGHT = 132
/** More lines than these cannot be told apart. */
const MOST_LINES = 6

export function drawPlots(report: BenchReport): Plots {
  return { bySize: plotBySize(report), byThreads: plotByThreads(report) }
}

/** A line of a plot: cells that differ in what the horizontal axis shows. */
interface Line {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly cell: BenchCell }[]
}

function plotBySize(report: BenchReport): string {
  const { machine, cells } = report
  const lines = linesOf(cells, 'bits', ({ threads }) => `${threads} ${threads === 1 ? 'thread' : 'threads'}`)
  const sizes = cells.map(({ bits }) => bits)
  const [first, last] = [Math.min(...sizes) - 0.5, Math.max(...sizes) + 0.5]
  return draw(report, {
    title: 'Hashrate by ByteMap size',
    xName: 'size of the ByteMap, bytes',
    yName: RATE,
    lines,
    x: horizontal(
      [first, last],
      new Map(sizes.map((bits) => [bits, `${powerText(bits)}\n${sizeText(bits)}`])),
    ),
    y: evenScale(ratesOf(lines), { parts: 5, zero: true }),
    marks: machine.caches
      .map(({ level, bytes }) => ({ x: Math.log2(bytes), text: `L${level} cache\n${bytesText(bytes)}` }))
      .filter(({ x }) => x > first && x < last),
  })
}

/** Rates on a scale where twice as fast is one step, so that all sizes show how they grow. */
function plotByThreads(report: BenchReport): string {
  const { machine, cells } = report
  const { cores } = machine
  const lines = linesOf(cells, 'threads', ({ bits }) => `${powerText(bits)} (${sizeText(bits)})`)
  const counts = cells.map(({ threads }) => threads)
  const last = Math.max(...counts) + 0.5
  return draw(report, {
    title: 'Hashrate by number of threads',
    xName: 'threads',
    yName: `${RATE}, doubling scale`,
    lines,
    x: horizontal([0.5, last], new Map(counts.map((threads) => [threads, String(threads)]))),
    y: doublingScale(ratesOf(lines)),
    marks: cores < last ? [{ x: cores, text: cores === 1 ? '1 core' : `${cores} cores` }] : [],
  })
}

const horizontal = ([first, last]: readonly [number, number], texts: ReadonlyMap<number, string>): Scale => ({
  at: between(first, last),
  ticks: [...texts].map(([value, text]) => ({ value, text })),
})

/**
 * Whether lines must be told apart by this. Each size of ByteMap has lanes that suit it: they make lines of their own
 * only where one and the same cell was measured with several.
 */
function tells(cells: readonly BenchCell[], key: 'kernel' | 'pages' | 'lanes'): boolean {
  if (key !== 'lanes') return new Set(cells.map((cell) => cell[key])).size > 1
  const seen = new Map<string, number>()
  return cells.some(({ bits, threads, kernel, pages, lanes }) => {
    const place = [bits, threads, kernel, pages].join()
    const before = seen.get(place) ?? lanes
    seen.set(place, lanes)
    return before !== lanes
  })
}

/** Groups cells by everything but the axis. The names of lines leave out what all of them have in common. */
export function linesOf(
  cells: readonly BenchCell[],
  axis: 'bits' | 'threads',
  nameOf: (cell: BenchCell) => string,
): Line[] {
  const varying = (['kernel', 'pages', 'lanes'] as const).filter((key) => tells(cells, key))
  const text = {
    kernel: (c: BenchCell) => c.kernel,
    pages: (c: BenchCell) => `${c.pages} pages`,
    lanes: (c: BenchCell) => `${c.lanes} lanes`,
  }
  const groups = new Map<string, { x: number; cell: BenchCell }[]>()
  for (const cell of cells) {
    const name = [nameOf(cell), ...varying.map((key) => text[key](cell))].join(', ')
    const points = groups.get(name) ?? []
    points.push({ x: cell[axis], cell })
    groups.set(name, points)
  }
  const lines = [...groups].map(([name, points]) => ({
    name,
    points: points.sort((one, two) => one.x - two.x),
  }))
  // A single point beside lines is left out: the other plot shows it better.
  const most = Math.max(...lines.map(({ points }) => points.length))
  const drawn = lines.filter(({ points }) => points.length > 1 || most === 1)
  const kept = [...drawn].sort((one, two) => two.points.length - one.points.length).slice(0, MOST_LINES)
  return drawn.filter((line) => kept.includes(line))
}

const RATE = 'thousand hashes a second'
const thousands = (rate: number): number => rate / 1000

const ratesOf = (lines: readonly Line[]): number[] =>
  lines.flatMap(({ points }) =>
    points.flatMap(({ cell }) => [cell.min, cell.hashesPerSecond, cell.max].map(thousands)),
  )

interface Plot {
  readonly title: string
  readonly xName: string
  readonly yName: string
  readonly lines: readonly Line[]
  readonly x: Scale
  readonly y: Scale
  readonly marks: readonly Mark[]
}

function draw({ machine, repeat }: BenchReport, { title, xName, yName, lines, x, y, marks }: Plot): string {
  const { cpu, cores, memory, system, node } = machine
  const facts = [
    `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${bytesText(memory)} · ${system} · Node.js ${node}`,
    repeat === 1 ? 'one sample each' : `points: median of ${repeat} samples; bars: lowest and highest`,
  ].join('\n')
  const room = Math.max(LEAST_RIGHT, 16 + roomForNames(lines.map(({ name }) => name)))
  const [width, height] = [WIDTH - LEFT - room, HEIGHT - TOP - BOTTOM]
  const below = x.ticks.some(({ text }) => text.includes('\n')) ? 54 : 40
  const faint = { size: 13, color: INK.faint }
  return picture({ width: WIDTH, height: HEIGHT, label: title }, [
    text(title, { x: 29, y: 31, size: 20, color: INK.text, bold: true }),
    text(facts, { x: 29, y: 61, ...faint }),
    text(xName, { x: LEFT + width / 2, y: TOP + height + below, anchor: 'middle', ...faint }),
    text(yName, { x: 27, y: TOP + height / 2, anchor: 'middle', upwards: true, ...faint }),
    ...drawPanel({
      left: LEFT,
      top: TOP,
      width,
      height,
      x,
      y,
      grid: true,
      marks,
      series: lines.map(seriesOf),
    }),
  ])
}

/** A line with its name at its end, and the range of the samples at each point. */
function seriesOf({ name, points }: Line, k: number): Series {
  return {
    name,
    color: INK.lines[k % INK.lines.length] as string,
    line: 2.5,
    dot: 8,
    points: points.map(({ x, cell }) => [x, thousands(cell.hashesPerSecond)]),
    ranges: points.map(({ x, cell }) => [x, thousands(cell.min), thousands(cell.max)]),
  }
}
