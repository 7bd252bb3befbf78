/** Batches with conversions: they wait for the next block that has rates, and are executed there. */
import { asksForPeg } from '../transactions/batch.js'
import type { Batch } from '../transactions/types.js'
import { averagesFor, type AverageForm } from './averages.js'
import { refundOf } from './convert.js'
import { execute, hasBank, resultOf, type Execution } from './execute.js'
import { shareOut } from './shares.js'
import { REFUSED, type Bank, type LedgerView, type Rates } from './types.js'

/** PEG in 1e-8 that conversions of a block may create. */
const BANK = 500_000_000_000n

/** Executes what waits since the last block that had rates. Answers with the bank that was shared, if the block has one. */
export function executeHeld(
  view: LedgerView,
  rates: Rates,
  begun: Omit<Execution, 'prices'>,
  form?: AverageForm,
): Bank | null {
  const since = view.ratesBefore(begun.height)?.height ?? 0
  const averages = averagesFor(view, since, { rates, ...begun }, form)
  return executeSince(view, since, { ...begun, prices: { rates, averages } })
}

/** The same with prices that are known: executes what waits since this height. */
export function executeSince(
  view: Pick<LedgerView, 'held' | 'known'>,
  since: number,
  execution: Execution,
): Bank | null {
  const { height, rules } = execution
  const asking: Batch[] = []
  let bank: Bank | null = null
  for (const batches of view.held(since, height)) {
    for (const batch of batches)
      if (executeOne(view, batch, execution) && asksForPeg(batch)) asking.push(batch)
    // Each height has a bank of its own.
    if (hasBank(height, rules) && height < rules.sharedBank) payFromBank(asking.splice(0), execution)
  }
  if (hasBank(height, rules) && height >= rules.sharedBank) bank = payFromBank(asking, execution)
  return bank
}

function executeOne(view: Pick<LedgerView, 'known'>, batch: Batch, execution: Execution): boolean {
  const { hash } = batch
  if (execution.height >= execution.rules.pegnet2 && asksForPeg(batch)) {
    execution.tell({ type: 'verdict', hash, status: REFUSED.invalid })
    return false
  }
  return view.known(hash) !== 'executed' && execute(batch, execution)
}

/**
 * Every conversion of the batches is paid from the bank, those into other tokens too, which have been paid already: the
 * reference does so.
 */
function payFromBank(batches: readonly Batch[], execution: Execution): Bank {
  const { pending, prices, tell } = execution
  const asked = batches.flatMap(({ hash, transactions }) =>
    transactions.flatMap((transaction, index) =>
      transaction.kind === 'conversion'
        ? [{ hash, index, transaction, amount: resultOf(transaction, execution) ?? 0n }]
        : [],
    ),
  )
  const shares = shareOut(BANK, asked)
  let used = 0n
  for (const [k, { hash, index, transaction }] of asked.entries()) {
    const { input, target } = transaction
    const amount = shares[k] ?? 0n
    const rate = (ticker: string): bigint => prices?.rates.get(ticker) ?? 0n
    const refund = refundOf(input.amount, amount, rate(input.ticker), rate(target))
    used += amount
    pending.add(input.address, target, amount)
    pending.add(input.address, input.ticker, refund)
    tell({ type: 'converted', hash, index, ticker: input.ticker, target, amount, refund })
  }
  const requested = asked.reduce((sum, { amount }) => sum + amount, 0n)
  return { amount: BANK, used, requested: BigInt.asUintN(64, requested) }
}
