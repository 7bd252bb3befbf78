/** What happens in which order, and what is refused, with blocks made for it. */
import fc from 'fast-check'
import t, { type Test } from 'tap'

import { blockOf, CAROL, entry, IN_CHAIN, play, terms, rewarded, type Said } from '../fixtures/play.js'
import { createMemoryLedger, type MemoryLedger, NOTHING } from '../fixtures/memory.js'
import { ALICE, BOB, signed, utf8 } from '../fixtures/sign.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { BURN_ADDRESS, FACTOID_BURN, ZERO_ADDRESS } from '../special.js'
import { addressText, readAddress } from '../transactions/address.js'
import type { BatchEntry } from '../transactions/batch.js'
import { NETWORKS, parseActivations, withActivations } from '../../pegnet/index.js'
import { rulesOf } from '../rules.js'
import { applyBlock, isQuiet } from './apply.js'
import type { BlockOutcome, ChainEntry, LedgerEvent } from './types.js'

const alice = readAddress(ALICE.address) as string
const bob = readAddress(BOB.address) as string
const carol = readAddress(CAROL.address) as string
const DOLLAR = 100_000_000n

/** A ledger in which these are held. */
function holding(
  ...held: readonly (readonly [address: string, ticker: string, amount: bigint])[]
): MemoryLedger {
  const ledger = createMemoryLedger()
  const balances = new Map<string, Map<string, bigint>>()
  for (const [address, ticker, amount] of held)
    balances.set(address, (balances.get(address) ?? new Map<string, bigint>()).set(ticker, amount))
  ledger.commit({ ...NOTHING, height: 206_422, balances })
  return ledger
}

const statusOf = (events: readonly LedgerEvent[], hash: string) =>
  events.flatMap((event) => (event.type === 'verdict' && event.hash === hash ? [event.status] : []))
const skips = (events: readonly LedgerEvent[]) =>
  events.flatMap((event) => (event.type === 'skipped' ? [event.reason] : []))

/** The status of a conversion that is entered at this height and executed in the next block. */
function converted(height: number, line: string, said: Said = {}): number | undefined {
  const ledger = holding([alice, 'PEG', 10_000n], [alice, 'pUSD', 10_000n], [alice, 'pFCT', 10_000n])
  const batch = entry(ALICE, line)
  play(ledger, height - 1, { oracle: said })
  play(ledger, height, { transactions: [batch] })
  play(ledger, height + 1, { oracle: said })
  return ledger.batches.find(({ hash }) => hash === batch.hash)?.status
}

t.test('which conversions are open, by the height that executes them', (t) => {
  const cases: readonly (readonly [executed: number, line: string, status: number | 'done'])[] = [
    [213_239, '10 pUSD → PEG', -4],
    [214_286, '10 pUSD → PEG', -4],
    [220_345, '10 pUSD → pFCT', 'done'],
    [220_346, '10 pUSD → pFCT', -3],
    [231_619, '10 pUSD → pAUD', -4],
    [231_620, '10 pUSD → pAUD', 'done'],
    [258_795, '10 pUSD → PEG', 'done'],
    [258_796, '10 pUSD → PEG', -2],
    [258_796, '10 pUSD → pAUD', 'done'],
    [274_035, '10 pUSD → pDCR', 'done'],
    [274_036, '10 pUSD → pDCR', -5],
    [274_036, '10 pUSD → pFCT', -3],
    [274_036, '10 pUSD → pLTC', 'done'],
    [274_036, '10001 pUSD → pLTC', -1],
    [274_036, '10 pFCT → pLTC', 'done'],
    [295_189, '10 pUSD → pLTC', 'done'],
  ]
  for (const [executed, line, status] of cases)
    t.equal(converted(executed - 1, line), status === 'done' ? executed : status, `${line} at ${executed}`)
  t.equal(converted(295_189, '10 pUSD → pLTC'), 0, 'without averages it waits for ever')
  t.equal(
    converted(250_000, '9000 pUSD → pBAT', { pBAT: 1n, pUSD: (1n << 62n) - 1n }),
    0,
    'as what gets too large',
  )
  t.end()
})

