import { chart, zoom } from './chart.js'
import { amount, cents, cut, element, facts, heading, link, section, table } from './parts.js'

export function asset(value, { ask, asked }) {
  const { ticker, height, still, said } = value
  const range = {
    from: Number(asked.get('from') ?? value.firstHeight),
    to: Number(asked.get('to') ?? height),
    ...{ first: value.firstHeight, tip: height },
  }
  const query = { ticker, from: String(range.from), to: String(range.to) }
  const series = (name, title) => chart(name, { title, ask, query })
  return {
    title: ticker,
    parts: [
      heading(ticker),
      facts(
        ['USD', value.price && amount(value.price.usd)],
        ['By block', value.price && link('block', String(value.price.height))],
        ['Records said, USD', said && `${amount(said.low)} to ${amount(said.high)}`],
        [
          'Hours without movement',
          still?.hours == null
            ? null
            : element(
                'span',
                {},
                `${amount(String(still.hours))}, since block `,
                link('block', String(still.since)),
              ),
        ],
        ['Supply', amount(value.supply)],
        ['Converted into it', amount(value.converted.in)],
        ['Converted out of it', amount(value.converted.out)],
        ['Holders', amount(String(value.holderCount))],
      ),
      section(`Blocks ${range.from} to ${range.to}`, zoom(range, location.pathname)),
      series('price', 'Price, USD'),
      series('spread', 'Lowest and highest price of the graded records, USD'),
      series('supply', 'Supply'),
      series('conversions', 'Conversions since the first block'),
      section(
        'Largest holders',
        table(
          value.holders,
          [
            ['Address', ({ address }) => cut('address', address)],
            ['Amount', (holder) => amount(holder.amount), true],
            ['USD', ({ usd }) => cents(usd), true],
          ],
          true,
        ),
      ),
    ],
  }
}
