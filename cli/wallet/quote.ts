/** What a batch would do, shown before it is signed. */
import {
  addressText,
  creditsOf,
  lookAt,
  requireAccepted,
  type LedgerTransaction,
  type Unsigned,
} from '../../ledger/index.js'
import { factPrinter } from '../view/facts.js'
import { plural } from '../view/format.js'
import type { WalletContext } from './context.js'
import type { Reach } from './reach.js'
import { quoteLines, transactionFacts, transactionText } from './view.js'

/** Throws `E_WALLET_REFUSED` if the ledger would refuse it. */
export async function quote({ output }: WalletContext, reach: Reach, unsigned: Unsigned): Promise<void> {
  const { transactions } = unsigned
  const look = await lookAt(unsigned, reach)
  const { address, height, prices, preview } = look
  output.event({
    ...{ event: 'wallet.quote', height, address: addressText(address) },
    transactions: transactions.map(transactionFacts),
    would: preview.kind,
    status: preview.kind === 'refused' ? preview.status : null,
    converted: (preview.kind === 'executed' ? preview.converted : []).map(({ index, amount, refund }) => ({
      ...{ index, amount: String(amount), refund: refund === null ? null : String(refund) },
    })),
    ratesHeight: prices?.height ?? null,
    rates: ratesOf(transactions, prices?.rates),
    averages: ratesOf(transactions, prices?.averages),
  })
  showBatch({ output }, unsigned)
  const fact = factPrinter(output)
  quoteLines(transactions, preview, prices).forEach((line, k) => fact(k === 0 ? 'quote' : '', line))
  requireAccepted(look, unsigned)
}

export function showBatch({ output }: Pick<WalletContext, 'output'>, unsigned: Unsigned): void {
  const { transactions } = unsigned
  const fact = factPrinter(output)
  fact('from', addressText(transactions[0]?.input.address ?? ''))
  transactions.forEach((transaction, k) => fact(k === 0 ? 'batch' : '', transactionText(transaction)))
  fact('cost', `${plural(creditsOf(unsigned), 'entry credit')}; the ledger takes no fee`)
}

function ratesOf(
  transactions: readonly LedgerTransaction[],
  rates: ReadonlyMap<string, bigint> | undefined,
): Record<string, string> {
  const tickers = transactions.flatMap((one) =>
    one.kind === 'conversion' ? [one.input.ticker, one.target] : [],
  )
  return Object.fromEntries([...new Set(tickers)].map((ticker) => [ticker, String(rates?.get(ticker) ?? 0n)]))
}