t.test('the band around the staking records', (t) => {
  const rateAt = (height: number, oracle: bigint, staked: bigint) => {
    const ledger = holding([alice, 'PEG', 1n])
    const { rates } = play(ledger, height, {
      oracle: { pLTC: oracle },
      staking: { pLTC: staked },
      staker: ALICE,
    })
    return rates ? (rates.get('pLTC') ?? null) : null
  }
  const cases: readonly (readonly [height: number, oracle: bigint, staked: bigint, rate: bigint | null])[] = [
    [258_796, 99_900n, 100_000n, 99_900n],
    [258_796, 99_899n, 100_000n, null],
    [260_117, 100_100n, 100_000n, null], // 100000 × 1.0009999999999999 in doubles
    [260_117, 100_099n, 100_000n, 100_099n],
    [260_117, 98_999n, 99_999n, null],
    [260_117, 99_000n, 99_999n, 99_000n],
    [260_117, 100_998n, 99_999n, 100_998n],
    [260_117, 100_999n, 99_999n, null],
    [260_118, 90_000n, 100_000n, 90_000n],
    [260_118, 89_999n, 100_000n, null],
    [274_035, 110_000n, 100_000n, 110_000n],
    [274_035, 110_001n, 100_000n, null],
    [274_036, 75_000n, 100_000n, 75_000n],
    [274_036, 74_999n, 100_000n, 0n],
    [274_036, 125_000n, 100_000n, 125_000n],
    [274_036, 125_001n, 100_000n, 0n],
  ]
  for (const [height, oracle, staked, rate] of cases)
    t.equal(rateAt(height, oracle, staked), rate, `${oracle} against ${staked} at ${height}`)
  t.end()
})

t.test('a block outside the band happens to nobody', (t) => {
  const ledger = holding([alice, 'PEG', 1n], [alice, 'pUSD', 50n])
  const batch = entry(ALICE, `50 pUSD → ${BOB.address}`)
  const prices = { oracle: { pLTC: 1n }, staking: { pLTC: 100n }, staker: ALICE }
  const outside = play(ledger, 260_208, { ...prices, transactions: [batch] })
  t.same([...outside.balances], [], 'no transfer, no reward, no developer')
  t.same(outside.events, [])
  t.notOk(outside.snapshot)
  play(ledger, 260_209, { transactions: [batch] })
  t.equal(ledger.balance(bob, 'pUSD'), 50n, 'the entry counts where it comes again')
  t.end()
})

t.test('who may stake, and who is paid', (t) => {
  const ledger = holding([alice, 'PEG', 5n], [bob, 'pUSD', 5n])
  play(ledger, 274_040, { staking: {}, staker: BOB })
  t.equal(ledger.rates.length, 0, 'not a holder of PEG')
  play(ledger, 274_041, { staking: { pLTC: 7n }, staker: ALICE })
  t.equal(ledger.rates[0]?.rates.get('pLTC'), 7n, 'staking records alone make rates')
  t.equal(ledger.balance(readAddress(rewarded(3)) as string, 'PEG'), 18_000_000_000n)
  play(ledger, 274_042, { oracle: {} })
  t.equal(ledger.balance(readAddress(rewarded(3)) as string, 'PEG'), 54_000_000_000n)
  t.end()
})

t.test('what comes first in a block', (t) => {
  const burn = (address: string, change: object = {}) =>
    ({
      ...{ timeMs: 1_500_000_000_999, txid: 'b'.repeat(64), inputs: [{ address, amount: 30n }], outputs: [] },
      ecOutputs: [{ address: FACTOID_BURN, amount: 0n }],
      ...change,
    }) as never
  const ledger = holding([carol, 'pUSD', 100n])
  const spend = entry(ALICE, `30 pFCT → ${BOB.address}`)
  const first = play(ledger, 250_000, { factoids: [burn(alice)], transactions: [spend] })
  t.same(statusOf(first.events, spend.hash), [-1], 'burnt factoids are there from the next block on')
  play(ledger, 250_001, { transactions: [entry(ALICE, `30 pFCT → ${BOB.address}`)] })
  t.equal(ledger.balance(bob, 'pFCT'), 30n)
  const others = [
    { inputs: [], outputs: [] },
    { outputs: [{ address: bob, amount: 0n }] },
    { ecOutputs: [{ address: FACTOID_BURN, amount: 1n }] },
    { ecOutputs: [{ address: 'f'.repeat(64), amount: 0n }] },
  ]
  t.same(play(ledger, 250_002, { factoids: others.map((change) => burn(alice, change)) }).events, [])
  t.same(play(ledger, 258_796, { factoids: [burn(alice)] }).events, [], 'nothing for it any more')
  t.end()
})

