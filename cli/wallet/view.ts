/** Batches as people read them: what each transaction does, what it would give, what became of it. Pure. */
import { isoTime, unitsText } from '../../base/index.js'
import {
  addressText,
  goodUntil,
  refusalText,
  type Earlier,
  type Fate,
  type LastPrices,
  type LedgerAction,
  type LedgerTransaction,
  type Preview,
} from '../../ledger/index.js'
import type { PublishResult } from '../../factom/index.js'
import { actionLine } from '../ledger/view.js'

/** `10 PEG → pUSD`, `3 pUSD to FA…`. */
export function transactionText(transaction: LedgerTransaction): string {
  const { amount, ticker } = transaction.input
  const input = `${unitsText(amount)} ${ticker}`
  if (transaction.kind === 'conversion') return `${input} → ${transaction.target}`
  const { outputs } = transaction
  const [first] = outputs
  if (first && outputs.length === 1) return `${input} to ${addressText(first.address)}`
  const parts = outputs.map((output) => `${unitsText(output.amount)} to ${addressText(output.address)}`)
  return `${input}: ${parts.join(', ')}`
}

export function transactionFacts(transaction: LedgerTransaction) {
  const { address, amount, ticker } = transaction.input
  const input = { address: addressText(address), ticker, amount: String(amount) }
  return transaction.kind === 'conversion'
    ? { kind: transaction.kind, ...input, target: transaction.target }
    : {
        ...{ kind: transaction.kind, ...input },
        outputs: transaction.outputs.map((output) => ({
          address: addressText(output.address),
          amount: String(output.amount),
        })),
      }
}

/** What the rates say of a conversion now. */
export function quoteLines(
  transactions: readonly LedgerTransaction[],
  preview: Preview,
  prices: LastPrices | null,
): string[] {
  if (preview.kind !== 'executed' || prices === null) return []
  const tickers = new Set(
    transactions.flatMap((one) => (one.kind === 'conversion' ? [one.input.ticker, one.target] : [])),
  )
  if (tickers.size === 0) return []
  const results = preview.converted.flatMap(({ index, amount, refund }) => {
    const transaction = transactions[index]
    if (transaction?.kind !== 'conversion') return []
    const { input, target } = transaction
    const back = refund === null ? '' : `, ${unitsText(refund)} ${input.ticker} given back`
    return `${unitsText(input.amount)} ${input.ticker} → ${unitsText(amount)} ${target}${back}`
  })
  return [
    ...results.map((text) => `now: ${text}`),
    ...[...tickers].map((ticker) => {
      const average = prices.averages.get(ticker)
      const rate = unitsText(prices.rates.get(ticker) ?? 0n)
      return `${ticker}: ${rate} USD by block ${prices.height}${average === undefined ? '' : `, average ${unitsText(average)}`}`
    }),
    'The result is fixed by a later block: the next one that has rates. Of rate and average the worse one counts for you.',
    ...(preview.converted.some(({ refund }) => refund !== null)
      ? [
          'Conversions into PEG share a bank of 5000 PEG a block: if others ask too you get a part, and the rest of your tokens back.',
        ]
      : []),
  ]
}

export const timeText = (seconds: number): string => `${isoTime(seconds).slice(0, 16).replace('T', ' ')} UTC`

export function fateText(fate: Fate): string {
  switch (fate.kind) {
    case 'executed':
      return `executed in block ${fate.height}`
    case 'refused':
      return `${refusalText(fate.status)}, in block ${fate.height}`
    case 'waiting':
      return `in block ${fate.height}; executed by the next block that has rates`
    case 'dropped':
      return `in block ${fate.height}, but never executed: a price was missing`
    case 'passed':
      return `in block ${fate.height}, of which the ledger takes nothing; only if the same entry came into a block again, it would be executed, until ${timeText(fate.until)}`
    case 'expired':
      return 'never executed, and now it cannot be any more: it was signed more than 12 hours ago'
    case 'open':
      return `not in a block yet; it may be executed until ${timeText(fate.until)}`
  }
}

/** `unfinished`: null where the node was not asked. `result`: of one that was sent again. */
export interface ToldBatch extends Omit<Earlier, 'unfinished'> {
  readonly unfinished: boolean | null
  readonly result: PublishResult | null
}

export function earlierEvent({ batch, fate, unfinished, result }: ToldBatch) {
  return {
    ...{ event: 'wallet.earlier', hash: batch.entry.hash, fate: fate.kind },
    height: 'height' in fate ? fate.height : null,
    status: fate.kind === 'refused' ? fate.status : null,
    goodUntil: isoTime(goodUntil(batch)),
    unfinished,
    sentAgain: result === null ? null : result.state,
    transactions: batch.transactions.map(transactionFacts),
  }
}

export function earlierText({ batch, fate, result }: ToldBatch): string {
  const again =
    result === null ? '' : result.state === 'missed' ? `; not sent: ${result.reason ?? ''}` : '; sent again'
  return `${batch.transactions.map(transactionText).join('; ')}: ${fateText(fate)}${again}`
}

/** Rewards of one block are one line: a miner has up to 25 of them. */
export function historyLines(actions: readonly LedgerAction[], whose: string): string[] {
  if (actions.length === 0) return [' nothing']
  const lines: { readonly first: LedgerAction; result: bigint; count: number }[] = []
  for (const action of actions) {
    const last = lines.at(-1)
    if (last && isSameReward(last.first, action)) {
      last.result += action.result
      last.count++
    } else lines.push({ first: action, result: action.result, count: 1 })
  }
  return lines.map(
    ({ first, result, count }) =>
      actionLine({ ...first, result }, whose) + (count > 1 ? `  (${count} rewards)` : ''),
  )
}

const isSameReward = (one: LedgerAction, other: LedgerAction): boolean =>
  one.kind === 'coinbase' &&
  other.kind === 'coinbase' &&
  one.height === other.height &&
  one.target === other.target
