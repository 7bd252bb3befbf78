/**
 * Signs, pays and marks withdrawals, pass by pass, whatever became of the last pass: each step is found from both
 * chains first.
 */
import {
  decodeTransaction,
  gatewayOpOf,
  isWritable,
  markerAddress,
  payoutFee,
  pubkeyAddress,
  type CallOptions,
  type PendingWithdrawal,
  type SignedWithdrawal,
} from '../../komodo/index.js'
import { createEvidence, type Paid, type PaymentSearch } from './evidence.js'
import { createJournal, type Item, type WithdrawalParts } from './journal.js'
import { isOver, payoutsOf, type WithdrawalRecord } from './ledger-file.js'
import { livingOf } from './payouts.js'
import { createPosting, RELEASE, stepFor, type Place } from './posting.js'
import { createPursuit } from './pursuit.js'
import { createSteps } from './steps.js'
import { createTurns } from './turns.js'
import { whyNotRelease } from './withdrawal.js'

export type { WithdrawalParts } from './journal.js'

export interface WithdrawalView {
  /** Proposals of others that were refused, since the start. */
  readonly refused: number
  readonly paid: number
  readonly lastPass: number | null
  /** False: this node signs nothing for the gateway. */
  readonly signer: boolean
  /** While it is pending and not paid, no other withdrawal can be asked for; null: none is. */
  readonly blockedBy: WithdrawalRecord | null
}

export interface Withdrawals {
  readonly view: WithdrawalView
  pass(signal: AbortSignal): Promise<void>
}

/** Nothing is done about it until an operator acts. */
const STANDING: readonly WithdrawalRecord['step'][] = ['held', 'rejected', 'refused', 'stuck', 'settling']

/** What is in no list, and was paid so long ago, was marked by another signer. */
const SETTLED_BLOCKS = 3

