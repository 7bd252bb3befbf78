/**
 * Are the vectors any good? Each mutation changes one step of the rules, as a careless rewrite might, and must be caught:
 * the changed rules judge at least one block of the reference's history, or of those made for it, differently.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'

import { NETWORKS } from '../../pegnet/index.js'
import { LONG } from '../../test/fixtures/long.js'
import { occurrences, writeMutant, type Mutation } from '../../test/fixtures/mutants.js'
import { ledgerBlockOf, ledgerChains } from '../block.js'
import { createMemoryLedger, type MemoryLedger, NOTHING } from '../fixtures/memory.js'
import { blockOf, entry, terms, type Play } from '../fixtures/play.js'
import { RECORDED } from '../fixtures/recorded-chain.js'
import { ALICE, BOB } from '../fixtures/sign.js'
import { readRecordedChain } from '../recorded.js'
import { FACTOID_BURN } from '../special.js'
import { readAddress } from '../transactions/address.js'
import { isQuiet, type applyBlock } from './apply.js'
import type { LedgerBlock } from './types.js'

type Apply = typeof applyBlock

const ROOM = {
  folder: new URL('./', import.meta.url),
  instead: {
    '../../oracle/index.js': new URL('../fixtures/cached.js', import.meta.url),
    '../transactions/address.js': new URL('../fixtures/cached.js', import.meta.url),
    '../transactions/batch.js': new URL('../fixtures/cached.js', import.meta.url),
  },
}

/** By file: name, what is changed, into what. */
const CHANGES: Readonly<Record<string, readonly (readonly [name: string, from: string, to: string])[]>> = {
  convert: [
    ['rounded up', '(amount * ratio.from) / ratio.to', '(amount * ratio.from + ratio.to - 1n) / ratio.to'],
    [
      'rounded to the nearest',
      '(amount * ratio.from) / ratio.to',
      '(amount * ratio.from + ratio.to / 2n) / ratio.to',
    ],
    ['the better price of the source', 'from.rate < from.average', 'from.rate > from.average'],
    ['the better price of the target', 'to.rate > to.average', 'to.rate < to.average'],
    ['averages never asked', 'if (!averaged) return', 'if (averaged || !averaged) return'],
    ['a missing average is one', 'from.average === 0n || to.average === 0n', 'false'],
    ['a result of any size', 'result > MOST ? null : result', 'result'],
    ['a result up to 2^63', 'result > MOST ? null', 'result > MOST + 1n ? null'],
    [
      'refunds the wrong way round',
      'whole - paid, plain(to), plain(from)',
      'whole - paid, plain(from), plain(to)',
    ],
    ['refunds of what was paid', 'convert(whole - paid,', 'convert(paid,'],
  ],
  shares: [
    ['shares without a bank', 'if (total < bank)', 'if (true)'],
    ['shares rounded up', '(amount * bank) / total', '(amount * bank + total - 1n) / total'],
    ['dust for nobody', 'k === lucky ? share + rest : share', 'share'],
    ['dust for the smallest', 'one.amount > other.amount', 'one.amount < other.amount'],
    ['dust for the highest hash', 'one.hash < other.hash', 'one.hash > other.hash'],
    ['dust for the highest index', 'one.index < other.index', 'one.index > other.index'],
  ],
  pending: [
    [
      'committed balances instead of pending',
      'changes.get(address)?.get(ticker) ?? balanceBefore(address, ticker)',
      'balanceBefore(address, ticker)',
    ],
    ['one unit short is enough', 'if (rest < 0n) return false', 'if (rest < -1n) return false'],
    ['nothing may be left at 0', 'if (rest < 0n) return false', 'if (rest <= 0n) return false'],
  ],
  execute: [
    [
      'all of a balance is too much',
      'amount > balanceOf(pending, address, ticker)',
      'amount >= balanceOf(pending, address, ticker)',
    ],
    [
      'inputs not looked at before',
      'if (amount > balanceOf(pending, address, ticker)) return',
      'if (amount < 0n) return',
    ],
    ['not played through', 'isCovered(batch, execution) ? null', 'true ? null'],
    [
      'nothing of it spendable at once',
      'own.add(address, transaction.target, resultOf(transaction, execution) ?? 0n)',
      'own.add(address, transaction.target, 0n)',
    ],
    ['a rate of 0 is one', '!rates?.get(ticker) || !rates.get(target)', '!rates'],
    ['pFCT closed a block later', 'height >= rules.closedFct', 'height > rules.closedFct'],
    [
      'other targets closed a block later',
      'height >= rules.enhanced && CLOSED',
      'height > rules.enhanced && CLOSED',
    ],
    ['averages a block later', 'height >= rules.averages)', 'height > rules.averages)'],
    ['the bank a block later', 'height >= rules.bank &&', 'height > rules.bank &&'],
    ['the bank a block longer', 'height < rules.pegnet2', 'height <= rules.pegnet2'],
    ['PEG from the bank and at once', "if (hasBank(height, rules) && target === 'PEG') return", ''],
    [
      'a transfer beside PEG from the bank',
      "asksForPeg(batch) && transactions.some(({ kind }) => kind === 'transfer')",
      'false',
    ],
    ['balances of any size', 'if (balance > MOST) return', 'if (balance < 0n) return'],
    [
      'the sink is always the burn address',
      'height >= rules.enhanced ? BURN_ADDRESS : ZERO_ADDRESS',
      'BURN_ADDRESS',
    ],
    [
      'the sink is always the zero address',
      'height >= rules.enhanced ? BURN_ADDRESS : ZERO_ADDRESS',
      'ZERO_ADDRESS',
    ],
    ['the sink keeps', 'if (address === sink)', 'if (address === sink && amount < 0n)'],
  ],
  held: [
    [
      'what is held in the block of the last rates is lost',
      'view.held(since, height)',
      'view.held(since + 1, height)',
    ],
    ['a bank for all of a block from the beginning', 'height < rules.sharedBank)', 'height < rules.bank)'],
    [
      'a bank for each height for ever',
      'hasBank(height, rules) && height >= rules.sharedBank',
      'hasBank(height, rules) && height > rules.sharedBank',
    ],
    [
      'nothing is paid twice',
      "transaction.kind === 'conversion'",
      "transaction.kind === 'conversion' && transaction.target === 'PEG'",
    ],
    ['no refund', 'pending.add(input.address, input.ticker, refund)', ''],
    ['a bank of 5001', 'BANK = 500_000_000_000n', 'BANK = 500_100_000_000n'],
    [
      'PEG a block longer',
      'execution.height >= execution.rules.pegnet2',
      'execution.height > execution.rules.pegnet2',
    ],
  ],
  rates: [
    ['the low edge of the band is outside', 'value >= center', 'value > center'],
    ['the high edge of the band is outside', 'value <= center', 'value < center'],
    [
      'the band in whole numbers',
      'value <= center * (1 + width)',
      'value <= Math.ceil(center * (1 + width))',
    ],
    ['the narrow band above its edge only', 'staked >= NARROW_FROM', 'staked > NARROW_FROM'],
    ['bands the wrong way round', '0.001 : 0.01', '0.01 : 0.001'],
    [
      '10 % a block later',
      'height >= rules.developers) return () => 0.1',
      'height > rules.developers) return () => 0.1',
    ],
    [
      '25 % a block later',
      'height >= rules.enhanced) return () => 0.25',
      'height > rules.enhanced) return () => 0.25',
    ],
    ['a rate outside the band counts', 'inside ? rate : 0n', 'rate'],
    ['a block outside the band only has no rates', "return { kind: 'outside' }", "return { kind: 'none' }"],
    [
      'the staking record counts',
      'rates.set(ticker, inside ? rate',
      'rates.set(ticker, inside ? (staked.get(ticker) ?? 0n)',
    ],
    ['PEG has a price a block later', 'height >= rules.pegEquation', 'height > rules.pegEquation'],
    ['PEG floats a block later', 'height >= rules.pegFloating', 'height > rules.pegFloating'],
    ['the price of PEG rounded up', 'worth / supply', '(worth + supply - 1n) / supply'],
  ],
  averages: [
    ['287 blocks', 'export const PERIOD = 288', 'export const PERIOD = 287'],
    ['more than half', 'some < REQUIRED', 'some <= REQUIRED'],
    ['zeros are left out', '/ BigInt(rates.length)', '/ BigInt(some)'],
  ],
  rewards: [
    ['PEG has a stake', "ticker === 'PEG' || held === 0n", 'held === 0n'],
    ['holders of one block', 'HOLDERS * BigInt(SNAPSHOT_BLOCKS)', 'HOLDERS'],
    ['holders by address', 'a.amount === b.amount ?', 'true ?'],
    ['any burn address', 'burn.address !== FACTOID_BURN || ', ''],
    ['burns with outputs', 'outputs.length > 0 || ', ''],
    ['burns that buy credits', ' || burn.amount !== 0n', ''],
    ['holders by any rate of the dollar', "rates.get('pUSD'))", '100_000_000n)'],
  ],
  once: [
    ['the burn address keeps', 'if (height === rules.emptyBurn)', 'if (height < 0)'],
    ['nothing is minted', 'if (height === rules.mint)', 'if (height < 0)'],
    ['what was minted stays', 'if (height === rules.unmint)', 'if (height < 0)'],
    [
      'lines for the zero address without an end',
      'if (taken || amount > 0n) return',
      'if (amount < 0n) return',
    ],
  ],
  apply: [
    [
      'a burn counts in its block',
      'held = takeTransactions(',
      'creditBurns(block.factoids, paying), held = takeTransactions(',
    ],
    [
      'winners are paid first',
      'if (height >= rules.transactions) {',
      'payWinners(grades, paying)\n  if (height >= rules.transactions) {',
    ],
    [
      'burns a block longer',
      'if (height < rules.pegnet2) creditBurns',
      'if (height <= rules.pegnet2) creditBurns',
    ],
    [
      'holders a day later',
      'const snapshot = height >= rules.pegnet2 && day',
      'const snapshot = height >= rules.pegnet2 + 288 && day',
    ],
    [
      'transactions a block later',
      'if (height >= rules.transactions) {',
      'if (height > rules.transactions) {',
    ],
    ['replays', "if (before === 'executed') continue", ''],
    ['entered again', "if (before === 'entered') {", "if (before === 'held') {"],
    [
      'conversions at once',
      'if (hasConversion(batch)) held.push',
      'if (hasConversion(batch) && !rules) held.push',
    ],
    ['rates of the last block for holders always', "if (found.kind === 'rates') return found.rates", ''],
  ],
}
const MUTATIONS: readonly Mutation[] = Object.entries(CHANGES).flatMap(([file, changes]) =>
  changes.map(([name, from, to]) => ({ name, file, from, to })),
)

