/** One batch: whether it may be executed, and what it does (docs/protocol/ledger.md#execution). */
import type { LedgerRules } from '../rules.js'
import { BURN_ADDRESS, CLOSED_TARGETS, ZERO_ADDRESS } from '../special.js'
import { NO_TICKER, type Ticker } from '../tickers.js'
import { asksForPeg } from '../transactions/batch.js'
import type { Batch, Conversion, Transfer } from '../transactions/types.js'
import { convert, MOST, type Price } from './convert.js'
import { createPending, settle, type Pending } from './pending.js'
import { REFUSED, type LedgerEvent, type Rates } from './types.js'

/** The prices that conversions of a block use; null for what is executed at once, which holds none. */
export interface Prices {
  readonly rates: Rates
  readonly averages: Rates
}

export interface Execution {
  readonly pending: Pending
  readonly rules: LedgerRules
  readonly height: number
  readonly prices: Prices | null
  readonly tell: (event: LedgerEvent) => void
}

/** `dropped`: nothing is written of it, it waits for ever. `undefined`: the reference would stop at it. */
type Verdict =
  | { readonly kind: 'executed' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'undefined'; readonly reason: string }

const refused = (status: number): Verdict => ({ kind: 'refused', status })
const undefinedAt = (reason: string): Verdict => ({ kind: 'undefined', reason })

/** Executes the batch or refuses it, tells which, and answers whether it was executed. */
export function execute(batch: Batch, execution: Execution): boolean {
  const { height, tell } = execution
  const { hash } = batch
  const verdict = refusalOf(batch, execution) ?? written(batch, execution)
  switch (verdict.kind) {
    case 'executed':
      tell({ type: 'verdict', hash, status: height })
      return true
    case 'refused':
      tell({ type: 'verdict', hash, status: verdict.status })
      return false
    case 'undefined':
      tell({ type: 'skipped', hash, reason: verdict.reason })
      return false
    case 'dropped':
      return false
  }
}

function refusalOf(batch: Batch, execution: Execution): Verdict | null {
  const { pending, rules, height, prices } = execution
  for (const transaction of batch.transactions) {
    const { address, ticker, amount } = transaction.input
    if (amount > balanceOf(pending, address, ticker)) return refused(REFUSED.insufficient)
    if (transaction.kind === 'transfer') continue
    const { target } = transaction
    const rates = prices?.rates
    if (!rates?.get(ticker) || !rates.get(target)) return refused(REFUSED.zeroRate)
    if (height >= rules.closedFct && target === 'pFCT') return refused(REFUSED.closedFct)
    if (height >= rules.enhanced && CLOSED_TARGETS.has(target)) return refused(REFUSED.closedTarget)
    if (resultOf(transaction, execution) === null) return { kind: 'dropped' }
  }
  return isCovered(batch, execution) ? null : refused(REFUSED.insufficient)
}

/** Transactions may spend what an earlier one has brought, here also PEG that the bank has not granted yet. */
function isCovered(batch: Batch, execution: Execution): boolean {
  const own = createPending({ balance: (address, ticker) => balanceOf(execution.pending, address, ticker) })
  for (const transaction of batch.transactions) {
    const { address, ticker, amount } = transaction.input
    if (!own.take(address, ticker, amount)) return false
    if (transaction.kind === 'conversion')
      own.add(address, transaction.target, resultOf(transaction, execution) ?? 0n)
    else
      for (const output of transaction.outputs)
        if (output.address === address) own.add(address, ticker, output.amount)
  }
  return true
}

const balanceOf = (pending: Pending, address: string, ticker: Ticker): bigint =>
  ticker === NO_TICKER ? 0n : pending.balance(address, ticker)

/** What the conversion gives; null if it cannot be carried out. */
export function resultOf({ input, target }: Conversion, { prices, rules, height }: Execution): bigint | null {
  const price = (ticker: Ticker): Price => ({
    rate: prices?.rates.get(ticker) ?? 0n,
    average: prices?.averages.get(ticker) ?? 0n,
  })
  return convert(input.amount, price(input.ticker), price(target), height >= rules.averages)
}

/** Whether conversions into PEG are paid from the bank, in a second pass. */
export const hasBank = (height: number, rules: LedgerRules): boolean =>
  height >= rules.bank && height < rules.pegnet2

function written(batch: Batch, execution: Execution): Verdict {
  const { rules, height } = execution
  const { transactions } = batch
  if (transactions.some(({ input }) => input.ticker === NO_TICKER))
    return undefinedAt('a transfer of no token')
  if (hasBank(height, rules) && asksForPeg(batch) && transactions.some(({ kind }) => kind === 'transfer'))
    return undefinedAt('a transfer beside a conversion into PEG')
  const own = createPending(execution.pending)
  const events: LedgerEvent[] = []
  const within: Execution = { ...execution, pending: own, tell: (event) => events.push(event) }
  for (const [index, transaction] of transactions.entries()) {
    const { address, ticker, amount } = transaction.input
    if (!own.take(address, ticker, amount)) return undefinedAt('PEG of the bank, spent before it was granted')
    if (transaction.kind === 'conversion') creditResult(batch.hash, index, transaction, within)
    else creditOutputs(transaction, within)
  }
  for (const balances of own.changes.values())
    for (const balance of balances.values()) if (balance > MOST) return undefinedAt('a balance beyond 2^63')
  settle(own, execution.pending)
  events.forEach(execution.tell)
  return { kind: 'executed' }
}

function creditResult(hash: string, index: number, conversion: Conversion, execution: Execution): void {
  const { pending, height, rules, tell } = execution
  const { input, target } = conversion
  if (hasBank(height, rules) && target === 'PEG') return
  const amount = resultOf(conversion, execution) ?? 0n
  pending.add(input.address, target, amount)
  tell({ type: 'converted', hash, index, ticker: input.ticker, target, amount, refund: null })
}

function creditOutputs({ input, outputs }: Transfer, { pending, height, rules, tell }: Execution): void {
  const sink = height >= rules.enhanced ? BURN_ADDRESS : ZERO_ADDRESS
  const { ticker } = input
  for (const { address, amount } of outputs)
    if (address === sink) tell({ type: 'destroyed', address, ticker, amount })
    else pending.add(address, ticker, amount)
}