export function createWithdrawals(parts: WithdrawalParts): Withdrawals {
  const { settings, asset, reference, gateway, family, file, now } = parts
  const { bindTxid, pubkey } = settings
  const { coin, versions, m, n } = gateway
  const journal = createJournal(parts)
  const evidence = createEvidence({ reference, gateway, depth: settings.depth })
  const steps = createSteps(asset)
  const posting = createPosting(parts)
  const index = Math.max(0, gateway.pubkeys.indexOf(pubkey))
  const turns = createTurns({ index, n, monotonicMs: parts.monotonicMs ?? now })
  const tools = { journal, evidence, steps, posting, turns }
  const pursuit = createPursuit({ ...parts, ...tools, isFirst, isPaid })
  const watched = new Set<string>()
  /** Markers that the wallet did not watch until now: what was paid before it cannot say. */
  const watchedLate = new Set<string>()
  /** Found in this pass: paid in a block, and not, though a payout is there that could be. */
  const seen = { paid: new Set<string>(), due: new Set<string>() }
  /** Heights of the requests on the asset chain: their order is the same for all signers. */
  const heights = new Map<string, number>()
  let [paid, signer] = [0, false]
  let lastPass: number | null = null
  let blockedBy: WithdrawalRecord | null = null

  async function pass(signal: AbortSignal): Promise<void> {
    const options = { signal }
    // A daemon that was late is believed again when its height moves; without headers no other part looks at that.
    for (const daemon of [asset, reference])
      if (!isWritable(daemon.rpc.health)) await daemon.chainInfo(options)
    const pending = await asset.pendingWithdrawals(family, bindTxid, coin, options)
    signer = pending.signer
    if (!signer) {
      lastPass = now()
      return
    }
    const signed = await asset.signedWithdrawals(family, bindTxid, coin, options)
    seen.paid.clear()
    seen.due.clear()
    const due = pending.items.filter(({ done }) => !done)
    const isDue = new Set(due.map(({ withdrawTxid }) => withdrawTxid))
    const errors: unknown[] = []
    for (const { withdrawTxid, payAddress } of [...signed.items, ...due])
      if (!heights.has(withdrawTxid)) await request(withdrawTxid, payAddress, options)
    await unlisted(
      new Set([...pending.items, ...signed.items].map(({ withdrawTxid }) => withdrawTxid)),
      options,
    )
    for (const one of inOrder([...signed.items, ...due]))
      try {
        await ('completeTxid' in one
          ? onSigned(one, isDue.has(one.withdrawTxid), options)
          : onDue(one, options))
      } catch (error) {
        errors.push(error)
      }
    blockedBy = journal.blockedBy(due)
    lastPass = now()
    // Each item had its chance; now the first trouble may be told.
    if (errors.length > 0) throw errors[0]
  }

  async function onDue(pending: PendingWithdrawal, options: CallOptions): Promise<void> {
    const { withdrawTxid } = pending
    // The others sign it too, sooner or later; what waits for an operator is in no other's way.
    const stands = (): boolean => STANDING.includes(journal.recordOf(withdrawTxid)?.step ?? 'seen')
    try {
      await onPending(pending, options)
    } finally {
      if (!stands()) seen.due.add(withdrawTxid)
    }
  }

  /** What is in neither list: a signature that is not mined yet, or marked as done, by us or by another signer. */
  async function unlisted(listed: ReadonlySet<string>, options: CallOptions): Promise<void> {
    for (const record of Object.values(file.state.withdrawals)) {
      if (listed.has(record.withdrawTxid) || isOver(record)) continue
      const item = await request(record.withdrawTxid, record.to, options)
      if (item === null || !(await isFinished(record, item, options))) continue
      const released = record.step === 'settling'
      journal.note(item, released ? 'settled' : 'done', {
        ...(record.payoutTxid === null || released ? {} : { txid: record.payoutTxid }),
      })
      if (!released) paid++
    }
  }

  /**
   * Whether nothing that was signed for an earlier withdrawal is still to be mined. Until then coins come and go, and
   * two honest signers may take different ones for the oldest, or wait for each other.
   */
  function isFirst(withdrawTxid: string): boolean {
    const open = Object.values(file.state.withdrawals).filter(
      (record) => !isOver(record) && livingOf(payoutsOf(record)).length > 0,
    )
    const ids = [...open.map((record) => record.withdrawTxid), ...seen.due]
    return ids.every((id) => isPaid(id) || !isBefore(id, withdrawTxid))
  }

  function isPaid(withdrawTxid: string): boolean {
    return seen.paid.has(withdrawTxid) || journal.recordOf(withdrawTxid)?.step === 'marked'
  }

  function inOrder<T extends { readonly withdrawTxid: string }>(items: readonly T[]): T[] {
    return [...items].sort((a, b) => (isBefore(a.withdrawTxid, b.withdrawTxid) ? -1 : 1))
  }

  function isBefore(one: string, other: string): boolean {
    const [a, b] = [heights.get(one) ?? 0, heights.get(other) ?? 0]
    return a < b || (a === b && one < other)
  }

  /** Whether it is in a block that a transaction pays it. */
  function isMined({ withdrawTxid }: Item, search: PaymentSearch): boolean {
    const mined = search.found === 'paid' && search.by.confirmations > 0
    if (mined) seen.paid.add(withdrawTxid)
    return mined
  }

  async function isFinished(record: WithdrawalRecord, item: Item, options: CallOptions): Promise<boolean> {
    if (record.markTxid !== null) {
      const mark = await asset.transaction(record.markTxid, options)
      if (mark !== null && mark.confirmations > 0) return true
    }
    // While our own mark is in the mempool it is not done; another signer's is seen by what it leads to.
    if (record.step === 'marked' || record.step === 'settling') return false
    const search = await paymentOf(item, null, options)
    // A step of it waits in the mempool: it is in no list, and may be paid all the same.
    if (!isMined(item, search) && (await steps.waiting(item.withdrawTxid, options)).length > 0)
      seen.due.add(item.withdrawTxid)
    return (
      search.found === 'paid' && search.by.confirmations > settings.withdrawals.confirmations + SETTLED_BLOCKS
    )
  }

  /**
   * The withdrawal as its own transaction says it. Null if it is another gateway's: daemons list those too.
   */
  async function request(
    withdrawTxid: string,
    payAddress: string,
    options: CallOptions,
  ): Promise<Item | null> {
    const found = await asset.transaction(withdrawTxid, options)
    if (found === null) return null
    if (found.height !== null) heights.set(withdrawTxid, found.height)
    const op = gatewayOpOf(decodeTransaction(found.hex))?.op
    if (op?.op !== 'gateway-withdraw' || op.bindTxid !== bindTxid || op.coin !== coin) return null
    const item: Item = {
      withdrawTxid,
      amount: op.amount,
      intent: {
        payAddress: pubkeyAddress(op.withdrawPubkey, versions),
        markerAddress: markerAddress(withdrawTxid, versions),
        depositAddress: gateway.deposit,
        amount: op.amount,
        fee: payoutFee(coin),
        versions,
      },
    }
    if (payAddress === item.intent.payAddress) return item
    const message = `the daemon would pay ${payAddress}, the withdrawal says ${item.intent.payAddress}`
    journal.refuse(item, 'E_FEED_THIEF', message)
    return null
  }

  async function onPending(pending: PendingWithdrawal, options: CallOptions): Promise<void> {
    const item = await request(pending.withdrawTxid, pending.payAddress, options)
    if (item === null) return
    if (journal.recordOf(item.withdrawTxid) === undefined) journal.note(item, 'seen')
    if (!pending.confirmed) return
    await watch(item, options)
    const place = await placeOf(pending, options)
    const search = await paymentOf(item, null, options)
    if (search.found === 'paid') return handOnPaid(item, place, search.by, options)
    if (search.found === 'unknown') return notAllSeen(item, search.left)
    if (journal.recordOf(item.withdrawTxid)?.step === 'settling' || askedToRelease(item))
      return release(item, place, options)
    await pursuit.pursue(item, place, { complete: isComplete(item, search), refusal: null }, options)
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
    return evidence.payment(
      item.intent,
      [hint, journal.recordOf(item.withdrawTxid)?.payoutTxid ?? null],
      options,
    )
  }

  function notAllSeen(item: Item, left: number): void {
    const { step = 'seen' } = journal.recordOf(item.withdrawTxid) ?? {}
    journal.note(item, step, {
      message: `${left} more transactions that bear its marker have to be looked at`,
    })
  }

  const isComplete = ({ intent }: Item, search: PaymentSearch): boolean =>
    search.found === 'none' && (search.complete || !watchedLate.has(intent.markerAddress))

  /** Paid before it was signed on the asset chain, where it has to pass as complete to be marked. */
  async function handOnPaid(item: Item, place: Place, by: Paid, options: CallOptions): Promise<void> {
    const verdict = await evidence.judge(by.hex, item.intent, options)
    if (!verdict.ok || !verdict.payout.complete || parts.dryRun) {
      const message = verdict.ok ? '' : `it is paid, in a form of its own: ${verdict.message}`
      return journal.note(item, 'broadcast', { txid: by.txid, payoutTxid: by.txid, message })
    }
    if (turns.isOurs(item.withdrawTxid, place))
      await pursuit.handOn(item, place, { hex: by.hex, payout: verdict.payout }, options)
  }

  function askedToRelease(item: Item): boolean {
    return parts.requests().settles.has(item.withdrawTxid)
  }

  /** Without a payment, as an operator asked; never if a payout was signed that could be mined. */
  async function release(item: Item, place: Place, options: CallOptions): Promise<void> {
    const record = journal.recordOf(item.withdrawTxid)
    if (record === undefined || parts.dryRun) return
    if (record.step !== 'settling') {
      const why = await whyNot(item, record, place, options)
      if (why !== null) {
        journal.warn(item, 'E_FEED_WITHDRAWAL', `${item.withdrawTxid} is not released: ${why}`, 'warn')
        parts.forgetSettle(item.withdrawTxid)
        return
      }
      journal.note(item, 'settling', { message: 'released without a payment, as an operator asked' })
      parts.forgetSettle(item.withdrawTxid)
    }
    const kind = stepFor(place, { complete: true, m, family })
    if (kind === null) return
    const txid = await posting.step(item.withdrawTxid, place, { kind, hex: RELEASE }, options)
    const { message = '' } = journal.recordOf(item.withdrawTxid) ?? {}
    if (txid !== null) journal.note(item, 'settling', { txid, message })
  }

  /** It holds up no other: daemons take the next request once one is completely signed. */
  function tooLateToRelease(item: Item): void {
    const why = 'its signing has ended, so it blocks nothing'
    journal.warn(item, 'E_FEED_WITHDRAWAL', `${item.withdrawTxid} is not released: ${why}`, 'warn')
    parts.forgetSettle(item.withdrawTxid)
  }

  async function whyNot(
    item: Item,
    record: WithdrawalRecord,
    place: Place,
    options: CallOptions,
  ): Promise<string | null> {
    if (!(await pursuit.readHistory(item, place, options))) return 'what was signed for it cannot be read'
    const tip = await reference.chainInfo(options)
    const payouts = payoutsOf(journal.recordOf(item.withdrawTxid) ?? record)
    journal.keep(item, await evidence.survey(payouts, { tip, complete: true }, options))
    return whyNotRelease(journal.recordOf(item.withdrawTxid) ?? record)
  }

  /** Signed by all: pay, wait, mark. */
  async function onSigned(signed: SignedWithdrawal, isPending: boolean, options: CallOptions): Promise<void> {
    const item = await request(signed.withdrawTxid, signed.payAddress, options)
    if (item === null) return
    const record = journal.recordOf(item.withdrawTxid)
    if (!signed.confirmed) {
      seen.due.add(item.withdrawTxid)
      return record === undefined ? journal.note(item, 'signed') : undefined
    }
    await watch(item, options)
    const verdict = await evidence.judge(signed.hex, item.intent, options)
    const search = await paymentOf(item, verdict.ok ? verdict.payout.txid : null, options)
    if (!isMined(item, search) && search.found === 'paid') seen.due.add(item.withdrawTxid)
    if (search.found === 'paid') return mark(item, signed, search.by, options)
    if (search.found === 'unknown') return notAllSeen(item, search.left)
    // A step that spends a marker of another withdrawal may name this one: the line that daemons go by is what counts.
    if (isPending) return
    if (await isReleased(item, signed, options)) return markReleased(item, signed, options)
    if (askedToRelease(item)) tooLateToRelease(item)
    const refusal = await pay(item, signed, verdict, options)
    if (refusal === null) {
      const step = journal.recordOf(item.withdrawTxid)?.step
      if (step === 'signed' || step === 'broadcast') seen.due.add(item.withdrawTxid)
      return
    }
    const place: Place = { stage: 'signed', lastTxid: signed.completeTxid, signs: m }
    const facts = { complete: isComplete(item, search), refusal: refusal.message }
    if (await pursuit.pursue(item, place, facts, options)) seen.due.add(item.withdrawTxid)
  }

  /** Null: it is on its way, or the state says why not; else why what was signed by all is worth nothing. */
  async function pay(
    item: Item,
    { hex }: SignedWithdrawal,
    verdict: Awaited<ReturnType<typeof evidence.judge>>,
    options: CallOptions,
  ): Promise<{ readonly message: string } | null> {
    if (!verdict.ok) {
      const message = `the completely signed payout is not what was asked for: ${verdict.message}`
      journal.warn(item, verdict.why === 'thief' ? 'E_FEED_THIEF' : 'E_FEED_WITHDRAWAL', message)
      return { message }
    }
    if (!verdict.payout.complete)
      return { message: 'the payout was handed on as complete, and lacks signatures' }
    if (pursuit.isRejected(item)) {
      journal.note(item, 'rejected', { message: 'an operator rejected it' })
      return null
    }
    const outcome = await pursuit.broadcast(item, { hex, txid: verdict.payout.txid }, options)
    return outcome === 'expired' ? { message: 'the payout expired before it was mined' } : null
  }

  /** By this node's owner: with `feed settle`, or by hand. */
  async function isReleased(item: Item, { hex, completeTxid }: SignedWithdrawal, options: CallOptions) {
    if (hex !== RELEASE) return false
    const step = journal.recordOf(item.withdrawTxid)?.step
    if (step === 'settling' || step === 'settled') return true
    const found = await asset.transaction(completeTxid, options)
    return found !== null && steps.isMadeBy(pubkey, decodeTransaction(found.hex), options)
  }

  async function markReleased(
    item: Item,
    { completeTxid, withdrawTxid }: SignedWithdrawal,
    options: CallOptions,
  ): Promise<void> {
    if (parts.dryRun) return
    const message = 'released without a payment, as an operator asked'
    journal.note(item, 'settling', { message })
    const txid = await posting.done(withdrawTxid, completeTxid, options)
    if (txid !== null) journal.note(item, 'settling', { txid, markTxid: txid, message })
  }

  async function mark(
    item: Item,
    { completeTxid, withdrawTxid }: SignedWithdrawal,
    by: Paid,
    options: CallOptions,
  ): Promise<void> {
    const { step } = journal.recordOf(item.withdrawTxid) ?? {}
    if (step !== 'marked' && step !== 'broadcast')
      journal.note(item, 'broadcast', { txid: by.txid, payoutTxid: by.txid })
    if (by.confirmations < settings.withdrawals.confirmations || parts.dryRun) return
    if (!turns.isOurs(withdrawTxid, { lastTxid: completeTxid, signs: 0 })) return
    const txid = await posting.done(withdrawTxid, completeTxid, options)
    if (txid !== null) journal.note(item, 'marked', { txid, markTxid: txid, payoutTxid: by.txid })
  }

  /** From now on the reference node notices a payment to the marker, address index or not. */
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

  return {
    get view() {
      return { refused: journal.counts.refused, paid, lastPass, signer, blockedBy }
    },
    pass,
  }
}
