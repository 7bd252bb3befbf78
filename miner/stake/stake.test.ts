import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'

import { encodeAddress, sealEntry, type Publisher, type SealedEntry } from '../../factom/index.js'
import { checkStakingEntry, decodeSpr, STAKING_ASSETS, type OwnStake } from '../../oracle/index.js'
import { NETWORKS, withActivations } from '../../pegnet/index.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { rivalKey } from '../rivals.js'
import type { StakeEvent } from './events.js'
import { buildStakingRecord, whyUnstakable } from './record.js'
import { advanceStake, FIRST_STATE, type StakeAction, type StakeFact, type StakeState } from './schedule.js'
import type { Standing } from './compose.js'
import { createStaker, type StakerOptions } from './staker.js'

const DEV = NETWORKS.dev
const PRICES = STAKING_ASSETS.map((_, k) => BigInt(k + 1) * 100_000_000n)
const OTHERS = PRICES.map((price) => price + 1n)
const [ALICE, BOB, CAROL] = [rivalKey(0), rivalKey(1), rivalKey(2)] as const

/** Runs the schedule and gives what it does, a word or two for each action. */
function played(facts: readonly StakeFact[]): string[] {
  let state: StakeState = FIRST_STATE
  const words = ({ do: what, height, ...rest }: StakeAction): string =>
    `${what} ${height}${'code' in rest ? ` ${rest.code}` : ''}`
  return facts.flatMap((fact) => {
    const { state: next, actions } = advanceStake(state, fact)
    state = next
    return actions.map(words)
  })
}
const at = (height: number, minute: number, change: Partial<StakeFact> = {}): StakeFact =>
  ({ type: 'minute', height, minute, node: 'ok', unstakable: null, ...change }) as StakeFact
const priced = (height: number): StakeFact => ({ type: 'prices', height, prices: PRICES })
const looked = (height: number): StakeFact => ({ type: 'looked', height })

t.test('the schedule', (t) => {
  const rows: readonly (readonly [what: string, facts: readonly StakeFact[], actions: readonly string[]])[] =
    [
      [
        'a block from minute 1 to its end',
        [at(5, 1), looked(5), priced(5), at(5, 7), at(5, 8), at(5, 9), at(5, 0), at(6, 0)],
        ['recover 5', 'look 5', 'publish 5', 'close 5'],
      ],
      [
        'until it was looked, each minute',
        [at(5, 1), at(5, 2), looked(5), at(5, 3)],
        ['recover 5', 'look 5', 'look 5'],
      ],
      ['prices late in minute 8', [at(5, 8), looked(5), priced(5)], ['recover 5', 'look 5', 'publish 5']],
      [
        'minute 8 is missed',
        [at(5, 1), looked(5), priced(5), at(5, 9)],
        ['recover 5', 'look 5', 'publish 5'],
      ],
      ['first seen in minute 9', [at(5, 9), looked(5), priced(5)], ['recover 5', 'look 5', 'publish 5']],
      [
        'no prices',
        [at(5, 1), looked(5), at(5, 8), at(5, 9), at(6, 0), at(6, 1)],
        ['recover 5', 'look 5', 'close 5', 'skip 5 E_MINER_PRICES', 'recover 6', 'look 6'],
      ],
      [
        'both minutes are missed',
        [at(5, 1), looked(5), priced(5), at(6, 1)],
        ['recover 5', 'look 5', 'close 5', 'skip 5 E_MINER_MISSED_MINUTE', 'recover 6', 'look 6'],
      ],
      [
        'the ledger is late',
        [at(5, 1), priced(5), at(5, 8), at(5, 9), looked(5)],
        ['recover 5', 'look 5', 'look 5', 'look 5', 'publish 5'],
      ],
      [
        'the ledger is too late',
        [at(5, 1), priced(5), at(5, 9), at(5, 0), looked(5)],
        ['recover 5', 'look 5', 'look 5', 'close 5', 'skip 5 E_MINER_STAKE_LEDGER'],
      ],
      [
        'a node that is not well',
        [at(5, 1), looked(5), priced(5), at(5, 8, { node: 'lagging' }), at(5, 9)],
        ['recover 5', 'look 5', 'skip 5 E_FACTOM_LAGGING'],
      ],
      [
        'no staking records at this height',
        [at(5, 1, { unstakable: 'not yet' }), at(5, 2), at(5, 8), priced(5)],
        ['skip 5 E_MINER_STAKE_ERA'],
      ],
      ['minute 0, and 10, name a block that is closed', [at(5, 0), at(5, 10), at(6, 0)], []],
      [
        'a stale answer is dropped, also of a minute',
        [at(5, 8), looked(5), at(4, 9), priced(5), at(5, 7), at(5, 8)],
        ['recover 5', 'look 5', 'publish 5'],
      ],
      ['prices of another block', [at(5, 8), looked(5), priced(4), priced(6)], ['recover 5', 'look 5']],
      [
        'a node that goes back',
        [at(5, 8), looked(5), priced(5), at(3, 1), at(3, 2), looked(3), priced(3), at(3, 8)],
        ['recover 5', 'look 5', 'publish 5', 'close 5', 'recover 3', 'look 3', 'publish 3'],
      ],
    ]
  for (const [what, facts, actions] of rows) t.same(played(facts), actions, what)
  t.end()
})

