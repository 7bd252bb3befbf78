import { heatMap } from './chart.js'
import {
  amount,
  cut,
  element,
  facts,
  hashrate,
  heading,
  history,
  link,
  nav,
  note,
  plural,
  prices,
  records,
  section,
  table,
  time,
} from './parts.js'

/** Those of a block that was followed by a version before these pages are counted only. */
function ungraded({ contents, ungraded: rows, records: graded }) {
  const count = contents?.ungraded ?? 0
  if (count === 0) return []
  const why =
    graded.length === 0
      ? 'The block has too few records for winners.'
      : 'Only the 50 best claims are graded; what these claim was not checked.'
  const listed = table(rows, [
    ['By claim', ({ place }) => String(place + 1), true],
    ['Difficulty, as it claims', ({ difficulty }) => difficulty],
    ['Entry', ({ entryHash }) => cut('entry', entryHash)],
  ])
  return [
    section(
      `${plural(count, 'valid record')} without a grade`,
      note(rows.length === 0 ? `${why} Of this block they are not kept.` : why),
      ...(rows.length === 0 ? [] : [element('details', {}, element('summary', {}, 'All of them'), listed)]),
    ),
  ]
}

export function block(value, where) {
  const { contents } = value
  return {
    title: `Block ${value.height}`,
    parts: [
      heading(`Block ${value.height}`),
      facts(
        ['Time (UTC)', time(value.time)],
        ['Oracle records', contents && `${contents.entries}, ${contents.valid} of them valid`],
        ['Graded', String(value.records.length)],
        ['Version', contents?.version ? String(contents.version) : null],
        ['Staking records', contents && String(contents.staked)],
        ['Hash power', contents && hashrate(contents.power)],
        ['Rates', value.rates === null ? 'none' : `${value.rates.length} tokens`],
        ...(value.bank === null
          ? []
          : [['PEG from the bank', `${amount(value.bank.used)} of ${amount(value.bank.amount)}`]]),
      ),
      nav(
        'Blocks',
        value.height > 0 ? link('block', String(value.height - 1), 'Block before') : null,
        value.tip === null || value.height < value.tip
          ? link('block', String(value.height + 1), 'Next block')
          : null,
      ),
      history(value, where, { title: 'Transactions and payments', blocks: false }),
      records(value.records, 'Oracle records'),
      ...(value.records.length === 0
        ? []
        : [
            section(
              'How far each price lies from the average, per cent',
              heatMap(value.tickers, value.records, ({ place }) => String(place + 1)),
            ),
          ]),
      ...ungraded(value),
      ...(value.staked.length === 0 ? [] : [records(value.staked, 'Staking records')]),
      section(
        'Refused entries',
        table(
          value.refused,
          [
            ['Chain', ({ chain }) => chain],
            ['Reason', ({ reason }) => reason],
            ['Entry', ({ hash }) => cut('entry', hash)],
          ],
          true,
        ),
        contents === null ? note('Of this block they are not kept.') : null,
      ),
      ...(value.rates === null ? [] : [section('Rates, USD', prices(value.rates))]),
    ],
  }
}
