/** The status page: asks the API of the program that serves it, and is told by events when to ask again. */
import { loadChart, loadSeriesNames, showLive } from '/chart.js'
import { feedIsWatched, showFeed } from '/feed.js'
import { showMachines } from '/machines.js'
import {
  $,
  cell,
  clock,
  codeCell,
  coinsText,
  countText,
  durationText,
  element,
  fillRows,
  labelled,
  load,
  plural,
  rateText,
  set,
  usdText,
} from '/parts.js'
import { expectedText, loadBlocks, loadEntries, loadLog } from '/past.js'

const THREADS_MS = 10_000
const PRICES_MS = 15_000
const MACHINES_MS = 5_000
const FEED_MS = 5_000
const CHART_MS = 30_000
/** Events come every two seconds. */
const SILENCE_MS = 7_000

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
  showEarned(summary)
  set('credits', summary.entryCredits === null ? '–' : countText(summary.entryCredits))
  const days = summary.creditDays
  set('credit-days', days === null ? 'one pays for one record' : `enough for ${durationText(days * 86_400)}`)
  set('network-rate', rateText(summary.networkHashrate))
  set('expected', expectedText(summary.expected))
  document.title = `${rateText(summary.hashrate.s10 ?? summary.hashrate.now)} · pegminer`
}

/** Of all time where the history tells, and of this run. */
function showEarned({ allTime, reward, places, blocks, entries }) {
  const pegOf = (amount) => amount.replace(/^\d+/, countText)
  const run = `${plural(places, 'place')} in ${plural(blocks, 'block')}`
  set('reward', pegOf(allTime?.reward ?? reward))
  const isAll = allTime === null || allTime.reward === reward
  set('reward-run', isAll ? run : `this run +${pegOf(reward)}: ${run}`)
  const { landed, missed } = entries
  set('landed', countText(allTime?.landed ?? landed))
  const lost = missed === 0 ? 'none missed' : `${countText(missed)} missed`
  set('records-run', allTime === null ? `in their blocks; ${lost}` : `this run ${countText(landed)}, ${lost}`)
  $('records-run').className = missed > 0 ? 'warn' : 'dim'
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
    // The banner says already that the program does not answer.
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
  const items = alerts.map(({ level, message, time, runbook }) => {
    const item = element('li', time === null ? message : `${clock(time)}  ${message}`, level)
    if (runbook === null) return item
    const link = element('a', 'what to do')
    link.href = `/runbook#${runbook.toLowerCase()}`
    item.append(' ', link)
    return item
  })
  $('alerts').replaceChildren(
    ...(items.length > 0 ? items : [element('li', 'Everything is as it should be.', 'fine')]),
  )
}

/** A table of so few lines does not need half of the page. */
const FEW_THREADS = 4

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
  showLive(history)
  $('columns').classList.toggle('few', threads.length <= FEW_THREADS)
}

function showPrices({ takenAt, assets, sources }) {
  const missing = assets.filter(({ usd }) => usd === null).length
  set('priced', takenAt === null ? '–' : `${assets.length - missing} of ${assets.length}`)
  pricesAt = takenAt
  $('sources').replaceChildren(
    ...sources.map(({ name, ok, ageMs }) => {
      const since = takenAt === null ? 0 : Math.max(0, Date.now() + clockOffset - takenAt)
      const age = ageMs === null ? 'nothing yet' : durationText((ageMs + since) / 1000)
      return element('li', `${name} ${age}${ok ? '' : ', silent'}`, ok ? '' : 'down')
    }),
  )
  $('prices').replaceChildren(...assets.map(priceRow))
}

/** What the addresses hold, as the ledger knows it; without a ledger there is nothing to show. */
function showHoldings({ height, usd, addresses }) {
  $('holdings-section').hidden = height === null
  if (height === null) return
  const worth = usd === null ? 'no prices yet' : `${usdText(usd)} US dollars`
  set('holdings-sum', `${worth}, after block ${countText(height)}`)
  fillRows(
    'holdings',
    addresses.flatMap(({ address, balances }) =>
      balances.map(({ ticker, amount, usd: own }) => [
        cell(ticker),
        cell(usdText(amount), 'n'),
        cell(own === null ? '–' : usdText(own), 'n'),
        codeCell(address),
      ]),
    ),
    'Nothing yet.',
  )
}

