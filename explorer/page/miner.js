import { amount, facts, hashrate, heading, link, nav, percent, records, section, table, to } from './parts.js'

export function miner(value, { asked }) {
  const older = new URLSearchParams(asked)
  if (value.next !== null) older.set('before', String(value.next))
  const { share } = value
  return {
    title: value.identity ?? value.address,
    parts: [
      heading(value.identity ?? value.address),
      facts(
        ['Records on this page', String(value.records.length)],
        ['PEG for them', amount(value.reward)],
        [`Blocks ${share.from} to ${share.to}`, `in ${share.blocks} of them`],
        ['Graded records', `${share.records} of ${share.all}`],
        ['Share of hash power, estimated', percent(share.share, 2)],
        ['Hash power, estimated', hashrate(share.power)],
        ['PEG of these blocks', amount(share.reward)],
        ...(value.address ? [['Holds', link('address', value.address, 'balances and history')]] : []),
      ),
      records(
        value.records,
        'Graded records, the newest first',
        nav('Records', value.next === null ? null : to(`?${older}`, 'Older')),
      ),
      section(
        'How far from the average, by token, over the records of this page',
        table(
          value.assets.toSorted((a, b) => b.mean - a.mean),
          [
            ['Token', ({ ticker }) => link('asset', ticker)],
            ['Mean distance', ({ mean }) => percent(mean), true],
            ['With its sign', ({ bias }) => percent(bias), true],
          ],
        ),
      ),
    ],
  }
}
