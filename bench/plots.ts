/**
 * The two figures of the PegNet white paper for this machine, as SVG: hashrate by ByteMap size, hashrate by number of
 * threads. Drawn by ECharts, which needs no browser for that and is loaded only here.
 */
import type { EChartsCoreOption } from 'echarts/core'
import type { BenchCell } from './cells.js'
import { bytesText } from './markdown.js'
import type { BenchReport } from './report.js'
import { powerText, sizeText } from './table.js'
import { INK, withDarkMode } from './theme.js'

export interface Plots {
  readonly bySize: string
  readonly byThreads: string
}

const WIDTH = 860
const HEIGHT = 520
/** More lines than these cannot be told apart. */
const MOST_LINES = 6

export async function drawPlots(report: BenchReport): Promise<Plots> {
  const render = await loadRenderer()
  return { bySize: render(sizeOptions(report)), byThreads: render(threadOptions(report)) }
}

type Render = (options: EChartsCoreOption) => string

async function loadRenderer(): Promise<Render> {
  const [core, { CustomChart, LineChart }, parts, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ])
  core.use([
    CustomChart,
    LineChart,
    SVGRenderer,
    parts.GridComponent,
    parts.MarkLineComponent,
    parts.TitleComponent,
  ])
  return (options) => {
    const chart = core.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
    try {
      chart.setOption(options)
      return withDarkMode(chart.renderToSVGString())
    } finally {
      chart.dispose()
    }
  }
}

/** A line of a plot: cells that differ in what the horizontal axis shows. */
interface Line {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly cell: BenchCell }[]
}

function sizeOptions(report: BenchReport): EChartsCoreOption {
  const { machine, cells } = report
  const lines = linesOf(cells, 'bits', ({ threads }) => `${threads} ${threads === 1 ? 'thread' : 'threads'}`)
  const sizes = cells.map(({ bits }) => bits)
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)]
  return {
    ...frame('Hashrate by ByteMap size', report),
    ...axes({
      name: 'size of the ByteMap, bytes',
      min: first - 0.5,
      max: last + 0.5,
      ticks: new Map(sizes.map((bits) => [bits, `${powerText(bits)}\n${sizeText(bits)}`])),
    }),
    series: seriesOf(
      lines,
      machine.caches
        .map(({ level, bytes }) => ({ x: Math.log2(bytes), text: `L${level} cache\n${bytesText(bytes)}` }))
        .filter(({ x }) => x > first - 0.5 && x < last + 0.5),
    ),
  }
}

function threadOptions(report: BenchReport): EChartsCoreOption {
  const { machine, cells } = report
  const lines = linesOf(cells, 'threads', ({ bits }) => `${powerText(bits)} (${sizeText(bits)})`)
  const counts = cells.map(({ threads }) => threads)
  const last = Math.max(...counts)
  return {
    ...frame('Hashrate by number of threads', report),
    ...axes({
      name: 'threads',
      min: 0.5,
      max: last + 0.5,
      ticks: new Map(counts.map((threads) => [threads, String(threads)])),
      doubling: true,
    }),
    series: seriesOf(lines, [
      { x: machine.cores, text: machine.cores === 1 ? '1 core' : `${machine.cores} cores` },
    ]),
  }
}

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

/** Groups cells by everything but the axis. What all lines have in common does not stand in their names. */
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
  // A single point beside lines says nothing that the other plot does not say better.
  const most = Math.max(...lines.map(({ points }) => points.length))
  const told = lines.filter(({ points }) => points.length > 1 || most === 1)
  const kept = [...told].sort((one, two) => two.points.length - one.points.length).slice(0, MOST_LINES)
  return told.filter((line) => kept.includes(line))
}