interface Living {
  readonly change: Mutation
  readonly apply: Apply
}

/** The mutants that judge the block as the rules do. What they throw is another judgement. */
function alike(living: readonly Living[], ledger: MemoryLedger, block: LedgerBlock, apply: Apply): Living[] {
  const expected = apply(ledger, block, terms)
  const left = living.filter((mutant) => {
    try {
      return isDeepStrictEqual(mutant.apply(ledger, block, terms), expected)
    } catch {
      return false
    }
  })
  ledger.commit(expected)
  return left
}

async function load(change: Mutation, dir: string): Promise<Living> {
  writeMutant(ROOM, change, dir)
  const { applyBlock } = (await import(join(dir, 'apply.js'))) as { applyBlock: Apply }
  return { change, apply: applyBlock }
}

const alice = readAddress(ALICE.address) as string
const DOLLAR = 100_000_000n

interface Scene {
  /** Rates of one token at earlier heights, from the first on. */
  readonly rated?: { readonly first: number; readonly pLTC: readonly bigint[] }
  readonly held: Readonly<Record<string, bigint>>
  readonly blocks: readonly (readonly [height: number, play: Play])[]
}

/** A price beside a staking record's of 100,000, or of another. */
const beside = (height: number, oracle: bigint, staked = 100_000n): Scene => ({
  held: { PEG: 1n },
  blocks: [[height, { oracle: { pLTC: oracle }, staking: { pLTC: staked }, staker: ALICE }]],
})

