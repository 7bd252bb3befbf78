/**
 * The history as a picture: a panel each for the prices of some assets, the hash power of the network, and the places
 * of our records, over one axis of heights. SVG by ECharts, which needs no browser for that and is loaded only here.
 */
import type { EChartsCoreOption } from 'echarts/core'

import { INK, withDarkMode } from '../bench/index.js'
import { isCoded, messageOf, writeWhole } from '../config/index.js'
import { priceToNumber, type Extent, type HistoryQueries } from '../oracle/index.js'
import { fail } from './errors.js'
import { rateText } from './format.js'
import type { RowRange } from './history-rows.js'

const WIDTH = 900
const TOP = 116
const PANEL = 132
const GAP = 50
const BOTTOM = 70
const LEFT = 96
const RIGHT = 40
/** More panels than these make a picture that nobody reads. */
const MOST_ASSETS = 12
/** Places are graded up to 50; these are paid. */
const GRADED = 50
const PAID = 25

export interface PlotChoice {
  readonly range: RowRange
  readonly assets: readonly string[]
}

interface Panel {
  readonly name: string
  readonly unit: string
  readonly points: readonly (readonly [height: number, value: number])[]
  readonly places?: true
}

/** Writes the picture and returns the names of its panels. Throws `E_CLI_PLOT` if there is nothing to draw, or nowhere. */
export async function writePlot(file: string, query: HistoryQueries, choice: PlotChoice): Promise<string[]> {
  const extent = query.extent(choice.range)
  const panels = panelsOf(query, choice)
  if (extent === null || panels.every(({ points }) => points.length === 0))
    throw fail('E_CLI_PLOT', 'there is no graded block in this range, so nothing to draw')
  const render = await loadRenderer(heightOf(panels.length))
  try {
    writeWhole(file, render(optionsOf(panels, extent)))
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_CLI_PLOT', `${file} cannot be written: ${messageOf(error)}`, { cause: error })
  }
  return panels.map(({ name }) => name)
}

function panelsOf(query: HistoryQueries, { range, assets }: PlotChoice): Panel[] {
  const prices = assets.slice(0, MOST_ASSETS).map((asset): Panel => ({
    name: `Price of ${asset}`,
    unit: 'USD',
    points: query.prices(asset, range).map(({ height, price }) => [height, priceToNumber(price)]),
  }))
  const power: Panel = {
    name: 'Hash power of the network',
    unit: 'hashes a second, estimated',
    points: query.hashPowers(range).map(({ height, hashPower }) => [height, hashPower]),
  }
  const own = query
    .own(range)
    .flatMap(({ height, place }): [number, number][] =>
      place === null || place === undefined ? [] : [[height, place + 1]],
    )
  const places: Panel = {
    name: 'Our places',
    unit: `of ${GRADED}; the first ${PAID} are paid`,
    points: own,
    places: true,
  }
  return [...prices, power, ...(own.length > 0 ? [places] : [])]
}

const heightOf = (panels: number): number => TOP + panels * (PANEL + GAP) - GAP + BOTTOM

async function loadRenderer(height: number): Promise<(options: EChartsCoreOption) => string> {
  const [core, { LineChart, ScatterChart }, parts, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ])
  core.use([
    LineChart,
    ScatterChart,
    SVGRenderer,
    parts.GridComponent,
    parts.MarkLineComponent,
    parts.TitleComponent,
  ])
  return (options) => {
    const chart = core.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
    try {
      chart.setOption(options)
      return withDarkMode(chart.renderToSVGString())
    } finally {
      chart.dispose()
    }
  }
}

const topOf = (k: number): number => TOP + k * (PANEL + GAP)
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ')

function optionsOf(
  panels: readonly Panel[],
  { first, last, begin, end, gradable }: Extent,
): EChartsCoreOption {
  const head = {
    text: 'PegNet, as graded here',
    subtext: `heights ${first} to ${last}, ${dayOf(begin)} to ${dayOf(end)} UTC, ${gradable} blocks with winners`,
    left: 24,
    top: 14,
    textStyle: { color: INK.text, fontSize: 20, fontWeight: 600 },
    subtextStyle: { color: INK.faint, fontSize: 13 },
  }
  return {
    animation: false,
    backgroundColor: INK.paper,
    textStyle: { fontFamily: 'system-ui, Segoe UI, DejaVu Sans, sans-serif' },
    title: [head, ...panels.flatMap(captionsOf)],
    grid: panels.map((_, k) => ({ left: LEFT, right: RIGHT, top: topOf(k), height: PANEL })),
    xAxis: panels.map((_, k) => heightAxis(k, { first, last, labelled: k === panels.length - 1 })),
    yAxis: panels.map(valueAxis),
    series: panels.map((panel, k) => seriesOf(panel, k)),
  }
}

/** The panel's name at its left, the unit at its right: widths of words are not known here. */
function captionsOf({ name, unit }: Panel, k: number): object[] {
  const top = topOf(k) - 34
  return [
    { text: name, left: LEFT - 8, top, textStyle: { color: INK.text, fontSize: 14, fontWeight: 600 } },
    {
      text: unit,
      left: WIDTH - RIGHT,
      textAlign: 'right',
      top,
      textStyle: { color: INK.faint, fontSize: 12, fontWeight: 400 },
    },
  ]
}

function heightAxis(
  k: number,
  { first, last, labelled }: { readonly first: number; readonly last: number; readonly labelled: boolean },
): object {
  return {
    type: 'value',
    gridIndex: k,
    min: first,
    max: Math.max(last, first + 1),
    minInterval: 1,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: INK.axis }, onZero: false },
    splitLine: { show: false },
    axisLabel: {
      show: labelled,
      color: INK.text,
      fontSize: 13,
      hideOverlap: true,
      // Heights are numbers that people type: no thousands separators, no fractions.
      formatter: (height: number) => (Number.isInteger(height) ? String(height) : ''),
    },
    ...(labelled
      ? {
          name: 'height',
          nameLocation: 'middle',
          nameGap: 32,
          nameTextStyle: { color: INK.faint, fontSize: 13 },
        }
      : {}),
  }
}

function valueAxis({ places, name }: Panel, k: number): object {
  const power = name.startsWith('Hash power')
  return {
    type: 'value',
    gridIndex: k,
    scale: !power,
    ...(power ? { min: 0 } : {}),
    ...(places ? { inverse: true, min: 1, max: GRADED } : {}),
    splitNumber: 3,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: !places, lineStyle: { color: INK.grid } },
    axisLabel: {
      color: INK.text,
      fontSize: 12,
      ...(places ? { customValues: [1, PAID, GRADED] } : {}),
      ...(power ? { formatter: (value: number) => (value === 0 ? '0' : rateText(value)) } : {}),
    },
  }
}

function seriesOf({ points, places }: Panel, k: number): object {
  const color = INK.lines[k % INK.lines.length] as string
  const common = { silent: true, xAxisIndex: k, yAxisIndex: k, data: points, itemStyle: { color } }
  if (!places)
    return {
      ...common,
      type: 'line',
      sampling: 'lttb',
      symbol: 'circle',
      symbolSize: 4,
      showSymbol: points.length < 80,
      lineStyle: { width: 1.8, color },
    }
  return {
    ...common,
    type: 'scatter',
    symbolSize: 5,
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: INK.axis, type: [4, 4], width: 1 },
      label: { show: false },
      data: [{ yAxis: PAID }],
    },
  }
}
