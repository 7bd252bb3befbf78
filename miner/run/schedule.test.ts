import t from 'tap'
import type { NodeState } from '../../factom/index.js'
import { INITIAL_STATE, advance, type Action, type ScheduleEvent, type ScheduleState } from './schedule.js'

const at = (height: number, minute: number, node: NodeState = 'ok'): ScheduleEvent => ({
  type: 'minute',
  height,
  minute,
  node,
})
const winners = (height: number): ScheduleEvent => ({
  type: 'winners',
  height,
  winners: [`of ${height}`],
  winnersFrom: height - 1,
  floor: BigInt(height),
})
const prices = (height: number): ScheduleEvent => ({ type: 'prices', height, prices: [BigInt(height)] })
const funds = (height: number, balance = 100): ScheduleEvent => ({ type: 'funds', height, balance })
const failed = (height: number, step: 'winners' | 'prices' | 'funds' | 'record'): ScheduleEvent => ({
  type: 'failed',
  height,
  step,
  code: step === 'record' ? 'E_MINER_RECORD' : 'E_MINER_PRICES',
  reason: 'no',
})
const collected = (height: number, found = 3, balance: number | null = 90): ScheduleEvent => ({
  type: 'collected',
  height,
  found,
  balance,
})
const facts = (height: number): ScheduleEvent[] => [winners(height), prices(height), funds(height)]
/** A block that is mined and submitted in full, from minute 1 to 9. */
const block = (height: number): ScheduleEvent[] => [
  at(height, 1),
  ...facts(height),
  at(height, 5),
  at(height, 9),
]

/** One word or two an action, so that whole runs can be compared. */
function shown(action: Action): string {
  switch (action.do) {
    case 'gather':
      return `gather ${action.height} ${action.steps.join('+')}`
    case 'mine':
      return `mine ${action.height} with ${action.winners.winners[0]} at ${action.prices[0]}`
    case 'submit':
    case 'publish':
      return `${action.do} ${action.height} for ${action.credits}`
    case 'skip':
    case 'abandon':
      return `${action.do} ${action.height} ${action.code}`
    case 'grade':
      return `grade <${action.below}`
    case 'close':
    case 'recover':
      return `${action.do} ${action.height}`
  }
}

function play(...events: ScheduleEvent[]): { actions: string[]; state: ScheduleState } {
  let state = INITIAL_STATE
  const actions: string[] = []
  for (const event of events) {
    const next = advance(state, event)
    state = next.state
    actions.push(...next.actions.map(shown))
  }
  return { actions, state }
}

const ALL = 'winners+prices+funds'
const start = (height: number): string[] => [`grade <${height}`, `gather ${height} ${ALL}`]
const whole = (height: number): string[] => [
  `mine ${height} with of ${height} at ${height}`,
  `submit ${height} for 100`,
]

t.test('two blocks in a row', (t) => {
  const { actions, state } = play(...block(7), at(7, 10), at(7, 0), ...block(8), at(8, 0), at(9, 1))
  t.same(actions, [
    ...start(7),
    ...whole(7),
    'close 7',
    'grade <8',
    `gather 8 ${ALL}`,
    ...whole(8),
    'close 8',
    'grade <9',
    `gather 9 ${ALL}`,
  ])
  t.equal(state.phase, 'gathering')
  t.end()
})

t.test('minute 1 missed: mining begins late, up to minute 8', (t) => {
  for (const minute of [2, 8]) {
    t.same(play(at(7, minute), ...facts(7), at(7, 9)).actions, [...start(7), ...whole(7)], `minute ${minute}`)
  }
  t.same(play(...block(7), at(8, 4), ...facts(8), at(8, 9)).actions, [
    ...start(7),
    ...whole(7),
    'close 7',
    'grade <8',
    `gather 8 ${ALL}`,
    ...whole(8),
  ])
  t.end()
})

t.test('first seen in minute 9 or 10: too late, the next block is mined', (t) => {
  for (const minute of [9, 10]) {
    const { actions, state } = play(at(7, minute), at(8, 1))
    t.same(actions, [
      'grade <7',
      'skip 7 E_MINER_LATE',
      ...(minute === 9 ? ['recover 7', 'close 7'] : []),
      'grade <8',
      `gather 8 ${ALL}`,
    ])
    t.equal(state.phase, 'gathering')
  }
  t.end()
})

