/** Charts: lines over heights, and the map of distances. Values come as decimal text. */
import { amount, asking, element, link, nav, note, rough, scrolled, section, to } from './parts.js'

const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT] = [1000, 180]
/** Points that a page key passes over. */
const LEAP = 10

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

const short = (value) => (Math.abs(value) >= 10_000 ? rough(value) : String(Number(value.toPrecision(6))))
const day = (time) => (time === null ? '' : `, ${time.slice(0, 16).replace('T', ' ')}`)

/** Lines of a series over its heights. */
function picture({ title, lines, unit }) {
  const all = lines.flatMap(({ points }) => points)
  if (all.length < 2) return note('There are fewer than two points.')
  const values = all.map(({ value }) => Number(value))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const times = new Map(all.map(({ height, time }) => [height, time]))
  const heights = [...times.keys()].sort((a, b) => a - b)
  const [first, last] = [heights[0], heights.at(-1)]
  const x = (height) => ((height - first) / Math.max(1, last - first)) * WIDTH
  const y = (value) => HEIGHT - 4 - (high === low ? 0.5 : (value - low) / (high - low)) * (HEIGHT - 8)
  const place = (point) => `${x(point.height).toFixed(1)} ${y(Number(point.value)).toFixed(2)}`
  const paths = lines.map(({ points }, k) =>
    drawn('path', {
      class: `line${k}`,
      d: points.map((point, at) => `${at === 0 ? 'M' : 'L'}${place(point)}`).join(''),
    }),
  )
  const cursor = drawn('path', { class: 'cursor' })
  const svg = drawn(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    drawn('path', { class: 'grid', d: `M0 4H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 4}H${WIDTH}` }),
    ...paths,
    cursor,
  )
  const read = element(
    'p',
    { class: 'read' },
    low === high ? `Always ${short(low)}, ${unit}.` : `Between ${short(low)} and ${short(high)}, ${unit}.`,
  )
  const valuesAt = (height) =>
    lines.flatMap(({ name, points }) => {
      const found = points.find((point) => point.height === height)
      return found ? [lines.length > 1 ? `${name} ${amount(found.value)}` : amount(found.value)] : []
    })
  const box = element(
    'div',
    {
      ...{ class: 'plot', tabindex: '0', role: 'slider', 'aria-label': `${title}, point by point` },
      ...{ 'aria-valuemin': '0', 'aria-valuemax': String(heights.length - 1) },
      ...{ 'aria-valuenow': String(heights.length - 1), 'aria-valuetext': read.textContent },
    },
    svg,
    element('span', { class: 'high dim' }, short(high)),
    ...(high === low ? [] : [element('span', { class: 'low dim' }, short(low))]),
  )
  const readAt = (k) => {
    const height = heights[k]
    const said = valuesAt(height).join(', ')
    cursor.setAttribute('d', `M${x(height).toFixed(1)} 0V${HEIGHT}`)
    read.replaceChildren('Block ', link('block', String(height)), `${day(times.get(height))}: ${said}`)
    box.setAttribute('aria-valuenow', String(k))
    box.setAttribute('aria-valuetext', `block ${height}: ${said}`)
  }
  follow(box, {
    count: heights.length,
    readAt,
    nearest: (share) => nearest(heights, first + share * (last - first)),
  })
  const names = lines.map(({ name }, k) => element('span', { class: `name${k}` }, name))
  return element(
    'figure',
    {},
    read,
    ...(lines.length < 2 ? [] : [element('p', { class: 'names' }, ...names)]),
    box,
    element(
      'figcaption',
      { class: 'dim' },
      ...[first, last].map((height) => element('span', {}, `block ${height}${day(times.get(height))}`)),
    ),
  )
}

function nearest(heights, wanted) {
  let best = 0
  for (const [k, height] of heights.entries())
    if (Math.abs(height - wanted) < Math.abs(heights[best] - wanted)) best = k
  return best
}