t.test('held batches run by the rates of the block that executes them', (t) => {
  const ledger = holding([alice, 'pUSD', 100n], [bob, 'pUSD', 100n])
  play(ledger, 250_000, { oracle: {}, transactions: [entry(ALICE, '10 pUSD → pLTC')] })
  play(ledger, 250_001, {
    transactions: [entry(BOB, '10 pUSD → pLTC'), entry(ALICE, `5 pUSD → ${BOB.address}`)],
  })
  t.equal(ledger.balance(alice, 'pLTC'), 0n, 'without rates they wait')
  t.equal(ledger.balance(bob, 'pUSD'), 105n, 'transfers do not')
  play(ledger, 250_002, { oracle: { pLTC: DOLLAR / 2n } })
  t.equal(ledger.balance(alice, 'pLTC'), 20n)
  t.equal(ledger.balance(bob, 'pLTC'), 20n)
  play(ledger, 250_003, { oracle: { pLTC: DOLLAR / 4n } })
  t.equal(ledger.balance(alice, 'pLTC'), 20n, 'once')
  t.end()
})

t.test('a batch is all or nothing, and its order counts', (t) => {
  const after = (...lines: string[]) => {
    const ledger = holding([alice, 'pUSD', 100n], [alice, 'pLTC', 1n])
    const batch = entry(ALICE, ...lines)
    play(ledger, 250_000, { oracle: {}, transactions: [batch] })
    play(ledger, 250_001, { oracle: {} })
    const status = ledger.batches.find(({ hash }) => hash === batch.hash)?.status
    return [status, ledger.balance(alice, 'pUSD'), ledger.balance(alice, 'pLTC'), ledger.balance(bob, 'pLTC')]
  }
  t.same(after('60 pUSD → pLTC', '40 pUSD → pLTC'), [250_001, 0n, 101n, 0n])
  t.same(after('60 pUSD → pLTC', '41 pUSD → pLTC'), [-1, 100n, 1n, 0n])
  t.same(
    after('60 pUSD → pLTC', `61 pLTC → ${BOB.address}`),
    [-1, 100n, 1n, 0n],
    'each input must be there before',
  )
  t.same(after(`1 pLTC → ${ALICE.address}`, `1 pLTC → ${BOB.address}`, '1 pUSD → pLTC'), [
    250_001,
    99n,
    1n,
    1n,
  ])
  t.same(after(`1 pLTC → ${BOB.address}`, `1 pLTC → ${BOB.address}`), [-1, 100n, 1n, 0n])
  t.end()
})

t.test('what is sent to the sink is gone', (t) => {
  const [burn, zero] = [addressText(BURN_ADDRESS), addressText(ZERO_ADDRESS)]
  for (const [height, sink, other] of [
    [274_035, zero, BURN_ADDRESS],
    [274_036, burn, ZERO_ADDRESS],
  ] as const) {
    const ledger = holding([alice, 'pUSD', 10n])
    play(ledger, height, { transactions: [entry(ALICE, `10 pUSD → 4 ${sink} 6 ${addressText(other)}`)] })
    t.equal(ledger.supply('pUSD'), 6n)
    t.equal(ledger.balance(other, 'pUSD'), 6n)
  }
  t.end()
})

t.test('where the reference would stop for ever, the entry is left out', (t) => {
  const BANK_AT = 250_000
  const after = (...lines: string[]) => {
    const ledger = holding([alice, 'pUSD', 100n], [alice, 'PEG', 50n])
    play(ledger, BANK_AT, { oracle: {}, transactions: [entry(ALICE, ...lines)] })
    play(ledger, BANK_AT + 1, { oracle: {} })
    t.equal(ledger.balance(alice, 'pUSD'), 100n, 'nothing has changed')
    return ledger.skipped
  }
  matchExactly(t, after('10 pUSD → PEG', `10 pUSD → ${BOB.address}`), [/beside a conversion into PEG/])
  matchExactly(t, after('50 pUSD → PEG', '50 PEG → pUSD', '50 PEG → pUSD'), [/before it was granted/])
  const ledger = holding([alice, 'pUSD', 10n])
  const refused = entry(ALICE, `11 pUSD → ${BOB.address}`)
  play(ledger, BANK_AT, { transactions: [refused, refused] })
  play(ledger, BANK_AT + 1, { transactions: [refused] })
  matchExactly(t, ledger.skipped, [/came before/, /came before/])
  const executed = entry(ALICE, `5 pUSD → ${BOB.address}`)
  play(ledger, BANK_AT + 2, { transactions: [executed, executed] })
  play(ledger, BANK_AT + 3, { transactions: [executed] })
  t.equal(ledger.balance(bob, 'pUSD'), 5n, 'what was executed is never executed again')
  t.equal(ledger.skipped.length, 2, 'and not worth a word')
  t.end()
})

