/** The chart: what was measured in the last hours or years, and its picker. */
import uPlot from '/uplot.js'

import {
  $,
  clock,
  countText,
  durationText,
  element,
  load,
  moment,
  rateText,
  scaleOf,
  set,
  usdText,
} from '/parts.js'

const HEIGHT = 240
/** More lines than these cannot be told apart. */
const MOST_THREAD_LINES = 8
const COLORS = ['#3b82f6', '#f59e0b', '#10b981', '#ef4444', '#a855f7', '#06b6d4', '#84cc16', '#ec4899']
const RANGES = [
  ['2 h', 2],
  ['24 h', 24],
  ['7 d', 168],
  ['30 d', 720],
  ['all', 87_600],
]
const DAY = 86_400
/** Half a header cannot be due. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, k) => [1, 2, 5].map((n) => n * 10 ** k)).flat()

let chart = null
let drawn = ''
let hours = 2
/** The hashrates of this run, each thread. */
let live = []
let shown = null

const cssColor = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const chosen = () => $('chart-name').value

/** What a series is called, and how its values are written. */
function kindOf(name) {
  const [what, of] = name.split(/:(.*)/s)
  const isRate = { text: rateText, zero: true }
  const isCount = { text: (n) => countText(Math.round(n)), zero: true, whole: true }
  const isCoins = { text: (n) => String(Number(n.toFixed(4))), zero: false }
  switch (what) {
    case 'hashrate':
      return { label: 'Our hashrate', ...isRate }
    case 'network':
      return { label: 'Hashrate of the network', ...isRate }
    case 'price':
      return { label: `Price of ${of}, USD`, text: usdText, zero: false }
    case 'lag':
      return { label: `Headers due, ${of}`, ...isCount }
    case 'headers-left':
      return { label: `Headers left, ${of}`, ...isCount }
    case 'oracle':
      return { label: `Coins at the oracle, ${of}`, ...isCoins }
    case 'wallet':
      return { label: `Coins in the wallet, ${of}`, ...isCoins }
    default:
      return { label: name, text: String, zero: false }
  }
}

export const loadSeriesNames = () => load('series', ({ names }) => showNames(names))

/** What a person asks for first stands first. */
const FIRST = ['hashrate', 'network', 'lag', 'headers-left', 'oracle', 'wallet', 'price']
const rankOf = (name) => FIRST.indexOf(name.split(':')[0])

function showNames(all) {
  const names = [...all].sort((a, b) => rankOf(a) - rankOf(b))
  const known = [...$('chart-name').options].map(({ value }) => value)
  if (names.length === 0 || names.join() === known.join()) return
  const before = chosen()
  $('chart-name').replaceChildren(
    ...names.map((name) => {
      const option = element('option', kindOf(name).label)
      option.value = name
      return option
    }),
  )
  if (names.includes(before)) $('chart-name').value = before
  void loadChart()
}

const isLive = () => chosen() === 'hashrate' && hours === RANGES[0][1]

/** Asked for anew: the names come first. */
export async function loadChart() {
  const name = chosen()
  if (name === '' || isLive()) return showLive(live)
  await load(`series?name=${encodeURIComponent(name)}&hours=${hours}`, (answer) => {
    if (answer.name === chosen() && !isLive()) showPoints(answer)
  })
}

/** The hashrates of this run are at hand every ten seconds. */
export function showLive(history) {
  live = history
  if (chosen() !== '' && !isLive()) return
  const lines = Math.max(0, ...history.map(({ threads }) => threads.length))
  const each = lines > 1 && lines <= MOST_THREAD_LINES ? lines : 0
  show({
    kind: kindOf('hashrate'),
    labels: ['all', ...Array.from({ length: each }, (_, k) => `thread ${k}`)],
    data: [
      history.map(({ time }) => time / 1000),
      history.map(({ total }) => total),
      ...Array.from({ length: each }, (_, k) => history.map(({ threads }) => threads[k] ?? null)),
    ],
  })
}

function showPoints({ name, points }) {
  const kind = kindOf(name)
  const whole = withGaps(points)
  show({
    kind,
    labels: [kind.label],
    data: [whole.map(({ time }) => time / 1000), whole.map(({ value }) => value)],
  })
}

