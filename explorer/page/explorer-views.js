/** The views: data of the API → elements. */

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

const link = (kind, name, text = name) =>
  element('a', { href: `/explorer/${kind}/${encodeURIComponent(name)}` }, element('bdi', {}, text))
/** A name that no address has room for is only shown. */
const cut = (kind, name) =>
  encodeURIComponent(name).length > 4_000
    ? element('span', { class: 'cut' }, name.slice(0, 200))
    : longLink(kind, name)
const longLink = (kind, name) =>
  element('a', { href: `/explorer/${kind}/${encodeURIComponent(name)}`, class: 'cut', title: name }, name)
const section = (title, ...children) => element('section', {}, element('h2', {}, title), ...children)
const facts = (...rows) =>
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

/** Columns: [title, cell, whether it is a number]. */
function table(rows, columns) {
  if (rows.length === 0) return element('p', { class: 'dim' }, 'None.')
  const head = columns.map(([title, , number]) =>
    element('th', { scope: 'col', ...(number ? { class: 'n' } : {}) }, title),
  )
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      ...columns.map(([, cell, number]) => element('td', number ? { class: 'n' } : {}, cell(row) ?? '–')),
    ),
  )
  return element(
    'div',
    {
      class: 'scroll',
      tabindex: '0',
      role: 'region',
      'aria-label': columns.map(([title]) => title).join(', '),
    },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  )
}