/** A batch that is entered in one block and executed in the next. */
const converted = (height: number, held: Scene['held'], ...lines: string[]): Scene => ({
  held,
  blocks: [
    [height - 1, { oracle: {}, transactions: [entry(ALICE, ...lines)] }],
    [height, { oracle: {} }],
  ],
})

/** A conversion by averages of these rates and of those of two blocks behind them. */
const averaged = (pLTC: readonly bigint[]): Scene => ({
  ...converted(295_601, { pUSD: 1_000_000_000_000n }, '1000000000000 pUSD → pLTC'),
  rated: { first: 295_600 - pLTC.length, pLTC },
})
const times = (count: number, rate: bigint): bigint[] => Array.from({ length: count }, () => rate)

const burnOf = (change: object): NonNullable<Play['factoids']> => [
  {
    ...{
      timeMs: 1_500_000_000_999,
      txid: 'b'.repeat(64),
      inputs: [{ address: alice, amount: 30n }],
      outputs: [],
    },
    ...{ ecOutputs: [{ address: FACTOID_BURN, amount: 0n }], ...change },
  } as never,
]

const again = entry(ALICE, `5 pUSD → ${BOB.address}`)
const refused = entry(ALICE, `500 pUSD → ${BOB.address}`)
/** What the history does not have: edges, amounts near 2^63, what the reference stops at. */
const SCENES: readonly Scene[] = [
  ...[99_900n, 100_100n, 100_099n].map((price) => beside(260_117, price)),
  ...[90_000n, 110_000n].map((price) => beside(260_118, price)),
  ...[75_000n, 125_000n, 125_001n].map((price) => beside(274_036, price)),
  ...[98_999n, 99_000n, 100_998n].map((price) => beside(258_796, price, 99_999n)),
  {
    held: { pUSD: 1n << 62n },
    blocks: [
      // One gives 2^63, the next one unit less.
      [250_000, { oracle: { pBAT: 1n, pUSD: 2n }, transactions: [entry(ALICE, `${1n << 62n} pUSD → pBAT`)] }],
      [250_001, { oracle: { pBAT: 1n, pUSD: 2n } }],
      [250_002, { transactions: [entry(ALICE, `${(1n << 62n) - 1n} pUSD → pBAT`)] }],
      [250_003, { oracle: { pBAT: 1n, pUSD: 2n } }],
    ],
  },
  {
    held: { pUSD: 100n, PEG: (1n << 63n) - 1n },
    blocks: [
      [250_000, { oracle: {}, transactions: [entry(ALICE, '10 pUSD → PEG', `10 pUSD → ${BOB.address}`)] }],
      [250_001, { oracle: {}, transactions: [again, again, refused, refused] }],
      [250_002, { oracle: {}, transactions: [again, refused] }],
    ],
  },
  {
    // Just below, all and more than the bank has; equal requests.
    held: { pUSD: 1n << 60n, pEUR: 1n << 60n },
    blocks: [499_999_999_999n, 500_000_000_000n, 500_000_000_001n].flatMap((amount, k) => [
      [
        250_000 + 2 * k,
        { oracle: { PEG: DOLLAR }, transactions: [entry(ALICE, `${amount} pUSD → PEG`)] },
      ] as const,
      [
        250_001 + 2 * k,
        {
          oracle: { PEG: DOLLAR },
          transactions: ['7 pUSD → PEG', '7 pUSD → PEG', '3 pEUR → PEG'].map((line) =>
            entry(ALICE, line.replace(' ', '00000000000 '), line.replace(' ', '00000000000 ')),
          ),
        },
      ] as const,
    ]),
  },
  {
    held: { pUSD: 300n, pLTC: 5n },
    blocks: [
      [274_176, { oracle: { pUSD: 2n * DOLLAR } }],
      [274_320, { oracle: { pUSD: 3n * DOLLAR, pLTC: DOLLAR } }],
      [274_464, {}],
    ],
  },
  converted(250_000, { pUSD: 100n }, `60 pUSD → ${BOB.address}`, '41 pUSD → pLTC'),
  converted(
    250_000,
    { pUSD: 100n, pLTC: 50n },
    ...['60 pUSD → pLTC', `50 pLTC → ${BOB.address}`, `50 pLTC → ${BOB.address}`],
  ),
  converted(220_346, { pUSD: 10n }, '10 pUSD → pFCT'),
  converted(274_036, { pUSD: 10n }, '10 pUSD → pDCR'),
  converted(222_270, { pUSD: 10n }, '10 pUSD → PEG'),
  converted(250_000, { pUSD: 10n, pXBT: (1n << 63n) - 1n }, '5 pUSD → pXBT'),
  converted(295_201, { pUSD: 10n }, '10 pUSD → pLTC'),
  {
    held: {},
    blocks: [{ ecOutputs: [{ address: 'f'.repeat(64), amount: 0n }] }, {}].map((change, k) => [
      250_000 + k,
      { factoids: burnOf(change) },
    ]),
  },
  // The rate of the block itself is 1 USD; the first of 288 heights is not looked at where there are 287.
  averaged([9_000_000_000_000n, ...times(287, 2n * DOLLAR)]),
  averaged([...times(287 - 143, 0n), ...times(143, 5n * DOLLAR)]),
  averaged(times(143, 3n * DOLLAR)),
]