t.test('more than 2^63 of a token at one address', (t) => {
  const ledger = holding([alice, 'pUSD', 1n], [bob, 'pUSD', (1n << 63n) - 1n])
  const { events } = play(ledger, 250_000, { transactions: [entry(ALICE, `1 pUSD → ${BOB.address}`)] })
  matchExactly(t, skips(events), [/beyond 2\^63/])
  t.equal(ledger.balance(alice, 'pUSD'), 1n)
  t.end()
})

t.test('holders are paid for what they held at both snapshots', (t) => {
  const ledger = holding([alice, 'pUSD', 300n], [bob, 'pLTC', 100n], [carol, 'PEG', 9n])
  const oracle = { pLTC: 2n * DOLLAR }
  play(ledger, 274_176, { oracle })
  t.equal(ledger.balance(alice, 'PEG'), 0n, 'there was no snapshot before')
  play(ledger, 274_177, { transactions: [entry(ALICE, `100 pUSD → ${CAROL.address}`)] })
  play(ledger, 274_320)
  t.equal(ledger.balance(alice, 'PEG'), 200n, 'one PEG for each dollar, by the rates of before')
  t.equal(ledger.balance(bob, 'PEG'), 200n)
  t.equal(ledger.balance(carol, 'PEG'), 9n, 'PEG does not count, nor what came later')
  const rich = holding([alice, 'pUSD', 3n * 648_000n * DOLLAR], [bob, 'pUSD', 648_000n * DOLLAR])
  play(rich, 274_176, { oracle })
  play(rich, 274_320, { oracle, transactions: [entry(BOB, `16200000000000 PEG → ${CAROL.address}`)] })
  t.equal(rich.balance(alice, 'PEG'), 48_600_000_000_000n, 'else a share of the bank')
  t.equal(rich.balance(carol, 'PEG'), 16_200_000_000_000n, 'it may be spent in the same block')
  t.end()
})

t.test('a quiet block changes nothing, and nor does the first of a chain', (t) => {
  const rules = rulesOf(NETWORKS.MainNet)
  const ledger = holding([alice, 'PEG', 1n], [bob, 'pUSD', 5n], [ZERO_ADDRESS, 'pUSD', 5n])
  const changes = ({ balances, events, snapshot }: BlockOutcome) =>
    balances.size + events.length + Number(snapshot)
  fc.assert(
    fc.property(fc.integer({ min: 206_423, max: 300_000 }), (height) => {
      const quiet = isQuiet(height, rules)
      return !quiet || changes(applyBlock(ledger, blockOf(ledger, height), terms)) === 0
    }),
    { numRuns: 500 },
  )
  for (const height of [260_118, 260_208, 274_036, 288_878, 294_192])
    t.notOk(isQuiet(height, rules), `block ${height} is not quiet`)
  const own = { ...terms, rules: rulesOf(NETWORKS.local), network: NETWORKS.local }
  t.equal(changes(applyBlock(ledger, { ...blockOf(ledger, 0), staking: [] }, own)), 0)
  t.not(changes(applyBlock(ledger, blockOf(ledger, 144), own)), 0, 'a private network has all rules')
  t.end()
})

t.test('a network with record versions at heights of its own has the rules of each version', (t) => {
  const of = (text: string) => rulesOf(withActivations(NETWORKS.local, parseActivations(text) ?? []))
  t.match(of('2@0,3@10,4@20,5@30'), {
    ...{ transactions: 0, pegEquation: 0, closedFct: 0, bank: 10, pegFloating: 10, sharedBank: 20 },
    ...{ ethereumKeys: 20, pegnet2: 30, developers: 30, enhanced: 30, averages: 30, mint: 0, emptyBurn: 0 },
  })
  t.match(of('5@7'), { transactions: 7, bank: 7, averages: 7 })
  t.match(of('1@0,2@5'), { transactions: 5, bank: Infinity, pegnet2: Infinity })
  t.same(of('MainNet'), rulesOf(NETWORKS.MainNet))
  const { rateForAverage, ...heights } = rulesOf(NETWORKS.local)
  t.notOk(rateForAverage, 'as the reference with --testing')
  t.ok(rulesOf(NETWORKS.dev).rateForAverage)
  t.ok(Object.values(heights).every((height) => height === 0))
  t.end()
})

