import { chart } from './chart.js'
import { amount, beside, cents, facts, hashrate, heading, link, section, table, time } from './parts.js'

export function network(value, { ask }) {
  const { records, peg } = value
  const series = (name, title) => chart(name, { title, ask })
  return {
    title: value.network,
    parts: [
      heading(value.network),
      facts(
        ['Block', link('block', String(value.height))],
        ['Time (UTC)', time(value.time)],
        ['Minute', value.minute === null ? null : String(value.minute)],
        ['Blocks behind', value.behind === null ? null : String(value.behind)],
        ['Rates of block', value.ratesHeight === null ? null : link('block', String(value.ratesHeight))],
        ['Oracle records', records && `${records.entries}, ${records.valid} of them valid`],
        ['Staking records', records && String(records.staked)],
        ['Hash power', records && hashrate(records.power)],
        ['All pegged tokens, USD', cents(value.pegged)],
        ['PEG, USD', amount(peg.usd)],
        ['PNI, USD', amount(peg.index)],
        ['PEG mined', amount(peg.mined)],
        ['FCT burnt', amount(peg.burnt)],
      ),
      section(
        'Newest blocks with anything in them',
        table(
          value.blocks,
          [
            ['Block', ({ height }) => link('block', String(height)), 'short'],
            ['Time (UTC)', (block) => time(block.time)],
            ['Executed', ({ executed }) => String(executed), 'short'],
            ['Refused', ({ refused }) => String(refused), 'short'],
            ['Waiting', ({ waiting }) => String(waiting), 'short'],
            ['Payments', ({ credits }) => String(credits), 'short'],
            ['Rates', ({ rated }) => (rated ? 'yes' : 'no')],
          ],
          true,
        ),
      ),
      series('power', 'Hash power, hashes a second'),
      series('records', 'Records of a block'),
      chart('price', { title: 'PEG, USD', ask, query: { ticker: 'PEG' } }),
      section(
        'How PEG came to its price',
        table(peg.phases, [
          ['From block', ({ from }) => String(from), true],
          ['Price', ({ from, text }) => `${text}${from === peg.phase ? ' (now)' : ''}`],
        ]),
      ),
      series('index', 'PNI: what all pegged tokens are worth for each PEG, USD'),
      series('risk', 'PEG mined by oracle records, and factoids burnt for pFCT'),
      beside(
        section(
          'Tokens',
          table(
            value.tokens,
            [
              ['Token', ({ ticker }) => link('asset', ticker)],
              ['USD', ({ usd }) => amount(usd), true],
              ['Supply', ({ supply }) => amount(supply), true],
              ['Value, USD', (token) => cents(token.value), true],
            ],
            true,
          ),
        ),
      ),
    ],
  }
}