t.test('minute 9 missed: nothing of the block is published in any other', (t) => {
  const mined = [at(7, 1), ...facts(7), at(7, 8)]
  const abandoned = [...start(7), whole(7)[0], 'abandon 7 E_MINER_MISSED_MINUTE']
  t.same(play(...mined, at(7, 10), at(7, 0)).actions, abandoned, 'minute 10 comes next')
  t.same(play(...mined, at(7, 0)).actions, abandoned, 'minute 0 comes next')
  t.same(
    play(...mined, at(8, 1), ...facts(8), at(8, 9)).actions,
    [...abandoned, 'grade <8', `gather 8 ${ALL}`, ...whole(8)],
    'the next block comes next',
  )
  t.same(
    play(...mined, at(8, 9)).actions,
    [...abandoned, 'grade <8', 'skip 8 E_MINER_LATE', 'recover 8'],
    "the next block's minute 9 submits neither",
  )
  t.end()
})

t.test('publishing ends with the block', (t) => {
  for (const over of [at(7, 10), at(7, 0), at(8, 0)]) {
    const { actions } = play(...block(7), over)
    t.equal(actions[4], 'close 7')
  }
  t.end()
})

t.test('height jumps', (t) => {
  t.same(
    play(...block(7), at(9, 1), ...facts(9)).actions.slice(4),
    ['close 7', 'grade <9', `gather 9 ${ALL}`, 'mine 9 with of 9 at 9'],
    'over a whole block',
  )
  t.same(
    play(at(7, 1), winners(7), at(8, 1)).actions.slice(2),
    ['skip 7 E_MINER_LATE', 'grade <8', `gather 8 ${ALL}`],
    'while facts are gathered',
  )
  t.same(
    play(at(7, 1), ...facts(7), at(8, 1), ...facts(8)).actions.slice(3),
    ['abandon 7 E_MINER_MISSED_MINUTE', 'grade <8', `gather 8 ${ALL}`, 'mine 8 with of 8 at 8'],
    'minute 1 was told with the old height: the record is built again for the new one',
  )
  t.end()
})

t.test('facts for another height are dropped', (t) => {
  const { actions } = play(
    at(7, 1),
    winners(6),
    prices(6),
    funds(6),
    winners(8),
    failed(6, 'prices'),
    at(7, 2),
  )
  t.same(actions, start(7), 'nothing is mined with them, nothing asked for again')
  const late = play(at(7, 1), failed(7, 'funds'), at(8, 1), winners(7), prices(8), funds(8), winners(8))
  t.equal(late.actions.at(-1), 'mine 8 with of 8 at 8', "not with the earlier block's winners")
  t.end()
})

t.test('no entry credits: this block is skipped, the next one is tried', (t) => {
  const { actions } = play(
    at(7, 1),
    funds(7, 0),
    winners(7),
    prices(7),
    at(7, 2),
    at(7, 9),
    at(8, 1),
    ...facts(8),
  )
  t.same(actions, [
    ...start(7),
    'skip 7 E_MINER_NO_CREDITS',
    'grade <8',
    `gather 8 ${ALL}`,
    'mine 8 with of 8 at 8',
  ])
  t.end()
})