t.test('a record', (t) => {
  const build = (change: Partial<Parameters<typeof buildStakingRecord>[0]> = {}) =>
    buildStakingRecord({
      ...{ network: DEV, height: 7, address: ALICE.address, signer: ALICE, prices: PRICES },
      ...change,
    })
  const entry = build()
  t.ok(checkStakingEntry(entry, { version: 7, height: 7 }).accepted)
  t.equal(encodeAddress('FA', entry.extIds[1] as Uint8Array), ALICE.address, 'names the holder')
  t.match(decodeSpr(entry.content), { address: ALICE.address, identity: '', height: 7, winners: [] })
  t.equal(entry.credits, 1)
  t.throws(() => build({ signer: null }), { code: 'E_MINER_STAKE_KEY', message: /no key/ })
  t.throws(() => build({ signer: BOB }), { code: 'E_MINER_STAKE_KEY', message: new RegExp(BOB.address) })
  t.throws(() => build({ signer: { ...ALICE, rcdHash: BOB.rcdHash } }), { code: 'E_MINER_STAKE_KEY' })
  t.throws(() => build({ signer: { ...ALICE, sign: (data) => BOB.sign(data) } }), {
    code: 'E_MINER_RECORD',
    message: /invalid signature/,
  })
  t.throws(() => build({ prices: PRICES.slice(1) }), { code: 'E_MINER_RECORD' })
  t.throws(() => build({ prices: PRICES.with(3, 0n) }), { code: 'E_MINER_RECORD' })
  const eras = withActivations(DEV, [
    [4, 0],
    [5, 20],
  ])
  t.match(whyUnstakable(eras, 19), /begin with version 5/)
  t.equal(whyUnstakable(eras, 20), null)
  t.match(whyUnstakable(NETWORKS.MainNet, 258_795), /begin/)
  t.equal(whyUnstakable(NETWORKS.MainNet, 258_796), null)
  t.end()
})

interface Scene {
  /** What an earlier run has published for block 7. */
  readonly before?: readonly SealedEntry[]
  readonly standings?: ReadonlyMap<string, Standing> | null
  /** An error: the node does not answer. */
  readonly credits?: number | (() => Promise<number>)
  readonly signerOf?: StakerOptions['signerOf']
  readonly addresses?: readonly string[]
}