/** Where nothing was measured for long there is no line. */
function withGaps(points) {
  const steps = points.slice(1).map(({ time }, k) => time - points[k].time)
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
  return points.flatMap((point, k) =>
    k > 0 && steps[k - 1] > 6 * usual ? [{ time: points[k - 1].time + usual, value: null }, point] : [point],
  )
}

function show(next) {
  shown = next
  const { kind, labels, data } = next
  const values = data[1].filter((value) => value !== null)
  // A single moment is no time to draw an axis of.
  if (values.length < 2) {
    chart?.destroy()
    chart = null
    return set('chart-text', 'Too little has been measured in this time yet.')
  }
  const form = JSON.stringify([kind.label, labels, hours])
  if (chart === null || drawn !== form) {
    chart?.destroy()
    chart = newChart(next)
    drawn = form
  } else chart.setData(data)
  rest(chart)
  const [first, last] = [data[0][0] * 1000, data[0].at(-1) * 1000]
  set(
    'chart-text',
    `From ${moment(first)} to ${moment(last)}, ${durationText((last - first) / 1000)}: ` +
      `${kind.text(Math.min(...values))} to ${kind.text(Math.max(...values))}, last ${kind.text(values.at(-1))}.`,
  )
}

/** Without a pointer on it the legend tells the last values. */
function rest(plot) {
  if (plot.cursor.idx === null || plot.cursor.idx === undefined)
    plot.setLegend({ idx: plot.data[0].length - 1 }, false)
}

/** `step`: seconds from one text to the next. */
const timeText = (span, step) => (seconds) => {
  const text = new Date(seconds * 1000).toISOString()
  if (step < 60) return text.slice(11, 19)
  if (span <= 1.1 * DAY) return text.slice(11, 16)
  return span <= 8 * DAY ? `${text.slice(5, 10)} ${text.slice(11, 13)}h` : text.slice(0, 10)
}

function newChart({ kind, labels, data }) {
  const span = data[0].at(-1) - data[0][0]
  const axis = {
    stroke: cssColor('--dim'),
    grid: { stroke: cssColor('--line'), width: 1 },
    ticks: { show: false },
  }
  const value = (_, found) => (found === null || found === undefined ? '–' : kind.text(found))
  const range = (_, low, high) => scaleOf(kind, low, high)
  const options = {
    width: $('chart').clientWidth,
    height: HEIGHT,
    // Half of the last time's width, which would be cut off.
    padding: [null, 32, null, null],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { y: { range } },
    axes: [
      {
        ...{ ...axis, size: 30, space: span > DAY ? 110 : 80 },
        values: (_, times, __, ___, step) => times.map(timeText(span, step)),
      },
      {
        ...axis,
        ...(kind.whole ? { incrs: WHOLE_STEPS } : {}),
        size: 82,
        values: (_, values) => values.map((one) => (one === 0 ? '0' : kind.text(one))),
      },
    ],
    series: [
      {
        label: 'UTC',
        value: (_, seconds) =>
          seconds ? (span > DAY ? moment(seconds * 1000) : clock(seconds * 1000)) : '–',
      },
      ...labels.map((label, k) => ({
        label,
        stroke: k === 0 ? cssColor('--text') : COLORS[(k - 1) % COLORS.length],
        width: k === 0 ? 2 : 1.2,
        value,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [rest] },
  }
  return new uPlot(options, data, $('chart'))
}

const redraw = () => {
  chart?.destroy()
  chart = null
  if (shown !== null) show(shown)
}

for (const [label, range] of RANGES) {
  const button = element('button', label)
  button.type = 'button'
  button.setAttribute('aria-pressed', String(range === hours))
  button.addEventListener('click', () => {
    hours = range
    for (const other of $('chart-range').children)
      other.setAttribute('aria-pressed', String(other === button))
    void loadChart()
  })
  $('chart-range').append(button)
}
$('chart-name').addEventListener('change', () => void loadChart())
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
new ResizeObserver(() => chart?.setSize({ width: $('chart').clientWidth, height: HEIGHT })).observe(
  $('chart'),
)