/** `1234567.8` → `1,234,567.8`. */
function amount(text) {
  if (text === null || text === undefined) return '–'
  const [whole, part] = text.split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${part === undefined ? '' : `.${part}`}`
}
const cents = (text) => (text === null ? '–' : amount(text.replace(/(\.\d\d)\d+$/, '$1')))
const time = (text) =>
  text === null ? '–' : element('time', { datetime: text }, text.slice(0, 16).replace('T', ' '))

const SVG = 'http://www.w3.org/2000/svg'

/** A line over heights. */
function line(points, what, valueOf) {
  if (points.length < 2) return element('p', { class: 'dim' }, 'There are fewer than two points.')
  const values = points.map((point) => Number(valueOf(point)))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const [first, last] = [points[0].height, points.at(-1).height]
  const x = (height) => ((height - first) / Math.max(1, last - first)) * 1000
  const y = (value) => 98 - ((value - low) / (high - low || 1)) * 96
  const picture = document.createElementNS(SVG, 'svg')
  picture.setAttribute('viewBox', '0 0 1000 100')
  picture.setAttribute('preserveAspectRatio', 'none')
  picture.setAttribute('role', 'img')
  picture.setAttribute('aria-label', `${what} from block ${first} to ${last}: between ${low} and ${high}`)
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute(
    'd',
    points
      .map((point, k) => `${k === 0 ? 'M' : 'L'}${x(point.height).toFixed(1)} ${y(values[k]).toFixed(2)}`)
      .join(''),
  )
  picture.append(path)
  return element(
    'div',
    {},
    picture,
    element(
      'p',
      { class: 'dim' },
      `blocks ${first} to ${last}; ${amount(String(low))} to ${amount(String(high))}`,
    ),
  )
}

function status(action) {
  const word = action.status
  const text =
    word === 'executed' && action.verdict !== action.height ? `executed in ${action.verdict}` : word
  return element('span', { class: word === 'refused' ? 'bad' : word === 'executed' ? 'good' : 'dim' }, text)
}

function what(action) {
  const input = `${amount(action.amount)} ${action.ticker}`
  if (action.kind === 'coinbase') return `${amount(action.result)} ${action.target}`
  if (action.kind === 'burn') return `${amount(action.result)} ${action.target} for burnt factoids`
  if (action.kind === 'transfer') return input
  const given = action.status === 'executed' ? `${amount(action.result)} ` : ''
  const back = action.refund === null ? '' : `, ${amount(action.refund)} ${action.ticker} given back`
  return `${input} → ${given}${action.target}${back}`
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

/** A page of the history, with the ways to the next one and to a table for other programs. */
function history({ actions, next }, { asked, api }, title = 'History') {
  const more = new URLSearchParams(asked)
  if (next !== null) more.set('before', next)
  const csv = new URLSearchParams(asked)
  csv.set('format', 'csv')
  return section(
    title,
    table(actions, [
      ['Block', ({ height }) => link('block', String(height)), true],
      ['Time (UTC)', (action) => time(action.time)],
      ['Kind', ({ kind }) => kind],
      ['What', what],
      ['Who', receivers],
      ['State', status],
      ['Entry', ({ hash }) => cut('entry', hash)],
    ]),
    element(
      'nav',
      { 'aria-label': 'History' },
      next === null ? null : element('a', { href: `?${more}` }, 'Older'),
      element('a', { href: `${api}?${csv}` }, 'CSV'),
    ),
  )
}

const records = (rows, title) =>
  section(
    title,
    table(rows, [
      ...('height' in (rows[0] ?? {})
        ? [['Block', ({ height }) => link('block', String(height)), true]]
        : []),
      ['Place', ({ place }) => String(place + 1), true],
      ['Miner', ({ identity }) => (identity === '' ? '–' : cut('miner', identity))],
      ['Paid to', ({ address }) => cut('address', address)],
      ['PEG', ({ payout }) => amount(payout), true],
      ['Difficulty', ({ difficulty }) => difficulty],
      ['Entry', ({ entryHash }) => cut('entry', entryHash)],
    ]),
  )

const heading = (text) => element('h1', {}, element('bdi', {}, text))

export const VIEWS = {
  network: (value) => ({
    title: value.network,
    parts: [
      heading(value.network),
      facts(
        ['Block', link('block', String(value.height))],
        ['Time (UTC)', time(value.time)],
        ['Rates of block', value.ratesHeight === null ? null : link('block', String(value.ratesHeight))],
        ['All pegged tokens, USD', cents(value.pegged)],
      ),
      section(
        'Newest blocks with anything in them',
        table(value.blocks, [
          ['Block', ({ height }) => link('block', String(height)), true],
          ['Time (UTC)', (block) => time(block.time)],
          ['Executed', ({ executed }) => String(executed), true],
          ['Refused', ({ refused }) => String(refused), true],
          ['Waiting', ({ waiting }) => String(waiting), true],
          ['Payments', ({ credits }) => String(credits), true],
          ['Rates', ({ rated }) => (rated ? 'yes' : 'no')],
        ]),
      ),
      section(
        'Tokens',
        table(value.tokens, [
          ['Token', ({ ticker }) => link('asset', ticker)],
          ['USD', ({ usd }) => amount(usd), true],
          ['Supply', ({ supply }) => amount(supply), true],
          ['Value, USD', (token) => cents(token.value), true],
        ]),
      ),
    ],
  }),
  block: (value, where) => ({
    title: `Block ${value.height}`,
    parts: [
      heading(`Block ${value.height}`),
      facts(
        ['Time (UTC)', time(value.time)],
        ['Graded records', String(value.records.length)],
        ['Rates', value.rates === null ? 'none' : `${value.rates.length} tokens`],
        ...(value.bank === null
          ? []
          : [['PEG from the bank', `${amount(value.bank.used)} of ${amount(value.bank.amount)}`]]),
      ),
      element(
        'nav',
        { 'aria-label': 'Blocks' },
        value.height > 0 ? link('block', String(value.height - 1), 'Block before') : null,
        value.height < value.tip ? link('block', String(value.height + 1), 'Next block') : null,
      ),
      history(value, where, 'Transactions and payments'),
      records(value.records, 'Oracle records'),
      ...(value.rates === null
        ? []
        : [
            section(
              'Rates',
              table(value.rates, [
                ['Token', ({ ticker }) => link('asset', ticker)],
                ['USD', ({ usd }) => amount(usd), true],
              ]),
            ),
          ]),
    ],
  }),
  asset: (value, { api }) => ({
    title: value.ticker,
    parts: [
      heading(value.ticker),
      facts(
        ['USD', value.price && amount(value.price.usd)],
        ['By block', value.price && link('block', String(value.price.height))],
        ['Supply', amount(value.supply)],
      ),
      section(
        'Price, USD',
        line(value.prices, 'Price', ({ usd }) => usd),
        element('nav', { 'aria-label': 'Price' }, element('a', { href: `${api}?format=csv` }, 'CSV')),
      ),
      section(
        'Supply',
        line(value.supplies, 'Supply', (point) => point.amount),
      ),
      section(
        'Largest holders',
        table(value.holders, [
          ['Address', ({ address }) => cut('address', address)],
          ['Amount', (holder) => amount(holder.amount), true],
          ['USD', ({ usd }) => cents(usd), true],
        ]),
      ),
    ],
  }),
  address: (value, where) => ({
    title: value.address,
    parts: [
      heading(value.address),
      facts(['After block', link('block', String(value.height))], ['Value, USD', cents(value.usd)]),
      section(
        'Balances',
        table(value.balances, [
          ['Token', ({ ticker }) => link('asset', ticker)],
          ['Amount', (held) => amount(held.amount), true],
          ['USD', ({ usd }) => cents(usd), true],
        ]),
      ),
      history(value, where),
    ],
  }),
  entry: (value, where) => ({
    title: `Entry ${value.hash.slice(0, 16)}`,
    parts: [
      heading(value.hash),
      facts(
        ['In block', link('block', String(value.height))],
        [
          'State',
          value.status > 0 ? `executed in block ${value.status}` : value.status < 0 ? 'refused' : 'waiting',
        ],
      ),
      history(value, where, 'Transactions'),
      ...(value.record === null ? [] : [records([value.record], 'Oracle record')]),
    ],
  }),
  miner: (value, { asked }) => {
    const older = new URLSearchParams(asked)
    if (value.next !== null) older.set('before', String(value.next))
    return {
      title: value.identity ?? value.address,
      parts: [
        heading(value.identity ?? value.address),
        facts(['Records on this page', String(value.records.length)], ['PEG for them', amount(value.reward)]),
        records(value.records, 'Graded records, the newest first'),
        element(
          'nav',
          { 'aria-label': 'Records' },
          value.next === null ? null : element('a', { href: `?${older}` }, 'Older'),
        ),
      ],
    }
  },
  search: (value) => ({
    title: 'Search',
    parts: [
      heading('Search'),
      value.found.length > 0
        ? section(
            `Found for “${value.q}”`,
            table(value.found, [
              ['Kind', ({ kind }) => kind],
              ['Name', ({ kind, name }) => link(kind, name)],
            ]),
          )
        : section(
            value.q === ''
              ? 'What can be looked for'
              : `Nothing found for “${value.q}”. It was looked for as`,
            element('ul', {}, ...value.tried.map((text) => element('li', {}, text))),
          ),
    ],
  }),
}
