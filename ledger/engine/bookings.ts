/**
 * What the lines of the history have moved for one address in a block, in the order in which the block did
 * (docs/protocol/ledger.md#order); and so what the address had after each line. Pure.
 */
import type { LedgerRules } from '../rules.js'
import { BURN_ADDRESS, ZERO_ADDRESS } from '../special.js'
import type { Ticker } from '../tickers.js'
import { convert } from './convert.js'
import { hasBank } from './execute.js'
import { madeHash } from './rewards.js'
import type { Rates } from './types.js'

/** What a line of the history says. */
export interface HistoryLine {
  readonly hash: string
  /** Of the block that it is in; one with a conversion is executed later. */
  readonly height: number
  readonly kind: 'transfer' | 'conversion' | 'coinbase' | 'burn'
  /** Whose input it is, or who is paid. */
  readonly address: string
  /** Empty where nothing was put in. */
  readonly ticker: Ticker
  readonly amount: bigint
  /** What a conversion or payment gives; empty for transfers. */
  readonly target: Ticker
  readonly result: bigint
  readonly refund: bigint | null
  readonly outputs: readonly { readonly address: string; readonly amount: bigint }[]
}

export interface ExecutedBlock {
  readonly height: number
  readonly rules: LedgerRules
  /** Of the block; asked for only where they matter. */
  readonly rates: () => Rates | null
}

interface Booking<L> {
  readonly line: L
  readonly ticker: Ticker
  readonly gain: bigint
}

export interface Afters<L> {
  /** What the address had of each token that a line moves, after that line. */
  readonly after: ReadonlyMap<L, ReadonlyMap<Ticker, bigint>>
  /** What it must have had before the first of them. */
  readonly before: ReadonlyMap<Ticker, bigint>
}

/** `lines`: all of one block that the address has a part in, in the order of the history. `end`: what it had at last. */
export function aftersOf<L extends HistoryLine>(
  lines: readonly L[],
  address: string,
  block: ExecutedBlock,
  end: (ticker: Ticker) => bigint,
): Afters<L> {
  const after = new Map<L, Map<Ticker, bigint>>()
  const balances = new Map<Ticker, bigint>()
  for (const { line, ticker, gain } of bookingsOf(lines, address, block).reverse()) {
    const balance = balances.get(ticker) ?? end(ticker)
    const own = after.get(line) ?? new Map<Ticker, bigint>()
    after.set(line, own)
    if (!own.has(ticker)) own.set(ticker, balance)
    balances.set(ticker, balance - gain)
  }
  return { after, before: balances }
}

function bookingsOf<L extends HistoryLine>(
  lines: readonly L[],
  address: string,
  block: ExecutedBlock,
): Booking<L>[] {
  const { height, rules } = block
  const toHolders = ({ hash, kind }: L): boolean => kind === 'coinbase' && hash === madeHash(height)
  const plain = (some: readonly L[]): Booking<L>[] =>
    some.flatMap((line) => movesOf(line, address, block).map((move) => ({ line, ...move })))
  const waited = lines.filter((line) => line.height < height)
  const turns =
    height < rules.sharedBank
      ? [...new Set(waited.map((line) => line.height))].map((entered) =>
          waited.filter((line) => line.height === entered),
        )
      : [waited]
  return [
    ...plain(lines.filter(toHolders)),
    ...turns.flatMap((turn) => turnOf(turn, plain, block)),
    ...plain(lines.filter((line) => line.height === height && !toHolders(line))),
  ]
}

/** Batches that waited; after all of them the bank pays for every conversion of those that ask for PEG. */
function turnOf<L extends HistoryLine>(
  lines: readonly L[],
  plain: (some: readonly L[]) => Booking<L>[],
  { height, rules, rates }: ExecutedBlock,
): Booking<L>[] {
  const asking = hasBank(height, rules)
    ? new Set(lines.filter(({ target }) => target === 'PEG').map(({ hash }) => hash))
    : new Set<string>()
  const asks = ({ hash, kind }: L): boolean => kind === 'conversion' && asking.has(hash)
  const priceOf = (ticker: Ticker) => ({ rate: rates()?.get(ticker) ?? 0n, average: 0n })
  const taken = lines.flatMap((line): Booking<L>[] => {
    if (!asks(line)) return plain([line])
    const { ticker, amount, target } = line
    // What it became before the bank paid it once more.
    const first = target === 'PEG' ? 0n : (convert(amount, priceOf(ticker), priceOf(target), false) ?? 0n)
    return [
      { line, ticker, gain: -amount },
      { line, ticker: target, gain: first },
    ]
  })
  const paid = lines.filter(asks).flatMap((line): Booking<L>[] => [
    { line, ticker: line.target, gain: line.result },
    { line, ticker: line.ticker, gain: line.refund ?? 0n },
  ])
  return [...taken, ...paid]
}

function movesOf(
  { kind, address: own, ticker, amount, target, result, outputs }: HistoryLine,
  address: string,
  { height, rules }: ExecutedBlock,
): Omit<Booking<never>, 'line'>[] {
  const payer = own === address
  if (kind === 'coinbase' || kind === 'burn') return payer ? [{ ticker: target, gain: result }] : []
  if (kind === 'conversion')
    return payer
      ? [
          { ticker, gain: -amount },
          { ticker: target, gain: result },
        ]
      : []
  const sink = address === (height >= rules.enhanced ? BURN_ADDRESS : ZERO_ADDRESS)
  const received = outputs.reduce(
    (sum, output) => sum + (output.address === address ? output.amount : 0n),
    0n,
  )
  return [{ ticker, gain: (sink ? 0n : received) - (payer ? amount : 0n) }]
}
