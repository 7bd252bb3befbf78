/** What a simulated attack is, and what it costs, in words. */
import t from 'tap'

import type { AttackResult, Scenario } from '../../desk/index.js'
import { costText, csvHead, csvLine, resultEvent, scenarioText, tableHead, tableLine } from './view.js'

const SCENARIO = {
  ...{ height: 300_000, miners: 40, moved: 0.01, stakers: 0, lyingStakers: 0 },
  liars: { share: 0.3, records: 50, asset: 'XBT', by: 0.05, groups: 1 },
} as Scenario

t.test('what does not vary is told', (t) => {
  const fixed =
    'the rules of height 300000; 40 honest miners; liars with 30 % of the hashes; 5 % off at XBT; ' +
    'up to 50 records of theirs; no staking records; moved: by 1 % or more'
  t.equal(scenarioText(SCENARIO, null), fixed)
  const without = (text: string, instead = ''): string => fixed.replace(text, instead)
  t.equal(scenarioText(SCENARIO, 'height'), without('the rules of height 300000; '))
  t.equal(scenarioText(SCENARIO, 'share'), without('liars with 30 % of the hashes; 5 % off', 'liars 5 % off'))
  t.equal(scenarioText(SCENARIO, 'lie'), without('5 % off '))
  t.equal(scenarioText(SCENARIO, 'records'), without('up to 50 records of theirs; '))
  const groups = { ...SCENARIO, liars: { ...SCENARIO.liars, groups: 3, asset: 'all' } } as Scenario
  t.equal(scenarioText(groups, null), fixed.replace('XBT;', 'all assets but USD; in 3 groups;'))
  t.notMatch(scenarioText(groups, 'groups'), 'groups')
  const staked = { ...SCENARIO, stakers: 5, lyingStakers: 2 }
  t.match(scenarioText(staked, null), '; 5 staking records, 2 of them lie; ')
  t.match(scenarioText(staked, 'stakers'), '; 5 staking records; ')
  t.end()
})

const sure = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 })
const resultOf = (moved: number): AttackResult => ({
  ...{ scenario: SCENARIO, blocks: 100, hashes: 6.6e10, first: sure(0.5), moved: sure(moved) },
  ...{ stopped: sure(0.2), closed: sure(0.1), places: sure(12.5), reward: sure(0.4), shift: sure(-0.00001) },
})

t.test('tables, with a first column where something varies', (t) => {
  t.equal(
    tableHead('share'),
    '  share %   first              moved  stopped  closed  places  rewards   off by',
  )
  t.equal(
    tableLine(30, resultOf(0.25)),
    '       30  50.0 %   25.0 % 15.0–35.0   20.0 %  10.0 %   12.50   40.0 %   0.00 %',
  )
  t.equal(tableHead(null), `${' '.repeat(9)}${tableHead('share').slice(9)}`)
  t.equal(tableLine(null, resultOf(0.25)), `${' '.repeat(9)}${tableLine(30, resultOf(0.25)).slice(9)}`)
  t.match(csvHead('share'), /^share,blocks,first,firstLow,firstHigh,moved,.*,hashes$/)
  t.match(csvHead(null), /^case,blocks,/)
  t.equal(csvLine(30, resultOf(0.25)).split(',').length, csvHead('share').split(',').length)
  t.end()
})

t.test(
  'what it costs: of the first value at which the price is moved more often than not, else of the last',
  (t) => {
    const share = { axis: 'share', values: [30, 60] } as const
    const one = { axis: null, values: [0] }
    const hint = 'how many machines that are: give --hashrate, or build the ByteMap (pegminer bytemap build)'
    t.same(costText(share, [resultOf(0.1), resultOf(0.6)], 1e8), [
      'share 60 %: 6.60e10 hashes a block, as 2 such machines make, 1.10e11 hashes for each block with a moved price',
    ])
    t.same(costText(share, [resultOf(0.1), resultOf(0.2)], null), [
      'share 60 %: 6.60e10 hashes a block, 3.30e11 hashes for each block with a moved price',
      hint,
    ])
    t.same(costText({ axis: 'records', values: [5] }, [resultOf(0)], 1e8), [
      'records 5: 6.60e10 hashes a block, as 2 such machines make',
    ])
    t.same(costText(one, [resultOf(0)], null), ['6.60e10 hashes a block', hint])
    t.same(costText(one, [], null), [], 'nothing was played')
    t.match(resultEvent(30, resultOf(0), null), { event: 'attack.result', value: 30, machines: null })
    t.equal(resultEvent(30, resultOf(0), 1e8).machines, 1.375)
    t.end()
  },
)