t.test('what failed is asked for again each minute, up to minute 8', (t) => {
  const { actions } = play(
    at(7, 1),
    winners(7),
    failed(7, 'prices'),
    failed(7, 'funds'),
    at(7, 2),
    prices(7),
    funds(7),
  )
  t.same(actions, [...start(7), 'gather 7 prices+funds', 'mine 7 with of 7 at 7'])

  const never = play(
    at(7, 7),
    winners(7),
    funds(7),
    failed(7, 'prices'),
    at(7, 8),
    failed(7, 'prices'),
    at(7, 9),
  )
  t.same(
    never.actions,
    [...start(7), 'gather 7 prices', 'skip 7 E_MINER_PRICES'],
    'the reason is the failure',
  )

  const retry: ScheduleEvent = { type: 'retry', height: 7 }
  const again = play(at(7, 1), winners(7), funds(7), failed(7, 'prices'), retry, retry, prices(7))
  t.same(
    again.actions,
    [...start(7), 'gather 7 prices', 'mine 7 with of 7 at 7'],
    'prices within the same minute',
  )
  const beyond = play(
    at(7, 1),
    winners(7),
    funds(7),
    failed(7, 'prices'),
    at(7, 2),
    failed(7, 'prices'),
    at(7, 4),
    retry,
  )
  t.same(
    beyond.actions,
    [...start(7), 'gather 7 prices', 'skip 7 E_MINER_PRICES'],
    'without prices up to minute 3 the block is skipped',
  )
  const late = play(at(7, 1), winners(7), funds(7), at(7, 4), failed(7, 'prices'), at(7, 5))
  t.same(late.actions, [...start(7), 'skip 7 E_MINER_PRICES'], 'an attempt that was under way may end')
  t.same(
    play(at(7, 1), retry, at(8, 1), retry).actions,
    [...start(7), 'skip 7 E_MINER_LATE', ...start(8)].filter((a) => a !== 'grade'),
    'nothing failed, or another block',
  )

  const slow = play(at(7, 1), winners(7), funds(7), at(7, 2), at(7, 9), prices(7))
  t.same(slow.actions, [...start(7), 'skip 7 E_MINER_LATE'], 'an answer in minute 9 is too late')

  const known = play(at(7, 1), winners(7), failed(7, 'winners'), at(7, 2))
  t.same(known.actions, start(7), 'a failure after the fact is of no interest')
  t.end()
})

t.test('a record that turns out invalid skips the block', (t) => {
  const { actions } = play(at(7, 1), ...facts(7), failed(7, 'record'), at(7, 2), at(7, 9), at(8, 1))
  t.same(actions, [...start(7), whole(7)[0], 'skip 7 E_MINER_RECORD', 'grade <8', `gather 8 ${ALL}`])
  t.same(play(at(7, 1), failed(7, 'record')).actions, start(7), 'none was built yet')
  t.end()
})

t.test('minute 0 begins nothing', (t) => {
  t.same(play(at(7, 0)).actions, ['grade <7'], 'at the start')
  t.same(play(at(7, 0), at(8, 1)).actions, ['grade <7', 'grade <8', `gather 8 ${ALL}`])
  t.same(play(at(7, 0), at(7, 1)).actions, ['grade <7', `gather 7 ${ALL}`], 'a node that has just caught up')
  t.same(play(...block(7), at(7, 0), at(7, 1), at(7, 2)).actions.slice(4), ['close 7'], 'nor after a block')
  t.same(play(...block(7), at(8, 0)).actions.slice(4), ['close 7', 'grade <8'], 'nor with a new height')
  t.end()
})

t.test('the same event twice does nothing twice', (t) => {
  const once = [at(7, 1), ...facts(7), at(7, 2), at(7, 9), at(7, 10), at(7, 0), at(8, 1), ...facts(8)]
  t.same(play(...once.flatMap((event) => [event, event])).actions, play(...once).actions)
  t.end()
})

t.test('minutes out of order', (t) => {
  t.same(
    play(at(7, 1), ...facts(7), at(7, 5), at(7, 3), at(7, 4), at(7, 6), at(7, 9), at(7, 8), at(7, 9)).actions,
    [...start(7), ...whole(7)],
    'a step back is dropped, minute 9 submits once',
  )
  t.same(
    play(at(7, 5), failed(7, 'prices'), at(7, 3), at(7, 5)).actions,
    start(7),
    'a step back is no new minute to ask again in',
  )
  t.end()
})

t.test('height goes backwards', (t) => {
  t.same(
    play(at(7, 1), ...facts(7), at(6, 9), at(7, 2), at(6, 9), at(7, 9)).actions,
    [...start(7), ...whole(7)],
    'a single stale answer changes nothing, however often it is followed by a true one',
  )
  t.same(
    play(at(7, 1), ...facts(7), at(3, 2), at(3, 2), at(3, 3), ...facts(3), at(3, 9)).actions,
    [...start(7), whole(7)[0], 'abandon 7 E_MINER_HEIGHT_BACK', ...start(3), ...whole(3)],
    'the node really went back: everything starts afresh there',
  )
  t.same(
    play(at(7, 1), ...facts(7), at(3, 2), at(3, 2), at(7, 9)).actions,
    [...start(7), ...whole(7)],
    'the same stale answer twice is one',
  )
  t.same(
    play(...block(7), at(6, 1), at(6, 2)).actions.slice(4),
    ['close 7', ...start(6)],
    'while records are published',
  )
  t.end()
})