t.test('developers are paid last, from a height on in full', (t) => {
  const developer = readAddress('FA2i9WZqJnaKbJxDY2AZdVgewE28uCcSwoFt8LJCMtGCC7tpCa2n') as string
  const paidAt = (height: number) => {
    const ledger = createMemoryLedger()
    play(ledger, height)
    return ledger.balance(developer, 'PEG')
  }
  t.equal(paidAt(260_064), 0n)
  t.equal(paidAt(260_208), 20_000_000_000n)
  t.equal(paidAt(273_888), 20_000_000_000n)
  t.equal(paidAt(274_176), 2_880_000_000_000n)
  t.equal(paidAt(274_177), 0n)
  t.end()
})

t.test('PEG is worth a share of all other tokens, as they were before the block', (t) => {
  const rateAt = (height: number, peg: bigint) => {
    const ledger = holding([alice, 'pUSD', 300n], [bob, 'pLTC', 100n], [bob, 'PEG', peg])
    return play(ledger, height, { oracle: { PEG: 77n, pLTC: 3n } }).rates?.get('PEG')
  }
  t.equal(rateAt(214_286, 7n), 0n)
  t.equal(rateAt(214_287, 7n), (300n * DOLLAR + 300n) / 7n)
  t.equal(rateAt(222_269, 7n), (300n * DOLLAR + 300n) / 7n)
  t.equal(rateAt(214_287, 0n), 0n, 'none without PEG')
  t.equal(rateAt(222_270, 7n), 77n)
  t.end()
})

t.test('where the same must come out', (t) => {
  const people = [ALICE, BOB, CAROL]
  const tokens = ['pUSD', 'pLTC', 'pEUR']
  const step = fc.record({
    from: fc.nat(2),
    to: fc.nat(2),
    amount: fc.nat(60),
    token: fc.constantFrom('pUSD', 'pLTC'),
    target: fc.constantFrom('', 'pLTC', 'pEUR'),
  })
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
  const said = { pLTC: 3n * DOLLAR, pEUR: (DOLLAR * 11n) / 10n }
  /** What the three hold in the end, if the first of them is another one. */
  const after = (steps: readonly Step[], shift: number) => {
    const who = (k: number) => people[(k + shift) % 3] as typeof ALICE
    const at = (k: number) => readAddress(who(k).address) as string
    const ledger = holding(...[0, 1, 2].map((k) => [at(k), 'pUSD', 100n] as const), [at(0), 'pLTC', 50n])
    const transactions = steps.map(({ from, to, amount, token, target }) => {
      const towards = target === '' || target === token ? who(to).address : target
      return entry(who(from), `${amount} ${token} → ${towards}`)
    })
    play(ledger, 250_000, { oracle: said, transactions })
    play(ledger, 250_001, { oracle: said })
    return [0, 1, 2].map((k) => tokens.map((ticker) => ledger.balance(at(k), ticker)))
  }
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.nat(2), (steps, shift) => {
      t.same(after(steps, shift), after(steps, 0), 'with other names')
    }),
    { numRuns: 10 },
  )
  const run = (...batches: readonly (readonly string[])[]) => {
    const ledger = holding([alice, 'pUSD', 100n], [bob, 'pUSD', 100n])
    const transactions = batches.map((lines, k) => entry(k === 0 ? BOB : ALICE, ...lines))
    play(ledger, 250_000, { oracle: said, transactions })
    play(ledger, 250_001, { oracle: said })
    return ledger
  }
  const first = [`10 pUSD → ${CAROL.address}`]
  const split = run(first, ['30 pUSD → pLTC'], ['60 pUSD → pLTC'])
  t.same(run(first, ['30 pUSD → pLTC', '60 pUSD → pLTC']).balances, split.balances, 'a batch that is split')
  const own = run(first, [`10 pUSD → ${ALICE.address}`], ['90 pUSD → pLTC'])
  t.equal(own.balance(alice, 'pUSD'), 10n, 'to oneself and back')
  t.same([own.supply('pUSD'), own.supply('pLTC')], [split.supply('pUSD'), split.supply('pLTC')])
  sameHoweverOrdered(t)
  const two = (turned: boolean) => {
    const ledger = holding([alice, 'pUSD', 100n], [bob, 'pUSD', 100n])
    const entries = [entry(BOB, `10 pUSD → ${CAROL.address}`), entry(ALICE, '9 pUSD → pLTC')]
    play(ledger, 250_000, { oracle: said, transactions: turned ? entries.reverse() : entries })
    play(ledger, 250_001, { oracle: said })
    return [alice, bob, carol].map((address) => tokens.map((ticker) => ledger.balance(address, ticker)))
  }
  t.same(two(true), two(false), 'entries that have nothing to do with each other')
  t.end()
})

