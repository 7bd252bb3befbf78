/** Entry credits for factoids: the transaction, and sending it until it is on the chain. */
import { isCoded, isoTime, messageOf, pauseAfter, unitsText } from '../base/index.js'
import { type FactoidKey, decodeAddress } from './address.js'
import { toHex } from './bytes.js'
import type { FactomClient } from './client.js'
import { fail } from './errors.js'
import { composeTransaction, decodeTransaction, transactionFee } from './factoid-transaction.js'
import type { FactoidTransaction } from './factoid-transaction.js'
import type { PendingMessages } from './pending.js'
import { REAL_TIME, type Timing } from './timing.js'

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
/** For an hour the network takes it; the clocks of its nodes may differ by minutes. */
const GOOD_FOR_MS = 65 * 60_000

/** A transaction that an earlier run signed, and was not seen to finish. */
export interface Begun {
  readonly transaction: FactoidTransaction
  /** `done`: it is on the chain. `open`: it is not, and may still come there. `void`: it cannot any more. */
  readonly state: 'done' | 'open' | 'void'
}

/** Null: there is none. `wallMs` is the earliest that it may be. */
export async function begunPurchase(
  client: Pick<FactomClient, 'factoidAck'>,
  pending: PendingMessages,
  { wallMs, signal }: { readonly wallMs: number; readonly signal?: AbortSignal },
): Promise<Begun | null> {
  const raw = pending.get(PENDING)
  if (raw === undefined) return null
  const transaction = decodeTransaction(raw)
  if (await isSeen(client, transaction, signal)) return { transaction, state: 'done' }
  return { transaction, state: wallMs - transaction.timeMs < GOOD_FOR_MS ? 'open' : 'void' }
}

/**
 * What to go on with, if it is the same as is asked for now; null: a new one is to be made. Throws `E_FACTOM_UNFINISHED`
 * while another one may still be executed. `of` says of a transaction what it pays for, and how to ask for it.
 */
export function takenUp(
  begun: Begun | null,
  of: (transaction: FactoidTransaction) => {
    readonly same: boolean
    readonly text: string
    readonly command: string
  },
): Begun | null {
  if (begun === null || begun.state === 'void') return null
  const { transaction, state } = begun
  const { same, text, command } = of(transaction)
  if (same) return begun
  if (state === 'done') return null
  const until = isoTime((transaction.timeMs + GOOD_FOR_MS) / 1000)
  throw fail(
    'E_FACTOM_UNFINISHED',
    `an earlier run has signed ${text} (${transaction.txid}), and the node does not show it yet: ${command} sends the same again; else it is void after ${until}`,
  )
}

async function isSeen(
  client: Pick<FactomClient, 'factoidAck'>,
  { txid }: Pick<FactoidTransaction, 'txid'>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const status = await client.factoidAck(txid, signal)
  return status === 'TransactionACK' || status === 'DBlockConfirmed'
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
  const known = pending.get(PENDING)
  const giveUp = timing.monotonicMs() + timeoutMs
  let trouble = 'the node does not show it'
  let sentAt = -Infinity
  if (known !== undefined && toHex(known) === toHex(raw)) {
    if (await isSeen(client, transaction, signal)) return pending.remove(PENDING)
  } else {
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
      if (await isSeen(client, transaction, signal)) return pending.remove(PENDING)
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
