/** Blocks, records and the log, of this run and of all before it: page by page, and a block on its own. */
import {
  $,
  cell,
  codeCell,
  countText,
  durationText,
  element,
  fillRows,
  load,
  moment,
  plural,
  rateText,
  scrollBox,
  set,
  tableOf,
} from '/parts.js'

/** As many places of a block win. */
const WINNERS = 25
const FATE = { acknowledged: 'good', landed: 'good', missed: 'bad' }
const pegText = (reward) => (reward === '0' ? '–' : `+${reward.replace(/^\d+/, countText)}`)
/** Less than a millionth is the rounding of sums. */
const TINY = 1e-6
const percentText = (share) => `${share < 0 ? '−' : ''}${Number((100 * Math.abs(share)).toPrecision(3))} %`

/**
 * A list that grows downwards: its first page is asked for again and again, older ones when a person wants them.
 * `cursorOf` names the place to go on from.
 */
function createPages({ name, list, keyOf, cursorOf = keyOf, empty, rowOf, fill, button }) {
  let older = []
  let newest = []
  let more = false
  const draw = () => {
    const seen = new Set(newest.map(keyOf))
    const all = [...newest, ...older.filter((item) => !seen.has(keyOf(item)))]
    fill(all.map(rowOf), empty)
    $(button).hidden = !more
  }
  $(button).addEventListener('click', () => {
    const last = older.at(-1) ?? newest.at(-1)
    void load(`${name}?before=${cursorOf(last)}`, (answer) => {
      older = [...older, ...answer[list]]
      more = answer.more
      draw()
    })
  })
  return () =>
    load(name, (answer) => {
      // What leaves the first page is kept if older ones are shown below it.
      const heads = new Set(answer[list].map(keyOf))
      const last = answer[list].at(-1)
      if (older.length > 0 && last !== undefined)
        older = [
          ...newest.filter((item) => !heads.has(keyOf(item)) && cursorOf(item) < cursorOf(last)),
          ...older,
        ]
      else more = answer.more
      newest = answer[list]
      draw()
    })
}

function blockButton(height) {
  const button = element('button', countText(height), 'link')
  button.type = 'button'
  button.title = 'Winners, distances and refusals of this block'
  button.addEventListener('click', () => openBlock(height))
  const td = document.createElement('td')
  td.append(button)
  return td
}

export const loadBlocks = createPages({
  name: 'blocks',
  list: 'blocks',
  button: 'blocks-more',
  keyOf: ({ height }) => height,
  empty: 'No block has been graded yet.',
  fill: (rows, empty) => fillRows('blocks', rows, empty),
  rowOf: ({ height, records, valid, gradable, places, reward, skipped }) => {
    if (records === null) return [cell(countText(height)), wide(skipped.reason, 'text warn')]
    const counts = cell(
      valid === records ? countText(records) : `${countText(valid)} of ${countText(records)}`,
      'n',
    )
    if (gradable === false)
      return [blockButton(height), counts, wide('too few records for a payout', 'text dim', 2)]
    if (skipped) return [blockButton(height), counts, wide(`none: ${skipped.reason}`, 'text warn', 2)]
    const won = places.filter((place) => place <= WINNERS).length
    const best = places.length === 0 ? '' : `, best ${Math.min(...places)}`
    return [
      blockButton(height),
      counts,
      cell(`${won === 0 ? 'none' : won} of ${WINNERS}${best}`, won > 0 ? 'good' : 'dim'),
      cell(pegText(reward), 'n'),
    ]
  },
})

function wide(text, className, columns = 3) {
  const td = cell(text, className)
  td.colSpan = columns
  return td
}

export const loadEntries = createPages({
  name: 'entries',
  list: 'entries',
  button: 'entries-more',
  keyOf: ({ entryHash }) => entryHash,
  cursorOf: ({ height }) => height,
  empty: 'Nothing has been published yet; it happens at minute 9 of a block.',
  fill: (rows, empty) => fillRows('entries', rows, empty),
  rowOf: ({ height, entryHash, difficulty, status, reason, place, payout }) => [
    cell(countText(height)),
    cell(reason === null ? status : `${status}: ${reason}`, `fate ${FATE[status] ?? ''}`),
    cell(place === null ? '–' : String(place), 'n'),
    cell(payout === null ? '–' : pegText(payout), 'n'),
    codeCell(`${entryHash.slice(0, 16)}…`),
    codeCell(difficulty === '' ? '–' : difficulty),
  ],
})

