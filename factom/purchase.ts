/** Entry credits for factoids: the transaction, and sending it until it is on the chain. */
import { isCoded, messageOf, pauseAfter, unitsText } from '../base/index.js'
import type { FactoidKey } from './address.js'
import { decodeAddress } from './address.js'
import { toHex } from './bytes.js'
import type { FactomClient } from './client.js'
import { fail } from './errors.js'
import { composeTransaction, decodeTransaction, transactionFee } from './factoid-transaction.js'
import type { FactoidTransaction } from './factoid-transaction.js'
import type { PendingMessages } from './pending.js'
import { REAL_TIME } from './timing.js'
import type { Timing } from './timing.js'

export interface PurchaseTerms {
  readonly credits: number
  /** Factoshis for one entry credit. */
  readonly rate: bigint
  /** Who gets them: EC address. */
  readonly ecAddress: string
  readonly payer: FactoidKey
  /** UNIX ms. */
  readonly timeMs: number
}

export interface Purchase {
  readonly transaction: FactoidTransaction
  /** Factoshis for the credits themselves. */
  readonly price: bigint
  readonly fee: bigint
}

/** One factoid input, one entry-credit output, the least fee that is accepted. */
export function composePurchase({ credits, rate, ecAddress, payer, timeMs }: PurchaseTerms): Purchase {
  const price = BigInt(credits) * rate
  const compose = (fee: bigint) =>
    composeTransaction(
      {
        timeMs,
        inputs: [{ amount: price + fee, address: toHex(payer.rcdHash) }],
        outputs: [],
        ecOutputs: [{ amount: price, address: toHex(decodeAddress(ecAddress, 'EC')) }],
      },
      [payer],
    )
  const fee = transactionFee(compose(0n), rate)
  return { transaction: compose(fee), price, fee }
}

type PurchaseClient = Pick<FactomClient, 'factoidBalance' | 'factoidSubmit' | 'factoidAck'>

export interface BuyOptions {
  readonly pending: PendingMessages
  readonly signal?: AbortSignal
  /** How long it may take until the transaction is acknowledged, ms. Default 60 000. */
  readonly timeoutMs?: number
  readonly timing?: Timing
}

const PENDING = 'purchase'
const TIMEOUT_MS = 60_000
const PAUSES = { first: 200, factor: 1.5, cap: 3000 }
/** Beyond an hour the network drops it. */
const GOOD_FOR_MS = 55 * 60_000

/**
 * A purchase that was begun and may be on its way: to be finished before another one is made. `wallMs` is the earliest
 * that it may be.
 */
export function begunPurchase(pending: PendingMessages, wallMs: number): FactoidTransaction | null {
  const raw = pending.get(PENDING)
  if (raw === undefined) return null
  const transaction = decodeTransaction(raw)
  if (wallMs - transaction.timeMs < GOOD_FOR_MS) return transaction
  pending.remove(PENDING)
  return null
}

/**
 * Sends the transaction, remembered first, until it is acknowledged. Throws `E_FACTOM_FUNDS` if the payer has too
 * little, `E_FACTOM_PURCHASE` when the time is over, and what the node refuses.
 */
export async function buyCredits(
  client: PurchaseClient,
  { transaction, payer }: { readonly transaction: FactoidTransaction; readonly payer: string },
  { pending, signal, timeoutMs = TIMEOUT_MS, timing = REAL_TIME }: BuyOptions,
): Promise<void> {
  const { raw, txid } = transaction
  const giveUp = timing.monotonicMs() + timeoutMs
  let trouble = 'the node does not show it'
  let sentAt = -Infinity
  if (pending.get(PENDING) === undefined) {
    const needed = transaction.inputs.reduce((sum, { amount }) => sum + amount, 0n)
    const balance = await client.factoidBalance(payer, signal)
    if (balance < needed)
      throw fail('E_FACTOM_FUNDS', `${payer} has ${fctText(balance)} FCT, ${fctText(needed)} are needed`)
    pending.put(PENDING, raw)
  }
  for (let polls = 0; timing.monotonicMs() < giveUp; polls++) {
    try {
      if (timing.monotonicMs() - sentAt >= RESEND_MS) {
        await client.factoidSubmit(raw, signal)
        sentAt = timing.monotonicMs()
      }
      const status = await client.factoidAck(txid, signal)
      if (status === 'TransactionACK' || status === 'DBlockConfirmed') return pending.remove(PENDING)
    } catch (error) {
      if (!isCoded(error) || !error.retryable) throw error
      trouble = messageOf(error)
    }
    await timing.sleep(pauseAfter(polls, PAUSES), signal)
    if (signal?.aborted) throw fail('E_FACTOM_ABORTED', 'the purchase was ended')
  }
  throw fail('E_FACTOM_PURCHASE', `the transaction ${txid} is not seen after ${timeoutMs} ms: ${trouble}`)
}

const RESEND_MS = 10_000

/** Factoshis as factoids: `12.00012`. */
export const fctText = unitsText
