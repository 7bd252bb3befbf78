/** The status page: asks the API of the program that serves it, and is told by events when to ask again. */
import uPlot from '/uplot.js'

const THREADS_MS = 10_000
const PRICES_MS = 15_000
const FEED_MS = 5_000
/** Events come every two seconds. */
const SILENCE_MS = 7_000
/** More lines than these cannot be told apart. */
const MOST_THREAD_LINES = 8
const COLORS = ['#3b82f6', '#f59e0b', '#10b981', '#ef4444', '#a855f7', '#06b6d4', '#84cc16', '#ec4899']

const $ = (id) => document.getElementById(id)
const set = (id, text) => {
  const node = $(id)
  if (node.textContent !== text) node.textContent = text
}

function element(name, text = '', className = '') {
  const node = document.createElement(name)
  node.textContent = text
  if (className !== '') node.className = className
  return node
}

const cell = (text, className) => element('td', text, className)
const codeCell = (text) => {
  const td = document.createElement('td')
  td.append(element('code', text))
  return td
}

function fillRows(id, rows, empty) {
  const columns = $(id).parentElement.querySelectorAll('th').length
  const made = rows.map((cells) => {
    const tr = document.createElement('tr')
    tr.append(...cells)
    return tr
  })
  if (made.length === 0) {
    const td = cell(empty, 'dim')
    td.colSpan = columns
    const tr = document.createElement('tr')
    tr.append(td)
    made.push(tr)
  }
  $(id).replaceChildren(...made)
}

