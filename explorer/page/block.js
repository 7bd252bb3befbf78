import { heatMap } from './chart.js'
import {
  amount,
  cut,
  facts,
  hashrate,
  heading,
  history,
  link,
  nav,
  note,
  records,
  section,
  table,
  time,
} from './parts.js'

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
        value.height < value.tip ? link('block', String(value.height + 1), 'Next block') : null,
      ),
      history(value, where, 'Transactions and payments'),
      records(value.records, 'Oracle records'),
      ...(value.records.length === 0
        ? []
        : [
            section(
              'How far each price lies from the average, per cent',
              heatMap(value.tickers, value.records, ({ place }) => String(place + 1)),
            ),
          ]),
      ...(value.staked.length === 0 ? [] : [records(value.staked, 'Staking records')]),
      section(
        'Refused entries',
        table(value.refused, [
          ['Chain', ({ chain }) => chain],
          ['Reason', ({ reason }) => reason],
          ['Entry', ({ hash }) => cut('entry', hash)],
        ]),
        contents === null ? note('Of this block they are not kept.') : null,
      ),
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
  }
}