t.test('minute 9: what is collected is published, or it is said why not', (t) => {
  const after = (...events: ScheduleEvent[]) => play(...block(7), ...events).actions.slice(4)
  t.same(after(collected(7)), ['publish 7 for 90'], 'the credits of minute 9 count')
  t.same(after(collected(7, 3, null)), ['publish 7 for 100'], 'or those of before, if they are not known')
  t.same(after(collected(7, 0)), ['skip 7 E_MINER_NO_HITS'])
  t.same(after(collected(7, 0, 0)), ['skip 7 E_MINER_NO_HITS'])
  t.same(after(collected(7, 3, 0), at(7, 10)), ['skip 7 E_MINER_NO_CREDITS'])
  t.same(after(collected(7), collected(7)), ['publish 7 for 90'], 'once')
  t.same(after(collected(6), collected(8)), [], 'of another block')
  t.same(after(at(7, 10), collected(7)), ['close 7'], 'too late')
  t.same(play(at(7, 9), collected(7)).actions.slice(2), ['recover 7'], 'nothing was mined')
  for (const node of ['syncing', 'lagging', 'stalled'] as const) {
    const { actions, state } = play(at(7, 1), ...facts(7), at(7, 9, node), collected(7), at(7, 10))
    t.same(actions.slice(3), [`skip 7 E_FACTOM_${node.toUpperCase()}`])
    t.equal(state.phase, 'waiting')
  }
  for (const node of ['unknown', 'unreachable'] as const)
    t.same(play(at(7, 1), ...facts(7), at(7, 9, node)).actions, [...start(7), ...whole(7)])
  t.end()
})

t.test('restart in the middle of a block', (t) => {
  t.same(play(at(7, 5), ...facts(7), at(7, 9)).actions, [...start(7), ...whole(7)])
  t.same(
    play(at(7, 9), at(7, 0)).actions.slice(2),
    ['recover 7', 'close 7'],
    'what an earlier run paid for is finished',
  )
  t.end()
})

t.test('no sequence of events mines twice, or submits what is not mined, or in another block', (t) => {
  // A small generator with a fixed seed; heights and minutes jump about as no node would.
  let seed = 12345
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 16) % limit
  }
  for (let run = 0; run < 300; run++) {
    let state = INITIAL_STATE
    let height = 5
    let mining: number | null = null
    let submitting: number | null = null
    let clock = { height: 0, minute: 0 }
    const judge = (action: Action): void => {
      if (action.do === 'mine') {
        if (mining !== null) t.fail('mines on top of another block')
        if (clock.minute > 8) t.fail('mines too late')
        mining = action.height
      }
      if (action.do === 'abandon') mining = null
      if (action.do === 'skip' && action.height === mining) mining = null
      if (action.do === 'publish') {
        if (submitting !== action.height) t.fail('publishes what was not collected')
        const { seen } = state
        if (seen?.height !== action.height || seen.minute !== 9) t.fail('publishes outside its minute')
        if (!(action.credits > 0)) t.fail('publishes without credits')
      }
      if (action.do !== 'submit') return
      submitting = action.height
      if (mining !== action.height) t.fail('submits what is not mined')
      if (clock.height !== action.height || clock.minute !== 9) t.fail('submits outside its minute')
      mining = null
    }
    for (let n = 0; n < 80; n++) {
      if (random(4) === 0) height += random(3) - (random(8) === 0 ? 1 : 0)
      const others = [
        winners(height),
        prices(height),
        funds(height, random(5)),
        failed(height, 'prices'),
        collected(height, random(2), random(3) || null),
      ]
      const node = random(10) === 0 ? 'stalled' : 'ok'
      const event = random(3) > 0 ? at(height, random(11), node) : (others[random(5)] as ScheduleEvent)
      if (event.type === 'minute') clock = event
      const next = advance(state, event)
      state = next.state
      next.actions.forEach(judge)
    }
  }
  t.pass('300 runs of 80 events')
  t.end()
})
