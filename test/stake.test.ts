/** Staking records of a whole program on the embedded network: refused, published, killed, graded, paid. */
import { join } from 'node:path'
import t from 'tap'

import { createFactomClient, encodeAddress, factoidKey } from '../factom/index.js'
import { decodeSpr, openHistory, sprChainId } from '../oracle/index.js'
import { networkOf } from '../pegnet/index.js'
import { runHere } from './fixtures/in-process.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Event, type Running } from './fixtures/program.js'
import { matchExactly } from './fixtures/match-exactly.js'
import { until } from './fixtures/until.js'

const HOLDER = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const HOLDER_KEY = 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK'
/** Public, as that of the holder. */
const EC_KEY = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'
/** Holds nothing at first. */
const POOR_KEY = encodeAddress('Fs', new Uint8Array(32).fill(7))
const POOR = factoidKey(POOR_KEY).address
const RIVALS = 30
const CHAIN = sprChainId(networkOf('dev'))

const state = t.testdir()
const dataDir = join(state, 'data')

function stake(addresses: string, ...words: string[]): Running {
  const running = start(
    [
      ...['mine', '--network', 'dev', ...manualFlags(state), '--bits', '10', '--threads', '1'],
      ...['--rivals', String(RIVALS)],
      ...['--data-dir', dataDir, '--dir', join(state, 'maps'), '--metrics-port', '0', '--json'],
      ...['--stake', addresses, ...words],
    ],
    { PEGMINER_STAKE_SECRETS: `${HOLDER_KEY},${POOR_KEY}` },
  )
  t.teardown(() => running.kill())
  return running
}

/** `pegminer stake` with the node and the exchange of that miner. */
async function stakeAlone(miner: Running): Promise<Running> {
  const { factomd, exchange } = (await miner.event('start')) as Event & { factomd: string; exchange: string }
  const running = start(
    [
      ...['stake', '--network', 'local', '--factomd', factomd, '--exchange', exchange, '--bits', '10'],
      ...['--data-dir', join(state, 'alone'), '--dir', join(state, 'maps'), '--metrics-port', '0', '--json'],
    ],
    { PEGMINER_STAKE_SECRETS: POOR_KEY, PEGMINER_MINER_EC_SECRET: EC_KEY },
  )
  t.teardown(() => running.kill())
  await running.event('start')
  return running
}

const stakeEvents = (running: Running, kind: string): Event[] =>
  running.events.filter(({ event }) => event === `stake.${kind}`)

/** Who has a staking record in the block that is built. */
async function stakers(running: Running): Promise<string[]> {
  const { factomd } = (await running.event('start')) as Event & { factomd: string }
  const client = createFactomClient({ url: factomd })
  try {
    const pending = (await client.pendingEntries()).filter((entry) => entry.chainId === CHAIN)
    const raws = await Promise.all(pending.map(({ entryHash }) => client.entry(entryHash)))
    return raws.map(({ content }) => decodeSpr(content).address)
  } finally {
    client.close()
  }
}

t.test('refused, published, killed in its minute, graded and paid', async (t) => {
  const first = stake(`${HOLDER},${POOR}`)
  // Only the staking records of the rivals count here, so none of them has to be given a turn to mine.
  await endMinutes(first, { until: 8, height: 2 })
  await first.event('stake.entry', ({ status }) => status === 'acknowledged')
  matchExactly(t, stakeEvents(first, 'standing'), [
    { height: 1, address: HOLDER, rank: null, balance: '0', entitled: false, payout: '0', records: null },
    { height: 1, address: POOR, entitled: false },
    { height: 2, address: HOLDER, rank: 1, entitled: true, payout: '180' },
    { height: 2, address: POOR, entitled: false },
  ])
  matchExactly(
    t,
    stakeEvents(first, 'skipped'),
    [
      { height: 1, address: HOLDER, code: 'E_MINER_STAKE_HOLDER' },
      { height: 1, address: POOR, code: 'E_MINER_STAKE_HOLDER' },
      { height: 2, address: POOR, code: 'E_MINER_STAKE_HOLDER' },
    ],
    'who holds nothing spends nothing',
  )
  t.ok(stakeEvents(first, 'entry').every(({ height, address }) => height === 2 && address === HOLDER))
  await until(async () => (await stakers(first)).length > RIVALS, 50)
  await first.kill()

  // Begun in minute 8: there is no time in which each rival finds something.
  const second = stake(HOLDER, '--coinbase', POOR)
  await endMinutes(second, { until: 9 })
  const there = await stakers(second)
  t.equal(there.length, RIVALS + 1)
  t.equal(there.filter((address) => address === HOLDER).length, 1, 'other prices now, but no second record')
  const alone = await stakeAlone(second)
  // It asks for the minute once a second, and would miss most of those that the miner has seen.
  for (const minute of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await endMinutes(second, { until: minute, height: 3 })
    await alone.event('block', (event) => event['height'] === 3 && event['minute'] === minute)
  }
  await alone.event('stake.entry', ({ status }) => status === 'acknowledged')
  await endMinutes(second, { until: 1, height: 4 })
  const graded = await second.event('stake.graded')
  t.match(graded, { height: 2, address: HOLDER, verdict: 'graded', payout: '180' })
  const { entryHash, place } = graded as Event & { entryHash: string; place: number }
  t.ok(place < 25)
  matchExactly(
    t,
    stakeEvents(alone, 'standing').filter(({ height }) => height === 3),
    [{ address: POOR, entitled: true, payout: '180', records: 31 }],
    'without mining, by a history and a ledger of its own',
  )
  const other = await alone.event('stake.graded')
  for (const running of [alone, second]) {
    running.child.kill('SIGINT')
    const { code, stderr } = await running.ended
    t.equal(code, 130)
    // A busy machine is told of sources that are late.
    t.notMatch(stderr, /"level":"error"/)
  }

  const history = openHistory(join(dataDir, 'history.sqlite'))
  t.teardown(() => history.close())
  matchExactly(t, history.ownStakes({}), [
    { entryHash, height: 2, block: 2, address: HOLDER, place, payout: 18_000_000_000n },
    { height: 3, block: 3, address: HOLDER },
  ])
  const asked = async (...words: string[]): Promise<Event[]> => {
    const { stdout } = await runHere([...words, '--network', 'dev', '--data-dir', dataDir, '--json'])
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event)
  }
  const actions = await asked('ledger', 'history', HOLDER)
  matchExactly(
    t,
    actions.filter(({ hash }) => hash === entryHash),
    [{ kind: 'coinbase', height: 2, target: 'PEG', result: '18000000000' }],
  )
  // On a busy machine its prices are some seconds away from those of all others: the ledger of the miner says whether it was paid.
  const isPaid = (await asked('ledger', 'history', POOR)).some(({ hash }) => hash === other['entryHash'])
  t.match(other, { height: 3, address: POOR, verdict: 'graded', payout: isPaid ? '180' : '0' })
  t.equal((other['place'] as number) < 25, isPaid)
  const rows = await asked('history', '--own', '--from', '2')
  matchExactly(
    t,
    rows.find(({ event }) => event === 'block'),
    { height: 2, stakes: [{ entryHash, payout: '180' }] },
  )
})