/** Of what each has at the beginning nothing that came meanwhile is needed, so no entry depends on another. */
function sameHoweverOrdered(t: Test): void {
  const independent = fc.array(
    fc.record({
      ...{ from: fc.nat(2), to: fc.nat(2), amount: fc.integer({ min: 1, max: 8_000_000 }), lines: fc.nat(2) },
      target: fc.constantFrom('', 'pLTC', 'pEUR', 'PEG'),
    }),
    { minLength: 2, maxLength: 12 },
  )
  const people = [ALICE, BOB, CAROL]
  const said = { PEG: DOLLAR / 1000n, pLTC: 3n * DOLLAR, pEUR: (DOLLAR * 11n) / 10n }
  const after = (height: number, ...blocks: (readonly BatchEntry[])[]) => {
    const ledger = holding(...[alice, bob, carol].map((who) => [who, 'pUSD', 10_000_000_000n] as const))
    for (const [k, transactions] of blocks.entries()) play(ledger, height + k, { oracle: said, transactions })
    play(ledger, height + blocks.length, { oracle: said })
    const at = (who: string) => ['PEG', 'pUSD', 'pLTC', 'pEUR'].map((ticker) => ledger.balance(who, ticker))
    return [...[alice, bob, carol].map(at), ledger.supply('pUSD'), ledger.supply('PEG')]
  }
  type Entries = typeof independent extends fc.Arbitrary<infer S> ? S : never
  const person = (k: number) => people[k] as typeof ALICE
  const towards = ({ to, target }: Entries[number]) => (target === '' ? person(to).address : target)
  const linesOf = (step: Entries[number]): string[] => {
    const line = `${step.amount} pUSD → ${towards(step)}`
    return Array.from({ length: step.lines + 1 }, () => line)
  }
  fc.assert(
    fc.property(
      independent,
      fc.constantFrom(221_000, 225_000, 250_000, 262_000),
      fc.nat(),
      (steps, height, turn) => {
        // Into PEG nothing converts any more at the last of these heights; there it is refused in any order.
        const batches = steps.map((step) => entry(person(step.from), ...linesOf(step)))
        const turned = [
          ...batches.slice(turn % batches.length),
          ...batches.slice(0, turn % batches.length),
        ].reverse()
        t.same(after(height, turned), after(height, batches), 'entries in another order')
        const alone = steps.filter(({ target }) => target !== 'PEG')
        const whole = alone.map((step) => entry(person(step.from), ...linesOf(step)))
        const split = alone.flatMap((step) => linesOf(step).map((line) => entry(person(step.from), line)))
        t.same(after(height, split), after(height, whole), 'each transaction in a batch of its own')
        const [{ from, to, amount }] = steps as [Entries[number]]
        const there = entry(
          person(from),
          `${amount} pUSD → ${person(from).address}`,
          `${amount} pUSD → ${person(to).address}`,
        )
        const back = entry(person(to), `${amount} pUSD → ${person(from).address}`)
        t.same(after(height, [there, back, ...whole]), after(height, whole), 'to oneself, there and back')
      },
    ),
    { numRuns: 15 },
  )
}