/** By pointer, finger and keys. */
function follow(box, { count, readAt, nearest: nearestAt }) {
  const pointed = (event) => {
    const { left, width } = box.querySelector('svg').getBoundingClientRect()
    readAt(nearestAt((event.clientX - left) / width))
  }
  for (const name of ['pointermove', 'pointerdown']) box.addEventListener(name, pointed)
  box.addEventListener('keydown', (event) => {
    const now = Number(box.getAttribute('aria-valuenow'))
    const next = {
      ...{ ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1 },
      ...{ PageDown: now - LEAP, PageUp: now + LEAP, Home: 0, End: count - 1 },
    }[event.key]
    if (next === undefined) return
    event.preventDefault()
    readAt(Math.max(0, Math.min(count - 1, next)))
  })
}

/** A chart that is asked for when it is put on the page. */
export function chart(name, { title, ask, query = {} }) {
  const words = new URLSearchParams(query)
  const body = element('div', { class: 'chart' }, note('Loading …'))
  ask(`series/${name}`, `?${words}`)
    .then((series) => body.replaceChildren(picture({ ...series, title })))
    .catch((error) => body.replaceChildren(note(error.message)))
  return section(
    title,
    body,
    nav(title, to(`/api/v1/explorer/series/${name}?${asking(words, { format: 'csv' })}`, 'CSV')),
  )
}

/** Ways to see more or less of a range of heights. `more`: what else the address asks. */
export function zoom({ from, to: last, first, tip }, path, more = {}) {
  const span = last - from
  const ways = [
    ['All', first, tip],
    ['Closer', from + Math.round(span / 4), last - Math.round(span / 4)],
    ['Wider', from - span / 2, last + span / 2],
    ['Earlier', from - span / 2, last - span / 2],
    ['Later', from + span / 2, last + span / 2],
    ['Last day', tip - 144, tip],
    ['Last week', tip - 1_008, tip],
    ['Last year', tip - 52_560, tip],
  ]
  const links = ways.map(([text, begin, end]) => {
    const [least, most] = [Math.max(first, Math.round(begin)), Math.min(tip, Math.round(end))]
    const words = new URLSearchParams({
      ...more,
      ...{ from: String(Math.min(least, most)), to: String(Math.max(least, most)) },
    })
    return to(`${path}?${words}`, text)
  })
  const number = (name, value) => [
    element('label', { for: name }, name === 'from' ? 'From block' : 'to'),
    element('input', {
      ...{ id: name, name, type: 'number', min: String(first), max: String(tip), value: String(value) },
    }),
  ]
  const form = element(
    'form',
    {},
    ...number('from', from),
    ...number('to', last),
    element('button', {}, 'Show'),
  )
  // The policy lets no form be sent.
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const given = Object.fromEntries(
      ['from', 'to'].map((name) => [name, form.elements.namedItem(name).value]),
    )
    location.href = `${path}?${new URLSearchParams({ ...more, ...given })}`
  })
  return element('div', {}, form, nav('Range', ...links))
}

/** Of a cell: 0 to 4, by how far it lies from the average; 1 % is where grading begins to count. */
const degree = (distance) => [0.001, 0.005, 0.01, 0.05].filter((limit) => Math.abs(distance) >= limit).length

/** Records down, tokens across: each cell is how far a price lies from the average. */
export function heatMap(tickers, rows, nameOf) {
  if (tickers.length === 0) return note('The distances of this block are not kept.')
  const head = element(
    'tr',
    {},
    element('td', {}),
    ...tickers.map((ticker) => element('th', { scope: 'col' }, ticker)),
  )
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, nameOf(row)),
      ...row.distances.map((distance, k) => {
        const text = (100 * distance).toFixed(2)
        const way = distance < 0 ? 'low' : 'high'
        return element('td', { class: `${way}${degree(distance)}`, title: `${tickers[k]} ${text} %` }, text)
      }),
    ),
  )
  return scrolled(
    'Distances from the average, per cent',
    element('table', { class: 'heat' }, element('thead', {}, head), element('tbody', {}, ...body)),
  )
}