function frame(title: string, { machine, repeat }: BenchReport): EChartsCoreOption {
  const { cpu, cores, memory, system, node } = machine
  return {
    animation: false,
    backgroundColor: INK.paper,
    textStyle: { fontFamily: 'system-ui, Segoe UI, DejaVu Sans, sans-serif' },
    title: {
      text: title,
      subtext: [
        `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${bytesText(memory)} · ${system} · Node.js ${node}`,
        repeat === 1 ? 'one sample each' : `points: median of ${repeat} samples; bars: lowest and highest`,
      ].join('\n'),
      left: 24,
      top: 16,
      textStyle: { color: INK.text, fontSize: 20, fontWeight: 600 },
      subtextStyle: { color: INK.faint, fontSize: 13, lineHeight: 18 },
    },
    grid: { left: 86, right: 132, top: 136, bottom: 76 },
  }
}

interface HorizontalAxis {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly ticks: ReadonlyMap<number, string>
  /** Rates on a scale where twice as fast is one step, so that all sizes show how they grow. */
  readonly doubling?: boolean
}

function axes({ name, min, max, ticks, doubling = false }: HorizontalAxis): EChartsCoreOption {
  const title = { color: INK.faint, fontSize: 13 }
  const label = { color: INK.text, fontSize: 13 }
  const values = [...ticks.keys()].sort((one, two) => one - two)
  return {
    xAxis: {
      type: 'value',
      name,
      nameLocation: 'middle',
      nameGap: [...ticks.values()].some((text) => text.includes('\n')) ? 48 : 34,
      nameTextStyle: title,
      min,
      max,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: INK.axis } },
      splitLine: { show: false },
      axisLabel: {
        ...label,
        lineHeight: 17,
        customValues: values,
        formatter: (x: number) => ticks.get(x) ?? '',
      },
    },
    yAxis: {
      ...(doubling ? { type: 'log', logBase: 2 } : { type: 'value', min: 0 }),
      name: `thousand hashes a second${doubling ? ', doubling scale' : ''}`,
      nameLocation: 'middle',
      nameGap: 52,
      nameTextStyle: title,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: label,
      splitLine: { lineStyle: { color: INK.grid } },
    },
  }
}

interface Mark {
  readonly x: number
  readonly text: string
}

/** A line with its name at its end, the range of the samples at each point, and marks of the machine's own sizes. */
function seriesOf(lines: readonly Line[], marks: readonly Mark[]): readonly object[] {
  const thousands = (rate: number): number => rate / 1000
  return lines.flatMap(({ name, points }, k) => {
    const color = INK.lines[k % INK.lines.length] as string
    return [
      {
        type: 'line',
        silent: true,
        data: points.map(({ x, cell }) => [x, thousands(cell.hashesPerSecond)]),
        symbol: 'circle',
        symbolSize: 8,
        lineStyle: { width: 2.5, color },
        itemStyle: { color },
        endLabel: { show: true, formatter: name, color, fontSize: 13, fontWeight: 600, distance: 10 },
        labelLayout: { moveOverlap: 'shiftY' },
        z: 3,
        ...(k === 0 ? { markLine: markLineOf(marks) } : {}),
      },
      {
        type: 'custom',
        silent: true,
        data: points.map(({ x, cell }) => [x, thousands(cell.min), thousands(cell.max)]),
        renderItem: (_: unknown, api: RangeApi) => rangeBar(api, color),
        z: 2,
      },
    ]
  })
}

function markLineOf(marks: readonly Mark[]): object {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: INK.axis, type: [4, 4], width: 1 },
    label: { position: 'end', color: INK.faint, fontSize: 12, lineHeight: 15 },
    data: marks.map(({ x, text }) => ({ xAxis: x, label: { formatter: text } })),
  }
}

interface RangeApi {
  value(dimension: number): number
  coord(point: readonly [number, number]): readonly [number, number]
}

const CAP = 5

/** From the least to the greatest sample, with a cap at each end. */
function rangeBar(api: RangeApi, color: string): object {
  const [x, low] = api.coord([api.value(0), api.value(1)])
  const [, high] = api.coord([api.value(0), api.value(2)])
  const stroke = (from: [number, number], to: [number, number]) => ({
    type: 'line',
    shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
    style: { stroke: color, lineWidth: 1.5 },
  })
  return {
    type: 'group',
    children: [
      stroke([x, low], [x, high]),
      stroke([x - CAP, low], [x + CAP, low]),
      stroke([x - CAP, high], [x + CAP, high]),
    ],
  }
}
