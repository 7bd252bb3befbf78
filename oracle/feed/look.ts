/** What became of a withdrawal, as both chains say. Reads only. */
import {
  decodeTransaction,
  gatewayOpOf,
  markerAddress,
  payoutFee,
  pubkeyAddress,
  type CallOptions,
  type PendingWithdrawal,
  type SignedWithdrawal,
} from '../../komodo/index.js'
import type { Fact } from './withdrawal-states.js'
import type { Item } from './journal.js'
import type { WithdrawalRecord } from './ledger-file.js'
import type { PaymentSearch } from './payments.js'
import { RELEASE } from './posting.js'
import type { WithdrawalTools } from './tools.js'
import type { Place } from './withdrawal.js'

/** A withdrawal that is in no list, and was paid this many blocks ago, was marked by another signer. */
const SETTLED_BLOCKS = 3

/** What a transaction asks of the gateway; null: nothing. */
function askedBy(
  withdrawTxid: string,
  hex: string,
  bindTxid: string,
  { coin, versions, deposit }: WithdrawalTools['gateway'],
): Item | null {
  const op = gatewayOpOf(decodeTransaction(hex))?.op
  if (op?.op !== 'gateway-withdraw' || op.bindTxid !== bindTxid || op.coin !== coin) return null
  return {
    withdrawTxid,
    amount: op.amount,
    intent: {
      payAddress: pubkeyAddress(op.withdrawPubkey, versions),
      markerAddress: markerAddress(withdrawTxid, versions),
      depositAddress: deposit,
      amount: op.amount,
      fee: payoutFee(coin),
      versions,
    },
  }
}

export function createLook(tools: WithdrawalTools) {
  const { settings, asset, reference, gateway, journal, evidence, payment, steps, order } = tools
  const { bindTxid, pubkey, withdrawals } = settings
  const { m, n } = gateway
  const watched = new Set<string>()
  /** Markers that the wallet did not watch until now: it does not know of payments made before. */
  const watchedLate = new Set<string>()

  /** Has the reference node notice payments to the marker from now on, address index or not. */
  async function watch(item: Item, options: CallOptions): Promise<void> {
    const { markerAddress: address } = item.intent
    if (watched.has(address)) return
    const known = await reference.address(address, options)
    if (!known.mine && !known.watched) {
      await reference.watch(address, item.withdrawTxid, options)
      watchedLate.add(address)
    }
    watched.add(address)
  }

  /**
   * Where the next step belongs. For a gateway of one key daemons do not say what came after the request, since that
   * gateway needs none; a stranger may have made one all the same.
   */
  async function placeOf(pending: PendingWithdrawal, options: CallOptions): Promise<Place> {
    const { withdrawTxid, lastTxid, signs } = pending
    const first: Place = { stage: 'pending', lastTxid, signs }
    if (n > 1 || (await asset.isUnspent({ txid: withdrawTxid, vout: 0 }, options))) return first
    const last = await steps.newest(withdrawTxid, options)
    return last === null ? first : { stage: 'pending', ...last }
  }

  function paymentOf(item: Item, hint: string | null, options: CallOptions): Promise<PaymentSearch> {
    return payment(item.intent, [hint, journal.knownOf(item).payoutTxid], options)
  }

  /** Whether it is in a block that a transaction pays it. */
  function isMined({ withdrawTxid }: Item, search: PaymentSearch): boolean {
    const mined = search.found === 'paid' && search.by.confirmations > 0
    if (mined) order.paid.add(withdrawTxid)
    return mined
  }

  const unpaidOf = ({ intent }: Item, place: Place, search: { readonly complete: boolean }) => ({
    place,
    complete: search.complete || !watchedLate.has(intent.markerAddress),
  })

  /** Whether this node's owner has released it: with `feed settle`, or by hand. */
  async function isReleased(item: Item, { hex, completeTxid }: SignedWithdrawal, options: CallOptions) {
    if (hex !== RELEASE) return false
    const { step } = journal.knownOf(item)
    if (step === 'settling' || step === 'settled') return true
    const found = await asset.transaction(completeTxid, options)
    return found !== null && steps.isMadeBy(pubkey, decodeTransaction(found.hex), options)
  }

  return {
    /** The withdrawal as its own transaction says it. Null if it is another gateway's: daemons list those too. */
    async item(withdrawTxid: string, options: CallOptions): Promise<Item | null> {
      const found = await asset.transaction(withdrawTxid, options)
      if (found === null) return null
      if (found.height !== null) order.heights.set(withdrawTxid, found.height)
      return askedBy(withdrawTxid, found.hex, bindTxid, gateway)
    },

    /** One that is asked for and confirmed. */
    async atPending(item: Item, pending: PendingWithdrawal, options: CallOptions): Promise<Fact> {
      await watch(item, options)
      const place = await placeOf(pending, options)
      const search = await paymentOf(item, null, options)
      if (search.found === 'unknown') return { fact: 'unclear', left: search.left }
      if (search.found === 'none') return { fact: 'open', unpaid: unpaidOf(item, place, search) }
      const { by } = search
      return { fact: 'paidEarly', by, verdict: await evidence.judge(by.hex, item.intent, options), place }
    },

    /** One that was handed on as completely signed; `isPending`: it is listed as asked for too. */
    async atSigned(
      item: Item,
      { isPending, ...signed }: SignedWithdrawal & { readonly isPending: boolean },
      options: CallOptions,
    ): Promise<Fact> {
      const { hex, completeTxid } = signed
      await watch(item, options)
      const verdict = await evidence.judge(hex, item.intent, options)
      const search = await paymentOf(item, verdict.ok ? verdict.payout.txid : null, options)
      if (search.found === 'paid') {
        if (!isMined(item, search)) order.due.add(item.withdrawTxid)
        const { by } = search
        return { fact: 'paid', by, deep: by.confirmations >= withdrawals.confirmations, completeTxid }
      }
      if (search.found === 'unknown') return { fact: 'unclear', left: search.left }
      if (isPending) return { fact: 'doubted' }
      if (await isReleased(item, signed, options)) return { fact: 'released', completeTxid }
      const place: Place = { stage: 'signed', lastTxid: completeTxid, signs: m }
      return { fact: 'unsent', hex, verdict, unpaid: unpaidOf(item, place, search) }
    },

    /** One that is in no list: whether it is marked, or paid so long ago that another signer marked it. */
    async isFinished(item: Item, record: WithdrawalRecord, options: CallOptions): Promise<boolean> {
      if (record.markTxid !== null) {
        const mark = await asset.transaction(record.markTxid, options)
        if (mark !== null && mark.confirmations > 0) return true
      }
      // While our own mark is in the mempool it is not done; another signer's is seen by what it leads to.
      if (record.step === 'marked' || record.step === 'settling') return false
      const search = await paymentOf(item, null, options)
      // A step of it waits in the mempool: it is in no list, and may be paid all the same.
      if (!isMined(item, search) && (await steps.waiting(item.withdrawTxid, options)).length > 0)
        order.due.add(item.withdrawTxid)
      return search.found === 'paid' && search.by.confirmations > withdrawals.confirmations + SETTLED_BLOCKS
    },
  }
}

export type Look = ReturnType<typeof createLook>
