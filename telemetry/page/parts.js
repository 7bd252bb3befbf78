/** What the parts of the page share: elements, texts, questions to the API. Times are UTC. */
export const $ = (id) => document.getElementById(id)
export const set = (id, text) => {
  const node = $(id)
  if (node.textContent !== text) node.textContent = text
}

export function element(name, text = '', className = '') {
  const node = document.createElement(name)
  node.textContent = text
  if (className !== '') node.className = className
  return node
}

export const cell = (text, className) => element('td', text, className)
export const codeCell = (text) => {
  const td = document.createElement('td')
  td.append(element('code', text))
  return td
}

/** On a narrow page each cell of a stacked table has a line of its own, which says what it is. */
export function labelled(td, text) {
  td.dataset.label = text
  return td
}

/** A wide thing that can be scrolled by keyboard too. */
export function scrollBox(label, ...children) {
  const box = element('div', '', 'scroll')
  box.tabIndex = 0
  box.setAttribute('role', 'region')
  box.setAttribute('aria-label', label)
  box.append(...children)
  return box
}

function rowOf(cells) {
  const tr = document.createElement('tr')
  tr.append(...cells)
  return tr
}

export function fillRows(id, rows, empty) {
  const none = cell(empty, 'dim')
  none.colSpan = $(id).parentElement.querySelectorAll('th').length
  $(id).replaceChildren(...(rows.length > 0 ? rows : [[none]]).map(rowOf))
}

/** A table with a head: of each column its text and, if it has one, its class. Rows are lists of cells. */
export function tableOf(columns, rows) {
  const table = document.createElement('table')
  const heads = columns.map(([text, className]) => {
    const th = element('th', text, className)
    th.scope = 'col'
    return th
  })
  table.createTHead().append(rowOf(heads))
  table.createTBody().append(...rows.map(rowOf))
  return table
}

export function rateText(rate) {
  if (rate === null || rate === undefined) return 'n/a'
  const units = ['H/s', 'kH/s', 'MH/s', 'GH/s']
  let value = rate
  let k = 0
  for (; value >= 999.5 && k < units.length - 1; k++) value /= 1000
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value.toPrecision(3)} ${units[k]}`
}

/** The lowest and the highest value of a chart's axis. One of whole numbers has at least two of them to name. */
export function scaleOf({ zero, whole = false }, low, high) {
  if (zero) return [0, Math.max(high, whole ? 1 : 0) * 1.1 || 1]
  const slack = (high - low || Math.abs(high) || 1) * 0.1
  return [low - slack, high + slack]
}

export const countText = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
export const plural = (n, word) => `${countText(n)} ${word}${n === 1 ? '' : 's'}`
export const clock = (time) => new Date(time).toISOString().slice(11, 19)
/** The day too, if it is not today. */
export const moment = (time) => {
  const text = new Date(time).toISOString()
  const today = new Date().toISOString().slice(0, 10)
  return text.startsWith(today) ? clock(time) : `${text.slice(5, 10)} ${text.slice(11, 16)}`
}

export function durationText(seconds) {
  if (seconds > 0 && seconds < 1) return 'less than 1 s'
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}

/** Six digits say enough; a table of 62 prices has no room for more. */
export function usdText(usd) {
  const value = Number(usd)
  if (value >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 2 })
  return value === 0 ? '0' : String(Number(value.toPrecision(6)))
}

/** Trailing zeros of eight decimals say nothing. */
export const coinsText = (coins) =>
  coins === null ? '–' : coins.replace(/\.0*$|(\.\d*[1-9])0+$/, '$1').replace(/^\d+/, countText)
export const orDash = (n) => (n === null ? '–' : countText(n))

/** Asks for one thing; what does not answer is asked again at the next turn. */
export async function load(name, show) {
  try {
    const response = await fetch(`/api/v1/${name}`)
    if (response.ok) show(await response.json())
  } catch {
    // The banner says already that the program does not answer.
  }
}
