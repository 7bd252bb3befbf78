/** The gateways of a feed: lag, funds, withdrawals, the headers of this run. */
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
  moment,
  orDash,
  plural,
  scrollBox,
  set,
  tableOf,
} from '/parts.js'

/** A miner watches a feed only if it was told to. */
export let feedIsWatched = true

export function showFeed({ gateways, trouble = null, recent = [] }) {
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
  if (withdrawals.blockedBy !== null) {
    const text = 'No other withdrawal can be asked for before this one is paid or released: '
    const blocked = element('p', text, 'warn')
    blocked.append(element('code', withdrawals.blockedBy))
    section.append(blocked)
  }
  const known = [...withdrawals.open, ...withdrawals.done]
  if (known.length > 0) section.append(withdrawalTable(known))
  return section
}

/** The whole id is copied from here to approve or to look it up. */
function withdrawalTable(withdrawals) {
  const table = tableOf(
    [['Withdrawal'], ['Amount', 'n'], ['To'], ['Waits for'], ['Transactions']],
    withdrawals.map((one) => {
      const state = element('td', '', 'text')
      state.append(
        element(
          'b',
          one.state,
          BAD_STEPS.includes(one.state) ? 'warn' : ['done', 'settled'].includes(one.state) ? 'good' : '',
        ),
        element('span', ` ${moment(one.state === 'held' ? one.seenAt : one.changedAt)}`, 'dim'),
      )
      const waits = [one.waitsFor, one.state === 'held' ? '' : one.message]
        .filter((text) => text !== '')
        .join('; ')
      return [
        state,
        labelled(cell(coinsText(one.amount), 'n'), 'Amount'),
        labelled(codeCell(one.to), 'To'),
        labelled(cell(waits === '' ? '–' : waits, waits === '' ? 'text none' : 'text'), 'Waits for'),
        idsCell(one),
      ]
    }),
  )
  table.className = 'stacked'
  return scrollBox('Withdrawals', element('h3', 'Withdrawals'), table)
}

/** Where the page is narrow there is no head that says what a cell is. */
function idsCell({ txid, payoutTxid, markTxid }) {
  const td = element('td', '', 'ids')
  const ids = { asked: txid, paid: payoutTxid, marked: markTxid }
  for (const [what, id] of Object.entries(ids))
    if (id) {
      const line = element('div', `${what} `)
      const code = element('code', `${id.slice(0, 16)}…`)
      code.title = id
      line.append(code)
      td.append(line)
    }
  return td
}
