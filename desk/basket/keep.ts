/**
 * One look at a basket that is kept: what is on its way is waited for; then, if it is due, its conversions are signed and
 * sent, each as a batch of its own. What was sent is known by the wallet's outbox until the ledger says what became of it,
 * and nothing is decided meanwhile: wherever the program ends, the next look begins with what the address then holds.
 */
import {
  composeBatch,
  forgetOver,
  isOver,
  lookBack,
  reservedOf,
  sendAgain,
  sendBatch,
  signBatch,
  signingTime,
  standingOf as chainStanding,
  type Earlier,
  type LedgerRules,
  type Rates,
  type LookingParts,
  type SendingParts,
  type SigningKey,
} from '../../ledger/index.js'
import type { Book } from './book.js'
import {
  createDue,
  decide,
  standingOf,
  transactionsOf,
  type Decision,
  type Priced,
  type Reason,
} from './decide.js'
import type { Basket } from './file.js'
import { WHOLE } from './weights.js'

export interface KeepParts {
  readonly looking: LookingParts
  /** Of the entries of batches. */
  readonly chainId: string
  /** RCD hash, hex. */
  readonly address: string
  readonly rules: LedgerRules
  readonly book: Book
  /** Null: conversions are shown, not sent. */
  readonly sends: { readonly key: SigningKey; readonly publisher: SendingParts['publisher'] } | null
  /** Rates of the last blocks, oldest first. */
  readonly past: (count: number) => readonly Rates[]
  readonly hear: (event: KeepEvent) => void
}

export type KeepEvent =
  /** What became of one that was sent before. */
  | { readonly kind: 'earlier'; readonly earlier: Earlier }
  | { readonly kind: 'waiting'; readonly reason: string }
  /** What a look found, whether anything is due or not. */
  | { readonly kind: 'looked'; readonly height: number; readonly decision: Decision }
  | {
      readonly kind: 'planned'
      readonly height: number
      readonly reason: Reason
      readonly decision: Decision
    }
  /** Told before it is sent. */
  | { readonly kind: 'signed'; readonly move: Priced; readonly hash: string }
  | { readonly kind: 'sent'; readonly move: Priced; readonly hash: string; readonly state: string }
  | { readonly kind: 'limited'; readonly move: Priced; readonly left: bigint }

export async function keepOnce(basket: Basket, parts: KeepParts): Promise<void> {
  const { book, hear, sends } = parts
  const found = await look(basket, parts)
  if (found === null) return
  const { reason, decision, height } = found
  hear({ kind: 'planned', height, reason, decision })
  if (sends === null) return
  const sending = { ...parts.looking, publisher: sends.publisher }
  for (const move of decision.moves) {
    const left = basket.run.mostADay - book.spentToday()
    const allowed = withinLimit(move, decision, left)
    if (allowed === null) {
      hear({ kind: 'limited', move, left })
      break
    }
    const standing = await chainStanding(sending)
    const unsigned = composeBatch(parts.chainId, transactionsOf([allowed], parts.address))
    const batch = signBatch(unsigned, sends.key, signingTime(standing))
    book.sign(batch.entry.hash, usdOf(allowed, decision))
    const { hash } = batch.entry
    hear({ kind: 'signed', move: allowed, hash })
    const { state } = await sendBatch(batch, sending, standing)
    hear({ kind: 'sent', move: allowed, hash, state })
  }
  // Not before: what a crash left unsent is decided anew.
  if (reason.slot !== null) book.finish(reason.slot)
}

async function look(basket: Basket, { looking, address, rules, past, book, sends, hear }: KeepParts) {
  const { source } = looking
  const wait = (reason: string): null => {
    hear({ kind: 'waiting', reason })
    return null
  }
  const chain = await chainStanding(looking)
  const earlier = await lookBack(looking, chain)
  for (const one of earlier) hear({ kind: 'earlier', earlier: one })
  // The outbox is changed by the one that sends alone.
  if (sends !== null) forgetOver(looking, earlier)
  // Only what this basket has signed: of others their owner may have thought better.
  for (const { batch, unfinished } of earlier)
    if (unfinished && sends !== null && book.has(batch.entry.hash))
      await sendAgain(batch, { ...looking, publisher: sends.publisher }, chain)
  if (chain.behind > 0)
    return wait(`the ledger lacks ${chain.behind === 1 ? 'a block' : `${chain.behind} blocks`}`)
  if (earlier.some(({ fate }) => !isOver(fate))) return wait('conversions are on their way')
  const prices = await source.prices()
  if (prices === null) return wait('there are no rates yet')
  if ((await reservedOf(address, looking, prices.height)).size > 0)
    return wait('conversions are on their way that were signed elsewhere')
  const height = await source.height()
  const balances = await source.balances(address)
  // Balances and prices must be of one block.
  if ((await source.height()) !== height || (await source.prices())?.height !== prices.height)
    return wait('a block has come just now')
  const terms = { address, height, prices, past: past(basket.window), rules }
  const standing = standingOf(basket, terms, { balances, now: chain.nodeMs })
  const decision = decide(basket, standing, terms)
  hear({ kind: 'looked', height, decision })
  const reason = createDue(basket)(standing, decision.lines, book.done())
  return reason === null ? null : { reason, decision, height }
}

/** 1e-8 USD. */
function usdOf({ ticker, amount }: Priced, { lines }: Decision): bigint {
  return (amount * (lines.find((line) => line.ticker === ticker)?.rate ?? 0n)) / WHOLE
}

/** As much of it as the day still allows; null: nothing. */
function withinLimit(move: Priced, decision: Decision, left: bigint): Priced | null {
  const usd = usdOf(move, decision)
  if (usd <= left) return move
  const amount = left > 0n ? (move.amount * left) / usd : 0n
  return amount === 0n ? null : { ...move, amount, result: (move.result * amount) / move.amount }
}