export const loadLog = createPages({
  name: 'log',
  list: 'log',
  button: 'log-more',
  keyOf: ({ id }) => id,
  empty: 'Nothing has happened yet.',
  fill: (rows, empty) =>
    $('log').replaceChildren(...(rows.length > 0 ? rows : [element('li', empty, 'dim')])),
  rowOf: ({ time, level, code, message }) => {
    const item = element('li', '', level)
    item.append(element('time', moment(time)), element('b', code), element('span', message))
    return item
  },
})

/** Everything that is kept of one block, in a box of its own. */
function openBlock(height) {
  set('block-title', `Block ${countText(height)}`)
  set('block-facts', 'One moment …')
  $('block-body').replaceChildren()
  $('block-box').showModal()
  void load(`block?height=${height}`, showBlock)
}

function showBlock({ height, time, version, records, valid, gradable, network, winners, refusals, own }) {
  const rate = network === null ? '' : `, network ${rateText(network)}`
  set('block-title', `Block ${countText(height)}`)
  set(
    'block-facts',
    `${moment(time)} UTC, records of version ${version}: ${countText(records)}, ${countText(valid)} valid${rate}`,
  )
  const parts = []
  if (!gradable) parts.push(element('p', `Fewer than ${WINNERS} valid records: no record is paid.`, 'warn'))
  else parts.push(element('h3', 'Winners'), winnersTable(winners))
  if (records > valid)
    parts.push(element('h3', `Refused: ${countText(records - valid)}`), refusalList(refusals))
  if (own.length > 0) parts.push(element('h3', `Ours: ${plural(own.length, 'record')}`), ownList(own))
  $('block-body').replaceChildren(...parts)
}

function winnersTable(winners) {
  const table = tableOf(
    [['Place', 'n'], ['Miner'], ['Distance', 'n'], ['PEG', 'n'], ['Entry'], ['Difficulty']],
    winners.map(({ place, identity, distance, payout, entryHash, difficulty, ours }) => [
      cell(String(place), 'n'),
      cell(ours ? `${identity} (ours)` : identity, ours ? 'good' : ''),
      cell(distance === null ? '–' : distance < TINY ? 'none' : percentText(distance), 'n'),
      cell(pegText(payout), 'n'),
      codeCell(`${entryHash.slice(0, 16)}…`),
      codeCell(difficulty),
    ]),
  )
  table.tHead.rows[0].cells[2].title = 'From the average of all, as if every price were off by so much'
  winners.forEach(({ ours }, k) => table.tBodies[0].rows[k].classList.toggle('ours', ours))
  return scrollBox('Winners', table)
}

function refusalList(refusals) {
  if (refusals.length === 0) return element('p', 'Why was not kept by the version that graded it.', 'dim')
  const list = element('ul', '', 'plain')
  list.append(...refusals.map(({ reason, count }) => element('li', `${countText(count)}: ${reason}`)))
  return list
}

function ownList(own) {
  const list = element('ul', '', 'plain')
  list.append(
    ...own.map(({ entryHash, status, reason, place, payout, costs }) => {
      const fate =
        place === null
          ? (reason ?? status)
          : `place ${place}, ${payout === '0' ? 'not paid' : `+${payout} PEG`}`
      const far = costs
        .filter(({ distance }) => Math.abs(distance) >= TINY)
        .map(({ asset, distance }) => `${asset} ${percentText(distance)}`)
        .join(', ')
      const item = element('li', `${fate}${far === '' ? '' : `; farthest: ${far}`} `)
      item.append(element('code', `${entryHash.slice(0, 16)}…`))
      return item
    }),
  )
  return list
}

$('block-close').addEventListener('click', () => $('block-box').close())

/** What a miner can expect, in words. */
export function expectedText(expected) {
  if (expected === null) return 'our share is not known yet'
  const place = `place ${countText(Math.round(expected.place))}`
  return `we expect ${place}; a record of the best 50 in ${durationText(expected.seconds)}`
}
