import { chart, zoom } from './chart.js'
import {
  amount,
  element,
  facts,
  hashrate,
  heading,
  link,
  many,
  nav,
  pages,
  percent,
  plural,
  records,
  section,
  to,
} from './parts.js'

export function miner(value, { ask, asked, api }) {
  const { share, total } = value
  const name = value.identity ?? value.address
  const range = {
    from: Number(asked.get('from') ?? total.first),
    to: Number(asked.get('to') ?? total.last),
    ...{ first: total.first, tip: total.last },
  }
  const ticker = asked.get('ticker')
  const query = { miner: name, from: String(range.from), to: String(range.to) }
  const ofTicker = ticker === null ? {} : { ticker }
  const asset = (one) => {
    const words = new URLSearchParams({ ticker: one, from: query.from, to: query.to })
    return to(`${location.pathname}?${words}`, one)
  }
  const most = Math.max(0, ...value.assets.map(({ blocks }) => blocks))
  const distances = many(
    value.assets
      .toSorted((a, b) => b.mean - a.mean)
      .map((one) => [
        asset(one.ticker),
        element('span', {}, `${percent(one.mean)} `, element('small', { class: 'dim' }, percent(one.bias))),
      ]),
  )
  const series = (word, title, more = {}) => chart(word, { title, ask, query: { ...query, ...more } })
  return {
    title: name,
    parts: [
      heading(name),
      facts(
        ['Blocks with graded records', amount(String(total.blocks))],
        ['Graded records', amount(String(total.records))],
        ['PEG for all of them', amount(total.reward)],
        ['First block', link('block', String(total.first))],
        ['Last block', link('block', String(total.last))],
        ...(value.address ? [['Holds', link('address', value.address, 'balances and history')]] : []),
      ),
      facts(
        [`Blocks ${share.from} to ${share.to}`, `in ${share.blocks} of them`],
        ['Graded records of these', `${share.records} of ${share.all}`],
        ['Share of hash power, estimated', percent(share.share, 2)],
        ['Hash power, estimated', hashrate(share.power)],
        ['PEG of these blocks', amount(share.reward)],
      ),
      section(`Blocks ${range.from} to ${range.to}`, zoom(range, location.pathname, ofTicker)),
      series(
        'distance',
        ticker === null
          ? 'How far from the average, per cent: mean of all tokens'
          : `How far from the average, per cent: ${ticker}`,
        ofTicker,
      ),
      series('share', 'Share of the graded records, per cent'),
      series('reward', 'PEG for records, since the first block'),
      section(
        `How far from the average, by token: mean of ${plural(most, 'block')} at most, and with its sign`,
        distances,
        ...(ticker === null
          ? []
          : [nav('Tokens', to(location.pathname, 'All tokens'), link('asset', ticker, `${ticker} itself`))]),
      ),
      records(
        value.records,
        'Graded records, the newest first',
        pages('Records', value.next, { asked, api }),
      ),
    ],
  }
}