/** A staker with a publisher that takes everything, in block 7. */
function scene(t: Test, given: Scene = {}) {
  const events: StakeEvent[] = []
  const notices: string[] = []
  const published = new Map<string, SealedEntry>((given.before ?? []).map((entry) => [entry.hash, entry]))
  const calls: (readonly [what: string, count: number])[] = []
  const own = new Map<string, OwnStake>()
  const state = {
    height: 6,
    paid: 18_000_000_000n as bigint | null,
    unsettled: false,
    block: null as number | null,
  }
  const outcome = (entry: SealedEntry, status: 'composed' | 'acknowledged' | 'landed') => ({
    ...{ height: 7, entryHash: entry.hash, state: status, credits: 1, txid: '', sent: true },
  })
  const publisher = {
    entries: (height: number) => (height === 7 ? [...published.values()] : []),
    async publish(_height, entries, options) {
      await turn()
      calls.push(['publish', entries.length])
      for (const entry of entries.map(sealEntry)) {
        options?.onStatus?.(outcome(entry, 'composed'))
        published.set(entry.hash, entry)
        options?.onStatus?.(outcome(entry, 'acknowledged'))
      }
      state.unsettled = true
      return []
    },
    resume(height) {
      calls.push(['resume', height])
      return Promise.resolve([])
    },
    unsettled: (saved: number) => state.unsettled && saved >= 7,
    unfinished: () => [...published.values()].map((entry) => outcome(entry, 'acknowledged')),
    settle(_saved, placeOf, options) {
      state.unsettled = false
      for (const entry of published.values())
        if (placeOf(entry.hash) === 7) options?.onStatus?.(outcome(entry, 'landed'))
      return Promise.resolve([])
    },
    reset: () => Promise.resolve(),
  } as Partial<Publisher> as Publisher
  const standing = (rank: number | null): Standing => ({ rank, balance: 500_000_000n })
  const staker = createStaker({
    network: DEV,
    addresses: given.addresses ?? [ALICE.address, BOB.address],
    signerOf: given.signerOf ?? ((address) => [ALICE, BOB].find((key) => key.address === address) ?? null),
    client: {
      entryCreditBalance: () =>
        typeof given.credits === 'function' ? given.credits() : Promise.resolve(given.credits ?? 10),
    },
    ecAddress: 'EC',
    publisher,
    log: {
      own: ({ time, status, ...step }) =>
        void own.set(step.entryHash, {
          ...{ ...step, status, reason: step.reason ?? null, submitted: time, block: state.block },
          ...(state.block === null ? {} : { verdict: 'graded', place: 3, payout: 18_000_000_000n, grade: 0 }),
        }),
      stake: (hash) => {
        const stake = own.get(hash)
        return stake ? { ...stake, block: state.block, verdict: 'graded', place: 3, grade: 0 } : null
      },
      lastStaking: () => ({ height: 6, valid: 31, winners: 25 }),
      height: () => state.height,
    },
    ledger: {
      standings: (addresses) =>
        given.standings === undefined
          ? new Map(addresses.map((address, k) => [address, standing(k + 1)]))
          : given.standings,
      paid: () => state.paid,
    },
    emit: (event) => events.push(event),
    notice: (_level, code, message) => notices.push(`${code}: ${message}`),
  })
  t.teardown(() => staker.stop())
  const idle = async (): Promise<void> => {
    for (let k = 0; k < 5; k++) await turn()
  }
  const play = async (prices: readonly bigint[] = PRICES) => {
    staker.tick({ height: 7, minute: 1, node: 'ok' })
    staker.prices(7, prices)
    staker.tick({ height: 7, minute: 8, node: 'ok' })
    await idle()
  }
  const of = <K extends StakeEvent['event']>(kind: K) =>
    events.filter((event): event is Extract<StakeEvent, { event: K }> => event.event === kind)
  return { staker, events, notices, published, calls, own, state, idle, play, of }
}

t.test('two addresses: what they can expect, their records, what they were paid', async (t) => {
  const { play, idle, of, published, staker, state, calls, own, notices } = scene(t)
  await play()
  matchExactly(t, of('stake.standing'), [
    { height: 7, address: ALICE.address, rank: 1, balance: '5', entitled: true, payout: '180', records: 31 },
    { address: BOB.address, rank: 2 },
  ])
  t.same(calls, [['publish', 2]])
  t.same(
    [...published.values()].map((entry) => decodeSpr(entry.content).address),
    [ALICE.address, BOB.address],
  )
  matchExactly(t, of('stake.entry'), [
    { address: ALICE.address, status: 'acknowledged' },
    { address: BOB.address, status: 'acknowledged' },
  ])
  t.equal(own.size, 2, 'they are looked for in the blocks that are followed')
  staker.tick({ height: 8, minute: 1, node: 'ok' })
  await idle()
  t.same(of('stake.graded'), [], 'block 7 is not followed yet')
  Object.assign(state, { height: 7, block: 7, paid: null })
  staker.results()
  await idle()
  t.same(of('stake.graded'), [], 'nor taken by the ledger')
  state.paid = 18_000_000_000n
  staker.results()
  matchExactly(
    t,
    of('stake.graded'),
    [
      { height: 7, address: ALICE.address, verdict: 'graded', place: 3, payout: '180' },
      { address: BOB.address },
    ],
    'told at once, before the program ends',
  )
  await idle()
  staker.results()
  await idle()
  t.equal(of('stake.graded').length, 2, 'once')
  matchExactly(t, of('stake.entry').slice(-2), [{ status: 'landed' }, { status: 'landed' }])
  t.same(notices, [])
})

