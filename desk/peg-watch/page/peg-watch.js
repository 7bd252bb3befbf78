/** Shows the last look, and each new one as it comes. Names come from exchanges: they are set as text, never as markup. */
import { element, note, sayState, section, table } from '/pieces.js'

const main = document.getElementById('main')
const tip = document.getElementById('tip')

const list = (rows) => element('ul', {}, ...rows.map((row) => element('li', {}, ...row)))
const percent = (part) => `${part > 0 ? '+' : ''}${(part * 100).toFixed(2)} %`
const usd = (text) =>
  Number(text).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const price = (text) => (text === null ? '–' : Number(Number(text).toPrecision(6)).toString())
const amount = (text) => Number(text).toLocaleString('en', { maximumFractionDigits: 4 })

const CASES = {
  A: 'below its peg, little for sale',
  B: 'below its peg, much for sale',
  C: 'all are below, little for sale',
  D: 'all are below, much for sale',
  E: 'all are above, much asked for',
}

const premium = ({ premium: off, scenario }) =>
  element('span', { class: scenario === null ? 'dim' : 'warn' }, off === 0 ? 'at peg' : percent(off))

const tokens = (rows) =>
  section(
    'Tokens',
    table(rows, [
      ['Token', ({ token }) => token],
      ['Case', ({ scenario }) => scenario ?? ''],
      ['Premium', premium, true],
      ['Depth, USD', ({ depth }) => usd(depth), true],
      ['Oracle', ({ rate }) => price(rate), true],
      ['Next', ({ expected }) => price(expected), true],
      ['Bid', ({ bid }) => price(bid), true],
      ['Ask', ({ ask }) => price(ask), true],
    ]),
    ...Object.entries(CASES)
      .filter(([name]) => rows.some(({ scenario }) => scenario === name))
      .map(([name, text]) => note(`${name}: ${text}`)),
  )

const withdrawn = (kept) => (Number(kept) > 0 ? `pay ${amount(kept)} of it for the withdrawal, ` : '')
const legs = ({ buy, sell, input, output, cost, kept }) =>
  `buy ${amount(Number(input) + Number(kept))} ${buy.token} at ${buy.exchange} for ${usd(cost)} USD, ${withdrawn(kept)}convert, sell ${amount(output)} ${sell.token} at ${sell.exchange}`

const tradeRow = (trade) => [
  element('strong', { class: trade.closed === null ? 'good' : 'dim' }, `${usd(trade.gain)} USD `),
  legs(trade),
  element('div', { class: 'dim' }, trade.remarks),
]

const trades = (open, closed, free) =>
  section(
    'Trades that would earn',
    open.length === 0 ? note('None would earn enough.') : list(open.map(tradeRow)),
    free === null ? null : note(`Trades are ${free}.`),
    closed === null ? null : list([[element('span', { class: 'dim' }, 'Closed: '), ...tradeRow(closed)]]),
  )

const SVG = 'http://www.w3.org/2000/svg'

const worthsOf = (points) => points.map(({ usd: worth }) => Number(worth))

function extentOf(points) {
  const values = worthsOf(points)
  return `blocks ${points[0].height} to ${points.at(-1).height}, ${usd(Math.min(...values))} to ${usd(Math.max(...values))} USD`
}

/** What the paper account was worth, from its least to its most. */
function curve(points) {
  const values = worthsOf(points)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const at = (value, k) =>
    `${(100 * k) / Math.max(1, values.length - 1)} ${98 - (96 * (value - low)) / (high - low || 1)}`
  const picture = document.createElementNS(SVG, 'svg')
  picture.setAttribute('viewBox', '0 0 100 100')
  picture.setAttribute('preserveAspectRatio', 'none')
  picture.setAttribute('role', 'img')
  picture.setAttribute('aria-label', `Worth of the paper account, ${usd(low)} to ${usd(high)} USD`)
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('d', `M${values.map(at).join('L')}`)
  picture.append(line)
  return picture
}

const paper = ({ capital, usd: worth, gained, count, open, points }) =>
  section(
    'Paper account',
    element(
      'p',
      {},
      `${usd(worth)} USD of ${usd(capital)}: ${usd(gained)} gained by ${count} ${count === 1 ? 'trade' : 'trades'}, ${open} open`,
    ),
    ...(points.length < 2 ? [] : [curve(points), note(extentOf(points))]),
  )

const troubles = (rows) =>
  section(
    'What is lacking',
    list(
      rows.map(({ exchange, symbol, reason }) => [
        `${exchange}${symbol === null ? '' : ` ${symbol}`}: ${reason}`,
      ]),
    ),
  )

function show(look) {
  tip.textContent = `block ${look.height}, ${look.at.slice(11, 19)} UTC`
  main.replaceChildren(
    tokens(look.tokens),
    trades(look.trades, look.closed, look.free),
    ...(look.paper === null ? [] : [paper(look.paper)]),
    ...(look.troubles.length === 0 ? [] : [troubles(look.troubles)]),
  )
}

const events = new EventSource('/api/v1/peg-watch/events')
events.addEventListener('open', () => sayState(true, 'live'))
events.addEventListener('error', () => sayState(false, 'no connection; it is tried again'))
events.addEventListener('look', ({ data }) => show(JSON.parse(data)))
