/** Charts: lines over heights, and the map of distances. Values come as decimal text. */
import { amount, element, nav, note, rough, section, to } from './parts.js'

const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT] = [1000, 180]

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

const short = (value) => (Math.abs(value) >= 10_000 ? rough(value) : String(Number(value.toPrecision(6))))

/** Lines of a series over its heights. */
function picture({ title, lines }) {
  const all = lines.flatMap(({ points }) => points)
  if (all.length < 2) return note('There are fewer than two points.')
  const values = all.map(({ value }) => Number(value))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const heights = all.map(({ height }) => height)
  const [first, last] = [Math.min(...heights), Math.max(...heights)]
  const x = (height) => ((height - first) / Math.max(1, last - first)) * WIDTH
  const y = (value) => HEIGHT - 4 - ((value - low) / (high - low || 1)) * (HEIGHT - 8)
  const paths = lines.map(({ points }, k) =>
    drawn('path', {
      class: `line${k}`,
      d: points
        .map(
          (point, at) =>
            `${at === 0 ? 'M' : 'L'}${x(point.height).toFixed(1)} ${y(Number(point.value)).toFixed(2)}`,
        )
        .join(''),
    }),
  )
  const words = `${title} from block ${first} to ${last}: between ${short(low)} and ${short(high)}`
  const svg = drawn(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    ...paths,
  )
  const read = element('output', { class: 'dim' }, `${short(low)} to ${short(high)}`)
  const times = new Map(all.map(({ height, time }) => [height, time]))
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect()
    const wanted = first + ((event.clientX - box.left) / box.width) * (last - first)
    const near = heights.reduce((best, height) =>
      Math.abs(height - wanted) < Math.abs(best - wanted) ? height : best,
    )
    const said = lines.flatMap(({ name, points }) => {
      const found = points.find(({ height }) => height === near)
      return found ? [`${name} ${amount(found.value)}`] : []
    })
    read.textContent = `block ${near}, ${(times.get(near) ?? '').slice(0, 16).replace('T', ' ')}: ${said.join(', ')}`
  })
  const names =
    lines.length < 2 ? [] : lines.map(({ name }, k) => element('span', { class: `name${k}` }, name))
  return element(
    'figure',
    {},
    element('div', { class: 'names' }, ...names),
    svg,
    element('figcaption', {}, read, element('span', { class: 'dim' }, `blocks ${first} to ${last}`)),
  )
}

/** A chart that is asked for when it is put on the page. */
export function chart(name, { title, ask, query = {} }) {
  const words = new URLSearchParams(query)
  const csv = new URLSearchParams(words)
  csv.set('format', 'csv')
  const body = element('div', { class: 'chart' }, note('Loading …'))
  ask(`series/${name}`, `?${words}`)
    .then((series) => body.replaceChildren(picture(series)))
    .catch((error) => body.replaceChildren(note(error.message)))
  return section(title, body, nav(title, to(`/api/v1/explorer/series/${name}?${csv}`, 'CSV')))
}

/** Ways to see more or less of a range of heights. */
export function zoom({ from, to: last, first, tip }, path) {
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
    return to(`${path}?from=${Math.min(least, most)}&to=${Math.max(least, most)}`, text)
  })
  return nav('Range', ...links)
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
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Distances from the average, per cent' },
    element('table', { class: 'heat' }, element('thead', {}, head), element('tbody', {}, ...body)),
  )
}