t.test('an address has one record in a block, also after a crash with other prices', async (t) => {
  const before = [
    buildStakingRecord({ network: DEV, height: 7, address: ALICE.address, signer: ALICE, prices: OTHERS }),
  ]
  const { play, published, calls } = scene(t, { before })
  await play()
  t.same(
    calls,
    [
      ['resume', 7],
      ['publish', 1],
    ],
    'the earlier one is finished, and the other address gets its own',
  )
  const whose = [...published.values()].map((entry) => decodeSpr(entry.content).address)
  t.same(whose, [ALICE.address, BOB.address])
})

t.test('credits are asked for until the block is over', async (t) => {
  const late = scene(t, {
    credits: async () => (++asked < 3 ? Promise.reject(new Error('no answer')) : 10),
  })
  let asked = 0
  await late.play()
  while (late.calls.length === 0) await late.idle()
  t.same([asked, late.calls, late.of('stake.skipped')], [3, [['publish', 2]], []])

  const silent = () => {
    const one = scene(t, { credits: () => Promise.reject(new Error('no answer')) })
    return one.play().then(() => one)
  }
  const over = await silent()
  over.staker.tick({ height: 7, minute: 9, node: 'ok' })
  await over.idle()
  t.same(over.of('stake.skipped'), [], 'there is a minute left')
  over.staker.tick({ height: 8, minute: 0, node: 'ok' })
  await over.idle()
  matchExactly(t, over.of('stake.skipped'), [
    { height: 7, address: null, code: 'E_MINER_FUNDS', reason: 'no answer' },
  ])
  const ended = await silent()
  await ended.staker.stop()
  t.same([...ended.of('stake.skipped'), ...ended.calls, ...over.calls], [])
})

t.test('what is refused costs nothing', async (t) => {
  const holders = (a: number | null, b: number | null) =>
    new Map([ALICE, BOB].map(({ address }, k) => [address, { rank: [a, b][k] ?? null, balance: 0n }]))
  const first = scene(t, { standings: holders(null, 100) })
  await first.play()
  t.match(first.of('stake.standing')[0], { rank: null, entitled: false, payout: '0' })
  matchExactly(t, first.of('stake.skipped'), [{ address: ALICE.address, code: 'E_MINER_STAKE_HOLDER' }])
  t.same(first.calls, [['publish', 1]])

  const keyless = scene(t, { signerOf: (address) => (address === ALICE.address ? CAROL : BOB) })
  await keyless.play()
  matchExactly(t, keyless.of('stake.skipped'), [{ address: ALICE.address, code: 'E_MINER_STAKE_KEY' }])
  t.same(keyless.calls, [['publish', 1]])

  const poor = scene(t, { credits: 0 })
  await poor.play()
  matchExactly(t, poor.of('stake.skipped'), [{ address: null, code: 'E_MINER_NO_CREDITS' }])

  const blind = scene(t, { standings: null })
  await blind.play()
  t.same(blind.events, [], 'it may know in minute 9')
  blind.staker.tick({ height: 7, minute: 9, node: 'ok' })
  blind.staker.tick({ height: 8, minute: 0, node: 'ok' })
  matchExactly(t, blind.of('stake.skipped'), [{ address: null, code: 'E_MINER_STAKE_LEDGER' }])
  t.same(blind.of('stake.standing'), [])

  const void_ = scene(t)
  await void_.play(PRICES.with(0, 0n))
  matchExactly(t, void_.of('stake.skipped'), [{ code: 'E_MINER_RECORD' }, { code: 'E_MINER_RECORD' }])
  for (const { calls } of [poor, blind, void_]) t.same(calls, [])
  t.notMatch(JSON.stringify([...keyless.events, ...keyless.notices]), /Fs[1-9A-Za-z]{50}/, 'no key is told')
})
