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
  raw,
  records,
  section,
  table,
  time,
} from './parts.js'

function stateOf({ status, reason, record, raw: entry }) {
  if (status > 0) return element('span', {}, 'executed in block ', link('block', String(status)))
  if (status !== null) return status < 0 ? reason : 'waiting for rates'
  if (record) return `graded, place ${record.place + 1}`
  return `refused: ${reason ?? entry?.wrong ?? 'no batch'}`
}

const signature = (entry) =>
  entry === null
    ? null
    : entry.signed === null
      ? 'nothing to check'
      : entry.signed
        ? 'checked, it fits'
        : 'does not fit'

function rawParts(entry) {
  if (entry === null)
    return [
      section(
        'As the chain has it',
        note('The bytes of oracle records, payments and burns are not kept here.'),
      ),
    ]
  return [
    ...(entry.transactions === null
      ? []
      : [
          section(
            'What it says',
            table(entry.transactions, [
              ['Kind', ({ kind }) => kind],
              ['Amount', (one) => `${amount(one.amount)} ${one.ticker}`, true],
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
            ]),
          ),
        ]),
    section('Content', raw(entry.content)),
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

export function entry(value, where) {
  return {
    title: `Entry ${value.hash.slice(0, 16)}`,
    parts: [
      heading(value.hash),
      facts(
        ['In block', link('block', String(value.height))],
        ['State', stateOf(value)],
        ['Signature', signature(value.raw)],
        ...(value.raw === null
          ? []
          : [
              ['Revealed (UTC)', time(value.raw.time)],
              ['Chain', element('span', { class: 'cut' }, value.raw.chainId)],
            ]),
      ),
      ...(value.actions.length === 0 ? [] : [history(value, where, 'What became of it')]),
      ...(value.record === null
        ? []
        : [
            records([value.record], 'Oracle record'),
            section(
              'How far each price lies from the average, per cent',
              heatMap(value.tickers, [value.record], ({ place }) => String(place + 1)),
            ),
          ]),
      ...rawParts(value.raw),
    ],
  }
}