/** Of each address that stakes: whether it may, and what its records became. */
function showStaking({ addresses }) {
  $('staking-section').hidden = addresses.length === 0
  fillRows(
    'staking',
    addresses.map(({ address, standing, skipped, last, records, winners, paid }) => [
      codeCell(address),
      labelled(
        cell(entitledText(standing), standing?.entitled === false ? 'text warn' : 'text'),
        'May stake',
      ),
      labelled(cell(standing === null ? '–' : coinsText(standing.balance), 'n'), 'PEG held'),
      labelled(cell(stakeText(last, skipped), 'text'), 'Last record'),
      labelled(cell(records === 0 ? '–' : paidText(paid, winners, records), 'n'), 'PEG paid'),
    ]),
    'None.',
  )
}

const paidText = (paid, winners, records) =>
  `${coinsText(paid)} for ${countText(winners)} of ${countText(records)}`

function entitledText(standing) {
  if (standing === null) return 'the ledger did not say yet'
  const { rank, height } = standing
  return rank === null ? `no, by block ${countText(height - 1)}` : `yes, place ${rank} of 100`
}

function stakeText(last, skipped) {
  if (skipped !== null && skipped.height > (last?.height ?? -1))
    return `block ${countText(skipped.height)}: none, ${skipped.reason}`
  if (last === null) return 'none yet'
  const { height, status, reason, place, payout } = last
  const paid = payout === null || payout === '0' ? '' : `, +${coinsText(payout)} PEG`
  const found = place === null ? `${status}${reason === null ? '' : `: ${reason}`}` : `place ${place}${paid}`
  return `block ${countText(height)}: ${found}`
}

/** Beyond 1 % from the winners a record loses grade. */
const FAR = 0.01

/** Signed, unless it rounds to nothing. */
function distanceText(deviation) {
  const digits = Math.abs(100 * deviation).toFixed(2)
  const sign = Number(digits) === 0 ? '' : deviation < 0 ? '−' : '+'
  return `${sign}${digits} %`
}

function priceRow({ asset, usd, routes, deviation, ageMs, missing }) {
  const row = element('div', '', usd === null ? 'price missing' : 'price')
  row.setAttribute('role', 'row')
  const cells = [element('b', asset)]
  if (usd === null) cells.push(element('span', missing))
  else {
    const far = deviation !== null && Math.abs(deviation) > FAR
    const distance = deviation === null ? '' : distanceText(deviation)
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

const loadThreads = () => load('threads', showThreads)
const loadMachines = () => load('farm', showMachines)
const loadPrices = () => load('prices', showPrices)
const loadFeed = () => load('feed', showFeed)
const loadNews = () =>
  Promise.all([
    ...[loadBlocks(), loadEntries(), loadLog(), loadSeriesNames()],
    ...[load('holdings', showHoldings), load('staking', showStaking)],
  ])
const loadAll = () => {
  const rest = isFeed()
    ? [loadFeed(), loadLog(), loadSeriesNames()]
    : [loadMachines(), loadThreads(), loadPrices(), loadNews(), loadFeed()]
  return Promise.all([load('config', showSettings), ...rest])
}
const isFeed = () => document.body.dataset.program === 'feed'
const isMiner = () => document.body.dataset.program === 'mine'
/** Numbers of a miner that change all the time; a hidden page does not ask for them. */
const whileSeen = (ask) => () => void (document.hidden || !isMiner() || ask())

let changes = -1
let run = 0
let heardAt = Date.now()
/** The same by the monotonic clock, for how long it has been silent. */
let heardMs = performance.now()

function hear(summary) {
  heardAt = Date.now()
  heardMs = performance.now()
  clockOffset = summary.now - heardAt
  $('lost').hidden = true
  showSummary(summary)
  const fresh = summary.startedAt !== run
  if (fresh) void loadAll()
  else if (isFeed()) {
    if (!document.hidden) void loadFeed()
    if (summary.changes !== changes) void Promise.all([loadLog(), loadSeriesNames()])
  } else if (summary.changes !== changes) void loadNews()
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
setInterval(whileSeen(loadMachines), MACHINES_MS)
setInterval(whileSeen(loadPrices), PRICES_MS)
setInterval(() => void (document.hidden || loadChart()), CHART_MS)
setInterval(
  whileSeen(() => feedIsWatched && loadFeed()),
  FEED_MS,
)
setInterval(() => {
  showPriceAge()
  if (performance.now() - heardMs < SILENCE_MS) return
  set('lost-since', `${clock(heardAt)} UTC`)
  $('lost').hidden = false
}, 1_000)
document.addEventListener(
  'visibilitychange',
  whileSeen(() => (loadThreads(), loadPrices())),
)