t.test('each mutation is caught', { timeout: 300_000 }, async (t) => {
  const dir = t.testdir()
  for (const change of MUTATIONS)
    t.equal(occurrences(ROOM, change), 1, `${change.name}: what it changes stands once in ${change.file}.ts`)
  const same = await load({ ...(MUTATIONS[0] as Mutation), to: MUTATIONS[0]?.from ?? '' }, join(dir, 'same'))
  // To load a changed room takes longer than to play with it.
  const tried = MUTATIONS.filter((_, k) => LONG || k % 4 === 0)
  let living = await Promise.all(tried.map((change, k) => load(change, join(dir, String(k)))))
  living.push(same)
  for (const { held, blocks, rated } of SCENES) {
    const ledger = createMemoryLedger()
    // Without a block with rates all heights would be gone through for what waits.
    const { first, pLTC } = rated ?? { first: (blocks[0]?.[0] ?? 0) - 1, pLTC: [DOLLAR] }
    for (const [k, rate] of pLTC.entries()) {
      const rates = new Map([
        ['pUSD', DOLLAR],
        ['pLTC', rate],
      ])
      ledger.commit({ ...NOTHING, height: first + k, balances: new Map(), rates })
    }
    ledger.commit({
      ...NOTHING,
      height: 206_422,
      balances: new Map([[alice, new Map(Object.entries(held))]]),
    })
    for (const [height, play] of blocks) {
      const block = blockOf(ledger, height, play)
      living = alike(living, ledger, block, same.apply)
    }
  }
  const chain = await readRecordedChain(RECORDED)
  const chains = ledgerChains(NETWORKS.MainNet)
  const recorded = new Set(chain.heights)
  const ledger = createMemoryLedger()
  const last = chain.heights.at(-1) ?? 0
  for (let height = chain.heights[0] ?? 0; height <= last && living.length > 1; height++) {
    if (!recorded.has(height) && isQuiet(height, terms.rules)) continue
    const block = ledgerBlockOf(chain.block(height) ?? chain.empty(height), chains)
    living = alike(living, ledger, block, same.apply)
  }
  const names = living
    .filter((mutant) => mutant !== same)
    .map(({ change: { file, name } }) => `${file}: ${name}`)
  t.same(names, [], 'none is left')
  t.ok(living.includes(same), 'the rules as they are agree with themselves')
  t.ok(MUTATIONS.length > 75, `${MUTATIONS.length} mutations`)
})