t.test('what is no batch leaves no trace', (t) => {
  const good = [entry(ALICE, `5 pUSD → ${BOB.address}`), entry(ALICE, '7 pUSD → pLTC')]
  const input = (amount: string) => `{"address":"${ALICE.address}","amount":${amount},"type":"pUSD"}`
  const batch = (amount: string, more = '') =>
    `{"version":1,"transactions":[{"input":${input(amount)},"conversion":"pLTC"${more}}]}`
  const forged = entry(ALICE, `9 pUSD → ${BOB.address}`)
  const [salt, rcd, signature] = forged.extIds as [Uint8Array, Uint8Array, Uint8Array]
  const flipped = signature.map((byte, k) => (k === 40 ? byte ^ 1 : byte))
  const bobs = Uint8Array.of(1, ...BOB.publicKey)
  const bad: BatchEntry[] = [
    ...[
      [salt, rcd, flipped],
      [salt, bobs, signature],
      [salt, rcd],
      [salt, rcd, signature, signature],
      [],
      [rcd, salt, signature],
    ].map((extIds) => ({ ...forged, extIds })),
    { ...forged, content: utf8(Buffer.from(forged.content).toString().replace('9', '8')) },
    signed(BOB, forged.content),
    { ...forged, chainId: 'ab'.repeat(32) },
    { ...forged, seconds: forged.seconds + 12 * 3600 + 1 },
    // 10 KB of brackets, of objects, of numbers, of nothing.
    ...['['.repeat(10_240), '{"a":'.repeat(2_048), `[${'1,'.repeat(5_000)}1]`, ' '.repeat(10_240), ''].map(
      (text) => signed(ALICE, text),
    ),
    signed(ALICE, batch('1', `,"x":${'['.repeat(5_000)}${']'.repeat(5_000)}`)),
    signed(
      ALICE,
      Uint8Array.from({ length: 10_240 }, (_, k) => (k * 89) & 255),
    ),
    ...[
      '18446744073709551616',
      '9223372036854775808',
      '9'.repeat(9_000),
      '-1',
      '1e3',
      '1.0',
      '"1"',
      '0x1',
    ].map((amount) => signed(ALICE, batch(amount))),
  ]
  const after = (before: readonly BatchEntry[], behind: readonly BatchEntry[]) => {
    const ledger = holding([alice, 'pUSD', (1n << 63n) - 1n], [bob, 'pUSD', 100n])
    const first = play(ledger, 250_000, { oracle: {}, transactions: [...before, ...good, ...behind] })
    const next = play(ledger, 250_001, { oracle: {} })
    return { ledger, first, next, held: [...ledger.balances].map(([who, own]) => [who, ...own]) }
  }
  const clean = after([], [])
  t.equal(clean.ledger.balance(alice, 'pLTC'), 7n)
  for (const one of bad) {
    const behind = after([], [one])
    t.same([behind.first, behind.next], [clean.first, clean.next])
    const before = after([one], [])
    t.same(before.held, clean.held)
    t.same([before.ledger.batches.length, before.ledger.skipped], [clean.ledger.batches.length, []])
  }
  const all = after(bad, bad)
  t.same([all.held, all.ledger.skipped], [clean.held, []])
  t.end()
})

t.test('records that are none leave no trace but their block', (t) => {
  const ledger = () => holding([alice, 'PEG', 5n], [bob, 'pUSD', 5n])
  const junk = (k: number): ChainEntry => ({
    ...IN_CHAIN,
    hash: k.toString(16).padStart(64, 'f'),
    extIds: [[], [new Uint8Array(9)], [Uint8Array.of(1), new Uint8Array(8), Uint8Array.of(99)]][k % 3] ?? [],
    content: [utf8(''), utf8('['.repeat(10_000)), new Uint8Array(10_240).fill(255)][k % 3] ?? utf8(''),
  })
  const many = Array.from({ length: 30 }, (_, k) => junk(k))
  for (const height of [206_430, 211_000, 250_000, 274_100]) {
    const [one, other] = [ledger(), ledger()]
    const { oracle, events, rates } = applyBlock(one, { ...blockOf(one, height), oracle: many }, terms)
    t.notOk(oracle?.gradable)
    t.same([events, rates], [[], null])
    const plain = blockOf(other, height, { oracle: {} })
    const mixed = { ...plain, oracle: [...many.slice(0, 9), ...(plain.oracle ?? []), ...many.slice(9)] }
    const [expected, found] = [applyBlock(other, plain, terms), applyBlock(other, mixed, terms)]
    t.same([found.balances, found.events, found.rates], [expected.balances, expected.events, expected.rates])
  }
  const one = ledger()
  const staked = blockOf(one, 274_100, { staking: {}, staker: ALICE })
  const bare = { ...junk(0), extIds: [Uint8Array.of(7)] }
  const found = applyBlock(one, { ...staked, staking: [bare, ...(staked.staking ?? []), junk(1)] }, terms)
  const expected = applyBlock(one, staked, terms)
  t.same(found.balances, expected.balances)
  matchExactly(t, skips(found.events), [/without an address/, /without an address/])
  t.end()
})