function rateText(rate) {
  if (rate === null || rate === undefined) return 'n/a'
  const units = ['H/s', 'kH/s', 'MH/s', 'GH/s']
  let value = rate
  let k = 0
  for (; value >= 999.5 && k < units.length - 1; k++) value /= 1000
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value.toPrecision(3)} ${units[k]}`
}

const countText = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
const plural = (n, word) => `${countText(n)} ${word}${n === 1 ? '' : 's'}`
const shortClock = (seconds) => clock(seconds * 1000).replace(/:00$/, '')
const clock = (time) => new Date(time).toISOString().slice(11, 19)

function durationText(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}

/** Six digits say enough; a table of 62 prices has no room for more. */
function usdText(usd) {
  const value = Number(usd)
  if (value >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 2 })
  return value === 0 ? '0' : String(Number(value.toPrecision(6)))
}

function showSummary(summary) {
  document.body.dataset.program = summary.program
  set('network', summary.network)
  set('state', summary.state)
  $('state').className = `pill ${summary.state}`
  set('version', `pegminer ${summary.version}`)
  set('uptime', durationText(summary.uptimeSeconds))
  showAlerts(summary.alerts)
  if (summary.program === 'feed') {
    document.title = `${summary.state} · pegminer feed`
    return
  }
  set('identity', summary.identity)
  $('pause').hidden = !summary.changeable || summary.state === 'stopped'
  set('pause', summary.state === 'paused' ? 'Resume' : 'Pause')
  set('height', summary.height === null ? '–' : countText(summary.height))
  const minute = summary.minute
  set('minute', minute === null ? '' : minute > 9 ? 'between blocks' : `minute ${minute} of 9`)
  ;[...$('minutes').children].forEach((li, k) => li.classList.toggle('on', minute !== null && k <= minute))
  set('rate', rateText(summary.hashrate.s10 ?? summary.hashrate.now))
  set('rate60', rateText(summary.hashrate.s60))
  set('rate15', rateText(summary.hashrate.m15))
  set('ratemax', summary.hashrate.max > 0 ? rateText(summary.hashrate.max) : 'n/a')
  set('reward', summary.reward.replace(/^\d+/, countText))
  set('places', plural(summary.places, 'place'))
  set('blocks-count', plural(summary.blocks, 'block'))
  set('landed', countText(summary.entries.landed))
  set('missed', countText(summary.entries.missed))
  set('credits', summary.entryCredits === null ? '–' : countText(summary.entryCredits))
  document.title = `${rateText(summary.hashrate.s10 ?? summary.hashrate.now)} · pegminer`
}

const TOKEN = 'pegminer-token'
let turning = false

/** Pauses or resumes; asks for the token once, and again if it is refused. */
async function turn() {
  const token = sessionStorage.getItem(TOKEN)
  if (turning) return
  if (token === null) return askToken('')
  const action = $('state').textContent === 'paused' ? 'resume' : 'pause'
  // A button that is switched off would lose the focus.
  turning = true
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`/api/v1/${action}`, { method: 'POST', headers })
    const answer = await response.json()
    if (response.ok) {
      set('state', answer.state)
      $('state').className = `pill ${answer.state}`
      set('pause', answer.state === 'paused' ? 'Resume' : 'Pause')
    } else {
      if (response.status === 401) sessionStorage.removeItem(TOKEN)
      askToken(response.status === 401 ? 'This is not the token.' : answer.error)
    }
  } catch {
    // The banner says it already.
  } finally {
    turning = false
  }
}

function askToken(wrong) {
  set('ask-wrong', wrong)
  $('ask-token').value = ''
  $('ask').showModal()
}

$('pause').addEventListener('click', turn)
$('ask-cancel').addEventListener('click', () => $('ask').close())
$('ask-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const token = $('ask-token').value.trim()
  $('ask').close()
  // A header holds nothing else; the program would refuse it all the same.
  if (!/^[!-~]+$/.test(token)) return askToken('This is not the token.')
  sessionStorage.setItem(TOKEN, token)
  void turn()
})

let shownAlerts = ''
function showAlerts(alerts) {
  const key = JSON.stringify(alerts)
  if (key === shownAlerts) return
  shownAlerts = key
  const items = alerts.map(({ level, message, time }) =>
    element('li', time === null ? message : `${clock(time)}  ${message}`, level),
  )
  $('alerts').replaceChildren(
    ...(items.length > 0 ? items : [element('li', 'Everything is as it should be.', 'fine')]),
  )
}

function showThreads({ threads, history }) {
  fillRows(
    'threads',
    threads.map(({ thread, hashrate, hashes, beatAgeMs, stalled }) => [
      cell(String(thread)),
      cell(rateText(hashrate), 'n'),
      cell(countText(hashes), 'n'),
      stalled ? cell(`silent for ${durationText(beatAgeMs / 1000)}`, 'bad') : cell('turning', 'good'),
    ]),
    'No thread is running yet.',
  )
  showChart(history)
}

let chart = null
let chartLines = 0
let shownHistory = []

const cssColor = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function showChart(history) {
  shownHistory = history
  // A single moment is no time to draw an axis of.
  if (history.length < 2) return
  const lines = Math.max(...history.map(({ threads }) => threads.length))
  const each = lines > 1 && lines <= MOST_THREAD_LINES ? lines : 0
  const data = [
    history.map(({ time }) => time / 1000),
    history.map(({ total }) => total),
    ...Array.from({ length: each }, (_, k) => history.map(({ threads }) => threads[k] ?? null)),
  ]
  if (chart === null || chartLines !== each) {
    chart?.destroy()
    chart = newChart(each, data)
    chartLines = each
  } else chart.setData(data)
  const rates = history.map(({ total }) => total)
  set(
    'chart-text',
    `From ${clock(history[0].time)} to ${clock(history.at(-1).time)}: ${rateText(Math.min(...rates))} to ${rateText(Math.max(...rates))}, now ${rateText(rates.at(-1))}.`,
  )
}

function newChart(each, data) {
  const axis = {
    stroke: cssColor('--dim'),
    grid: { stroke: cssColor('--line'), width: 1 },
    ticks: { show: false },
  }
  const value = (_, rate) => (rate === null || rate === undefined ? '–' : rateText(rate))
  const thread = (k) => ({
    label: `thread ${k}`,
    stroke: COLORS[k % COLORS.length],
    width: 1.2,
    value,
    points: { show: false },
  })
  const options = {
    width: $('chart').clientWidth,
    height: 260,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { y: { range: (_, low, high) => [0, (high || 1) * 1.1] } },
    axes: [
      { ...axis, space: 80, values: (_, times) => times.map(shortClock) },
      { ...axis, size: 78, values: (_, rates) => rates.map((rate) => (rate === 0 ? '0' : rateText(rate))) },
    ],
    series: [
      { label: 'UTC', value: (_, seconds) => (seconds === null ? '–' : clock(seconds * 1000)) },
      { label: 'all', stroke: cssColor('--text'), width: 2, value, points: { show: false } },
      ...Array.from({ length: each }, (_, k) => thread(k)),
    ],
  }
  return new uPlot(options, data, $('chart'))
}

/** As many places of a block win. */
const WINNERS = 25

function showBlocks({ blocks }) {
  fillRows(
    'blocks',
    blocks.map(({ height, records, valid, places, reward, skipped }) => {
      if (skipped) {
        const why = cell(`nothing of ours: ${skipped.reason}`, 'text warn')
        why.colSpan = 3
        return [cell(countText(height)), why]
      }
      const won = places.filter((place) => place <= WINNERS).length
      const best = places.length === 0 ? '' : `, best ${Math.min(...places)}`
      return [
        cell(countText(height)),
        cell(valid === records ? countText(records) : `${countText(valid)} of ${countText(records)}`, 'n'),
        cell(`${won === 0 ? 'none' : won} of ${WINNERS}${best}`, won > 0 ? 'good' : 'dim'),
        cell(reward === '0' ? '–' : `+${reward.replace(/^\d+/, countText)}`, 'n'),
      ]
    }),
    'No block has been graded yet.',
  )
}

const FATE = { acknowledged: 'good', landed: 'good', missed: 'bad' }

function showEntries({ entries }) {
  fillRows(
    'entries',
    entries.map(({ height, entryHash, difficulty, status, reason, place, payout }) => [
      cell(countText(height)),
      cell(reason === null ? status : `${status}: ${reason}`, FATE[status] ?? ''),
      cell(place === null ? '–' : String(place), 'n'),
      cell(payout === null || payout === '0' ? '–' : `+${payout}`, 'n'),
      codeCell(`${entryHash.slice(0, 16)}…`),
      codeCell(difficulty === '' ? '–' : difficulty),
    ]),
    'Nothing has been published yet; it happens at minute 9 of a block.',
  )
}

function showPrices({ takenAt, assets, sources }) {
  const missing = assets.filter(({ usd }) => usd === null).length
  set('priced', takenAt === null ? '–' : `${assets.length - missing} of ${assets.length}`)
  pricesAt = takenAt
  $('sources').replaceChildren(
    ...sources.map(({ name, ok, ageMs }) => {
      const age = ageMs === null ? 'nothing yet' : durationText(ageMs / 1000)
      return element('li', `${name} ${age}${ok ? '' : ', silent'}`, ok ? '' : 'down')
    }),
  )
  $('prices').replaceChildren(...assets.map(priceRow))
}

/** Beyond 1 % from the winners a record loses grade. */
const FAR = 0.01

function priceRow({ asset, usd, routes, deviation, ageMs, missing }) {
  const row = element('div', '', usd === null ? 'price missing' : 'price')
  row.setAttribute('role', 'row')
  const cells = [element('b', asset)]
  if (usd === null) cells.push(element('span', missing))
  else {
    const far = deviation !== null && Math.abs(deviation) > FAR
    const distance =
      deviation === null ? '' : `${deviation < 0 ? '−' : '+'}${Math.abs(100 * deviation).toFixed(2)} %`
    cells.push(
      element('span', usdText(usd)),
      element('span', distance, far ? 'warn' : ''),
      element('span', routes.length === 0 ? '' : `×${routes.length}`),
    )
  }
  cells.forEach((part) => part.setAttribute('role', 'cell'))
  const age = ageMs === null ? [] : [`oldest vote ${durationText(ageMs / 1000)} old`]
  if (routes.length > 0) row.title = [...routes, ...age].join('\n')
  row.append(...cells)
  return row
}

let pricesAt = null
let clockOffset = 0
function showPriceAge() {
  if (pricesAt === null) return
  const age = Math.max(0, (Date.now() + clockOffset - pricesAt) / 1000)
  set('price-age', `taken ${durationText(age)} ago`)
}

/** Trailing zeros of eight decimals say nothing. */
const coinsText = (coins) => (coins === null ? '–' : coins.replace(/\.?0+$/, '').replace(/^\d+/, countText))
const orDash = (n) => (n === null ? '–' : countText(n))

/** A miner watches a feed only if it was told to. */
let feedIsWatched = true

function showFeed({ gateways, trouble = null, recent = [] }) {
  feedIsWatched = gateways !== undefined
  if (!feedIsWatched) return
  set('feed-trouble', trouble ?? '')
  $('feed-trouble').hidden = trouble === null
  $('gateways').classList.toggle('old', trouble !== null)
  $('gateways').replaceChildren(...gateways.map(gatewaySection))
  fillRows(
    'headers',
    recent.map(({ time, gateway, height, txid, why }) => [
      cell(clock(time)),
      cell(gateway),
      cell(countText(height), 'n'),
      cell(why),
      codeCell(`${txid.slice(0, 16)}…`),
    ]),
    'None yet.',
  )
}

const GOOD_STATES = ['idle', 'publishing', 'budget']
const BAD_STEPS = ['held', 'refused', 'stuck', 'rejected']

function gatewaySection(gateway) {
  const { name, asset, reference, state, trouble, daemons, headers, funds, withdrawals } = gateway
  const section = document.createElement('section')
  section.dataset.gateway = name
  const title = element('h2', `${name}: ${reference} → ${asset}`)
  title.append(element('span', state, `pill ${GOOD_STATES.includes(state) ? 'mining' : 'waiting'}`))
  section.append(title)
  if (trouble !== null) section.append(element('p', trouble, 'warn'))
  const cards = element('div', '', 'figures')
  const figure = (label, value, below, className = '') => {
    const div = document.createElement('div')
    div.append(element('h3', label), element('p', value, `big ${className}`), element('p', below, 'dim'))
    cards.append(div)
  }
  if (headers !== null) {
    const seconds = headers.lagSeconds === null ? 'not known yet' : durationText(headers.lagSeconds)
    const due = headers.lag === 0 ? 'nothing is due' : `due, for ${seconds}`
    figure(
      'Lag',
      headers.lag === null ? '–' : plural(headers.lag, 'header'),
      headers.lag === null ? seconds : due,
    )
    const gaps = headers.gaps ? `, ${headers.gaps} missing below` : ''
    figure('Published', orDash(headers.published), `tip ${orDash(headers.tip)}${gaps}`)
  }
  const hours = funds.hoursLeft === null ? '' : `for ${durationText(funds.hoursLeft * 3600)}: `
  const coins = `${hours}${coinsText(funds.oracle)} at the oracle, ${coinsText(funds.wallet)} in the wallet`
  figure('Headers left', orDash(funds.headersLeft), funds.alarm ?? coins, funds.alarm === null ? '' : 'bad')
  figure('Budget', orDash(funds.perBlock), `headers in the next block, from ${orDash(funds.outputs)} outputs`)
  const counts = Object.entries(withdrawals.states).map(([step, count]) => `${count} ${step}`)
  figure('Withdrawals', `${withdrawals.open.length} open`, counts.join(', ') || 'none seen yet')
  const silent = Object.entries(daemons).filter(([, daemon]) => daemon !== 'up')
  figure(
    'Daemons',
    silent.length === 0 ? 'up' : `${silent.length} away`,
    Object.entries(daemons)
      .map(([chain, daemon]) => `${chain} ${daemon}`)
      .join(', '),
    silent.length === 0 ? 'good' : 'bad',
  )
  section.append(cards)
  if (withdrawals.open.length > 0) {
    const list = element('ul', '', 'open')
    list.append(
      ...withdrawals.open.map(({ txid, state: step, amount, to, seenAt, message }) => {
        const item = element('li')
        item.append(
          element('b', step, BAD_STEPS.includes(step) ? 'warn' : ''),
          ` ${coinsText(amount)} to ${to}, seen at ${clock(seenAt)}`,
          message === '' ? ' ' : `; ${message} `,
          element('code', txid),
        )
        return item
      }),
    )
    section.append(list)
  }
  return section
}

function showSettings({ settings }) {
  fillRows(
    'settings',
    settings.map(({ key, value, origin, place }) => [
      codeCell(key),
      cell(value, origin === 'default' ? 'text dim' : 'text'),
      cell(place || origin, origin === 'default' ? 'dim' : ''),
    ]),
    'None.',
  )
}

/** Asks for one thing; what does not answer is asked again at the next turn. */
async function load(name, show) {
  try {
    const response = await fetch(`/api/v1/${name}`)
    if (response.ok) show(await response.json())
  } catch {
    // The banner says it already.
  }
}

const loadThreads = () => load('threads', showThreads)
const loadPrices = () => load('prices', showPrices)
const loadFeed = () => load('feed', showFeed)
const loadNews = () => Promise.all([load('blocks', showBlocks), load('entries', showEntries)])
const loadAll = () => {
  const rest = isFeed() ? [loadFeed()] : [loadThreads(), loadPrices(), loadNews(), loadFeed()]
  return Promise.all([load('config', showSettings), ...rest])
}
const isFeed = () => document.body.dataset.program === 'feed'
const isMiner = () => document.body.dataset.program === 'mine'
/** Numbers of a miner that change all the time; nobody looks at a hidden page. */
const whileSeen = (ask) => () => void (document.hidden || !isMiner() || ask())

let changes = -1
let run = 0
let heardAt = Date.now()

function hear(summary) {
  heardAt = Date.now()
  clockOffset = summary.now - heardAt
  $('lost').hidden = true
  showSummary(summary)
  const fresh = summary.startedAt !== run
  if (fresh) void loadAll()
  else if (isFeed()) void (document.hidden || loadFeed())
  else if (summary.changes !== changes) void loadNews()
  run = summary.startedAt
  changes = summary.changes
}

function listen() {
  const events = new EventSource('/api/v1/events')
  events.addEventListener('summary', (event) => hear(JSON.parse(event.data)))
  events.addEventListener('error', () => {
    // Refused rather than interrupted: the browser does not try again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3_000)
  })
}

$('minutes').append(...Array.from({ length: 10 }, () => document.createElement('li')))
listen()
setInterval(whileSeen(loadThreads), THREADS_MS)
setInterval(whileSeen(loadPrices), PRICES_MS)
setInterval(
  whileSeen(() => feedIsWatched && loadFeed()),
  FEED_MS,
)
setInterval(() => {
  showPriceAge()
  if (Date.now() - heardAt < SILENCE_MS) return
  set('lost-since', `${clock(heardAt)} UTC`)
  $('lost').hidden = false
}, 1_000)
document.addEventListener(
  'visibilitychange',
  whileSeen(() => (loadThreads(), loadPrices())),
)
const redraw = () => {
  chart?.destroy()
  chart = null
  showChart(shownHistory)
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
new ResizeObserver(() => chart?.setSize({ width: $('chart').clientWidth, height: 260 })).observe($('chart'))
