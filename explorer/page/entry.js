import { heatMap } from './chart.js'
import {
  amount,
  cut,
  element,
  facts,
  heading,
  history,
  link,
  note,
  prices,
  raw,
  records,
  section,
  table,
  time,
} from './parts.js'

function stateOf({ status, reason, record, staked, ungraded, raw: entry }) {
  if (record) return `graded, place ${record.place + 1}`
  if (staked && staked.place !== null) return `graded, place ${staked.place + 1}`
  if (ungraded)
    return `valid, not graded; place ${ungraded.place + 1} by the difficulty ${ungraded.difficulty} that it claims`
  if (status > 0) return element('span', {}, 'executed in block ', link('block', String(status)))
  if (status !== null) return status < 0 ? reason : 'waiting for rates'
  return `refused: ${reason ?? entry?.wrong ?? 'no batch'}`
}

function proofOf(entry) {
  if (entry === null) return ['Signature', null]
  if (entry.chain === 'oracle') return ['Signature', 'none; its proof of work is its difficulty']
  const words = entry.signed ? 'checked, it fits' : 'does not fit'
  return ['Signature', entry.signed === null ? 'nothing to check' : words]
}

const batch = (transactions) =>
  section(
    'What it says',
    table(
      transactions,
      [
        ['Kind', ({ kind }) => kind],
        ['Amount', (one) => `${amount(one.amount)} ${one.ticker}`],
        ['From', ({ address }) => cut('address', address)],
        ['Into', ({ target }) => (target === null ? '' : link('asset', target))],
        [
          'To',
          ({ outputs }) =>
            element(
              'span',
              {},
              ...outputs.flatMap((one) => [cut('address', one.address), ` ${amount(one.amount)} `]),
            ),
        ],
      ],
      true,
    ),
  )

/** An oracle or staking record. */
function record({ version, nonce, claim, said }) {
  const own = said ?? { identity: '', address: '', height: null, prices: [], winners: [] }
  const winners = own.winners.filter(({ short }) => short !== '')
  return [
    facts(
      ['Version', String(version)],
      ['Miner', own.identity === '' ? null : cut('miner', own.identity)],
      ['Paid to', own.address === '' ? null : cut('address', own.address)],
      ['For block', own.height === null ? null : String(own.height)],
      ['Difficulty, as it says', claim],
      ['Nonce, in hex', nonce === null ? null : element('span', { class: 'cut' }, nonce)],
    ),
    ...(said === null ? [] : [section('Prices, USD', prices(own.prices))]),
    ...(winners.length === 0
      ? []
      : [
          section(
            'Winners of before that it names',
            element(
              'ol',
              { class: 'columns' },
              ...winners.map(({ short, hash }) =>
                element('li', {}, hash === null ? short : link('entry', hash, short)),
              ),
            ),
          ),
        ]),
  ]
}

function rawParts(entry) {
  if (entry === null)
    return [
      section(
        'As the chain has it',
        note('Of payments, burns and valid records that were not graded the bytes are not kept here.'),
      ),
    ]
  return [
    ...(entry.transactions === null ? [] : [batch(entry.transactions)]),
    ...(entry.record === null ? [] : record(entry.record)),
    section(entry.binary ? 'Content, in hex' : 'Content', raw(entry.content)),
    section(
      'External ids, in hex',
      ...(entry.extIds.length === 0
        ? [note('None.')]
        : entry.extIds.map((id) => raw(id === '' ? '(empty)' : id))),
    ),
    element(
      'section',
      {},
      element('details', {}, element('summary', {}, 'All of it in hex'), raw(entry.raw)),
    ),
  ]
}

const CHAINS = { transactions: 'transactions', oracle: 'oracle records', staking: 'staking records' }

export function entry(value, where) {
  const kept = value.raw
  return {
    title: `Entry ${value.hash.slice(0, 16)}`,
    parts: [
      heading(value.hash),
      facts(
        ['In block', link('block', String(value.height))],
        ['State', stateOf(value)],
        proofOf(kept),
        ...(kept === null
          ? []
          : [
              ['Revealed (UTC)', time(kept.time)],
              ['Chain', `${CHAINS[kept.chain]}, entry ${kept.place + 1} of its block`],
              ['Chain id', element('span', { class: 'cut' }, kept.chainId)],
            ]),
        ...(kept?.wrong && value.reason === null ? [['It is none, since', kept.wrong]] : []),
      ),
      ...(value.actions.length === 0 ? [] : [history(value, where, { title: 'What became of it' })]),
      ...(value.record === null
        ? []
        : [
            records([value.record], 'Oracle record'),
            section(
              'How far each price lies from the average, per cent',
              heatMap(value.tickers, [value.record], ({ place }) => String(place + 1)),
            ),
          ]),
      ...rawParts(kept),
    ],
  }
}
