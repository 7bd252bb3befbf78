/** Pieces that all views are made of. */
import { element, note, scrolled, section, table } from '/pieces.js'

export { element, note, scrolled, section, table }

/** A path has room for so much of a name. */
const MOST_PATH = 4_000
const MOST_SHOWN = 200

const pathOf = (kind, name) => `/explorer/${kind}/${encodeURIComponent(name)}`
export const link = (kind, name, text = name) =>
  element('a', { href: pathOf(kind, name) }, element('bdi', {}, text))

/** One that may be long. A name that no address has room for is only shown. */
export const cut = (kind, name) =>
  encodeURIComponent(name).length > MOST_PATH
    ? element('span', { class: 'cut' }, name.slice(0, MOST_SHOWN))
    : element('a', { href: pathOf(kind, name), class: 'cut', title: name.slice(0, MOST_SHOWN) }, name)

export const heading = (text) => element('h1', {}, element('bdi', {}, text))
/** What comes from the chain, as it stands. */
export const raw = (text) => element('pre', { tabindex: '0', dir: 'ltr' }, text)

export const facts = (...rows) =>
  element(
    'section',
    {},
    element(
      'dl',
      {},
      ...rows.map(([label, value]) =>
        element('div', {}, element('dt', {}, label), element('dd', {}, value ?? '–')),
      ),
    ),
  )

/** Many names with a value each, in as many columns as there is room for. */
export const many = (rows) =>
  element(
    'dl',
    { class: 'many' },
    ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
export const prices = (rows) => many(rows.map(({ ticker, usd }) => [link('asset', ticker), amount(usd)]))

/** In a column of its own where there is room for two. */
export function beside(part) {
  part.classList.add('beside')
  return part
}

export const nav = (label, ...links) => element('nav', { 'aria-label': label }, ...links)
export const to = (href, text) => element('a', { href }, text)

/** `1234567.8` → `1,234,567.8`. */
export function amount(text) {
  if (text === null || text === undefined) return '–'
  const [whole, part] = String(text).split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${part === undefined ? '' : `.${part}`}`
}
export const cents = (text) => (text === null ? '–' : amount(text.replace(/(\.\d\d)\d+$/, '$1')))
export const time = (text) =>
  text === null ? '–' : element('time', { datetime: text }, text.slice(0, 16).replace('T', ' '))
export const percent = (share, digits = 3) => (share === null ? '–' : `${(100 * share).toFixed(digits)} %`)
export const plural = (count, word) => `${amount(String(count))} ${word}${count === 1 ? '' : 's'}`

/** `1234567` → `1.23 M`. */
export function rough(value) {
  if (value === null || value === undefined) return '–'
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)))
  return `${Number((value / 1000 ** power).toPrecision(3))} ${['', 'k', 'M', 'G', 'T'][power]}`.trim()
}
export const hashrate = (power) =>
  power === null || power === undefined ? '–' : `${rough(power)} H/s`.replace(/([kMGT]) H/, '$1H')

function status({ status: word, verdict, height }) {
  const text = word === 'executed' && verdict !== height ? `executed in ${verdict}` : word
  return element('span', { class: word === 'refused' ? 'bad' : word === 'executed' ? 'good' : 'dim' }, text)
}

/** What one unit became. */
function rateOf({ kind, status: word, amount: given, refund, result }) {
  if (kind !== 'conversion' || word !== 'executed') return ''
  const taken = Number(given) - Number(refund ?? 0)
  return taken > 0 ? `, 1 for ${Number((Number(result) / taken).toPrecision(8))}` : ''
}

function what(action) {
  const input = `${amount(action.amount)} ${action.ticker}`
  if (action.kind === 'coinbase') return `${amount(action.result)} ${action.target}`
  if (action.kind === 'burn') return `${amount(action.result)} ${action.target} for burnt factoids`
  if (action.kind === 'transfer') return input
  const given = action.status === 'executed' ? `${amount(action.result)} ` : ''
  const back = action.refund === null ? '' : `, ${amount(action.refund)} ${action.ticker} given back`
  return `${input} → ${given}${action.target}${rateOf(action)}${back}`
}

const receivers = ({ outputs, address }) =>
  outputs.length === 0
    ? cut('address', address)
    : element(
        'span',
        {},
        cut('address', address),
        ' → ',
        ...outputs.slice(0, 3).map((output) => cut('address', output.address)),
        outputs.length > 3 ? ` and ${outputs.length - 3} more` : '',
      )

/** What was asked for, but for this. */
export const asking = (asked, more) => new URLSearchParams({ ...Object.fromEntries(asked), ...more })

/** The ways to the next page of a list, and to all of it as a table. */
export const pages = (label, next, { asked, api }) =>
  nav(
    label,
    next === null ? null : to(`?${asking(asked, { before: next })}`, 'Older'),
    to(`${api}?${asking(asked, { format: 'csv' })}`, 'CSV'),
  )

/** A page of the history, with the ways to the next one and to a table for other programs. */
export function history({ actions, next }, { asked, api }, { title = 'History', blocks = true } = {}) {
  const after = ({ after: held = [] }) =>
    element(
      'span',
      {},
      ...held.map((one) =>
        element(
          'span',
          { class: 'held' },
          `${amount(one.amount)} ${one.ticker} `,
          element('small', { class: 'dim' }, one.usd === null ? '' : `${cents(one.usd)} USD`),
        ),
      ),
    )
  return section(
    title,
    table(
      actions,
      [
        ...(blocks ? [['Block', ({ height }) => link('block', String(height)), 'short']] : []),
        ['Time (UTC)', (action) => time(action.time)],
        ['Kind', ({ kind }) => kind],
        ['What', what],
        ...(actions[0]?.after === undefined ? [] : [['Balance after it', after, true]]),
        ['Who', receivers],
        ['State', status],
        ['Entry', ({ hash }) => cut('entry', hash)],
      ],
      true,
    ),
    pages(title, next, { asked, api }),
  )
}

export const records = (rows, title, ...more) =>
  section(
    title,
    table(
      rows,
      [
        ...('height' in (rows[0] ?? {})
          ? [['Block', ({ height }) => link('block', String(height)), 'short']]
          : []),
        ['Place', ({ place }) => String(place + 1), 'short'],
        ['Miner', ({ identity }) => (identity === '' ? '–' : cut('miner', identity))],
        ['Paid to', ({ address }) => cut('miner', address)],
        ['PEG', ({ payout }) => amount(payout), 'short'],
        ...('difficulty' in (rows[0] ?? {}) ? [['Difficulty', ({ difficulty }) => difficulty]] : []),
        ...('grade' in (rows[0] ?? {})
          ? [['Grade', ({ grade }) => (grade === null ? '–' : grade.toExponential(3)), true]]
          : []),
        ...('distance' in (rows[0] ?? {})
          ? [['From the average', ({ distance }) => percent(distance), true]]
          : []),
        ['Entry', ({ entryHash }) => cut('entry', entryHash)],
      ],
      true,
    ),
    ...more,
  )
