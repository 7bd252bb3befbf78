/** Payments out of nothing: winners, holders, developers; and burnt factoids (docs/protocol/ledger.md#payments). */
import type { FactoidTransaction } from '../../factom/index.js'
import type { LedgerRules } from '../rules.js'
import { DEVELOPERS, FACTOID_BURN } from '../special.js'
import { readAddress } from '../transactions/address.js'
import { convert } from './convert.js'
import type { Pending } from './pending.js'
import type { Grades } from './rates.js'
import { shareOut } from './shares.js'
import type { LedgerBlock, LedgerEvent, LedgerView, Rates } from './types.js'

/** Holders and developers are paid once a day. */
export const SNAPSHOT_BLOCKS = 144
const PEG = 100_000_000n
/** PEG of a block, in 1e-8. */
const HOLDERS = 4_500n * PEG
const DEVELOPMENT = 2_000n * PEG

export interface Paying {
  readonly pending: Pending
  readonly block: Pick<LedgerBlock, 'height' | 'seconds'>
  readonly tell: (event: LedgerEvent) => void
}

type Credited = Extract<LedgerEvent, { type: 'credited' }>

function pay(
  { pending, block, tell }: Paying,
  credited: Omit<Credited, 'type' | 'seconds'> & { seconds?: number },
): void {
  for (const { address, ticker, amount } of credited.credits) pending.add(address, ticker, amount)
  tell({ type: 'credited', seconds: block.seconds, ...credited })
}

/** Factoids that were sent to the burn key become pFCT: all that the input had, in transactions of this form alone. */
export function creditBurns(factoids: readonly FactoidTransaction[], paying: Paying): void {
  for (const { inputs, outputs, ecOutputs, txid, timeMs } of factoids) {
    const [input] = inputs
    const [burn] = ecOutputs
    if (inputs.length !== 1 || outputs.length > 0 || ecOutputs.length !== 1 || !input || !burn) continue
    if (burn.address !== FACTOID_BURN || burn.amount !== 0n) continue
    const { address, amount } = input
    pay(paying, {
      ...{ action: 'burn', hash: txid, order: -1, seconds: Math.floor(timeMs / 1000) },
      credits: [{ index: 0, address, ticker: 'pFCT', amount }],
    })
  }
}

/** The winners of both kinds of records, by place. One whose address is none (in version 1) is paid nothing. */
export function payWinners({ oracle, staking }: Grades, paying: Paying): void {
  const winners = [
    ...(oracle?.graded ?? []).map(({ entryHash, payout, opr }) => ({ entryHash, payout, text: opr.address })),
    ...(staking?.graded ?? []).map(({ entryHash, payout, spr }) => ({
      entryHash,
      payout,
      text: spr.address,
    })),
  ]
  for (const { entryHash, payout, text } of winners) {
    const address = readAddress(text)
    if (payout === 0n || address === null) continue
    pay(paying, {
      ...{ action: 'coinbase', hash: entryHash, order: 0 },
      credits: [{ index: 0, address, ticker: 'PEG', amount: payout }],
    })
  }
}

/** The hash that a payment without an entry goes by. */
export const madeHash = (height: number, prefix = ''): string =>
  prefix + String(height).padStart(64 - prefix.length, '0')

/**
 * What was held at both snapshots, in USD and without PEG, shares the holders' part of a day. If all of it is worth less
 * than the bank, each dollar is paid one PEG.
 */
export function payHolders(view: LedgerView, rates: Rates, rules: LedgerRules, paying: Paying): void {
  const { height } = paying.block
  const hash = madeHash(height)
  const stakes: { readonly address: string; readonly amount: bigint }[] = []
  for (const [address, balances] of view.heldSinceSnapshot()) {
    let amount = 0n
    for (const [ticker, held] of balances) {
      if (ticker === 'PEG' || held === 0n) continue
      const worth = worthOf(held, rates.get(ticker), rates.get('pUSD'))
      if (worth !== null) amount += worth
      else if (height < rules.enhanced)
        paying.tell({ type: 'skipped', hash, reason: `${ticker} is held, but has no rate` })
    }
    if (amount > 0n) stakes.push({ address, amount })
  }
  if (stakes.length === 0) return
  stakes.sort((a, b) =>
    a.amount === b.amount ? (a.address < b.address ? -1 : 1) : a.amount < b.amount ? -1 : 1,
  )
  const requests = stakes.map(({ amount }, index) => ({ hash, index, amount }))
  const shares = shareOut(HOLDERS * BigInt(SNAPSHOT_BLOCKS), requests)
  const credits = stakes.map(({ address }, index) => ({
    ...{ index, address, ticker: 'PEG' },
    amount: shares[index] ?? 0n,
  }))
  pay(paying, { action: 'coinbase', hash, order: 0, credits })
}

function worthOf(held: bigint, rate = 0n, dollar = 0n): bigint | null {
  return convert(held, { rate, average: rate }, { rate: dollar, average: dollar }, false)
}

/** At first they were paid one block's part a day, by mistake. */
export function payDevelopers(rules: LedgerRules, paying: Paying): void {
  const { height } = paying.block
  const blocks = height >= rules.enhanced ? BigInt(SNAPSHOT_BLOCKS) : 1n
  DEVELOPERS.forEach(([address, percent], k) => {
    const amount = (DEVELOPMENT / 100n) * percent * blocks
    pay(paying, {
      ...{ action: 'coinbase', hash: madeHash(height, String(k + 1).padStart(2, '0')), order: 0 },
      credits: [{ index: k % 10, address, ticker: 'PEG', amount }],
    })
  })
}
