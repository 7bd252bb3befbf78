/**
 * Signs, pays and marks withdrawals, pass by pass, whatever became of the last pass: where each stands is found on both
 * chains first. `withdrawal-states.ts` decides, one action after the other.
 */
import { isWritable, payoutFee, type CallOptions } from '../../komodo/index.js'
import { advanceWithdrawal, type Action, type Fact } from './withdrawal-states.js'
import { createCarryOut, type Listed } from './carry-out.js'
import type { Item, WithdrawalParts } from './journal.js'
import { isOver, type WithdrawalRecord } from './ledger-file.js'
import { createLook } from './look.js'
import { createTools } from './tools.js'

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

export function createWithdrawals(parts: WithdrawalParts): Withdrawals {
  const { settings, asset, reference, gateway, family, file, now, dryRun } = parts
  const { bindTxid } = settings
  const { coin, m, n } = gateway
  const tools = createTools(parts)
  const { journal, order } = tools
  const look = createLook(tools)
  const carryOut = createCarryOut(tools, look)
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
    if (!signer) return void (lastPass = now())
    const signed = await asset.signedWithdrawals(family, bindTxid, coin, options)
    order.begin()
    const due = pending.items.filter(({ done }) => !done)
    const isDue = new Set(due.map(({ withdrawTxid }) => withdrawTxid))
    const listed = [...signed.items, ...due]
    for (const { withdrawTxid, payAddress } of listed)
      if (!order.heights.has(withdrawTxid)) await itemOf(withdrawTxid, payAddress, options)
    await unlisted(
      new Set([...pending.items, ...signed.items].map(({ withdrawTxid }) => withdrawTxid)),
      options,
    )
    const errors: unknown[] = []
    for (const one of order.sorted(listed))
      try {
        await take({ ...one, isPending: isDue.has(one.withdrawTxid) }, options)
      } catch (error) {
        errors.push(error)
      }
    blockedBy = journal.blockedBy(due)
    lastPass = now()
    // Each item had its turn; now the first error may be thrown.
    if (errors.length > 0) throw errors[0]
  }

  /**
   * The withdrawal as its own transaction says it. Null: it is another gateway's, or the daemon would pay another
   * address.
   */
  async function itemOf(
    withdrawTxid: string,
    payAddress: string,
    options: CallOptions,
  ): Promise<Item | null> {
    const item = await look.item(withdrawTxid, options)
    if (item === null || item.intent.payAddress === payAddress) return item
    const message = `the daemon would pay ${payAddress}, the withdrawal says ${item.intent.payAddress}`
    learn(item, { fact: 'trouble', code: 'E_FEED_THIEF', message })
    return null
  }

  /** Writes down and tells what a fact means; returns what is to be done next. */
  function learn(item: Item, fact: Fact): Action {
    const { rulings, settles } = parts.requests()
    const move = advanceWithdrawal(journal.knownOf(item), fact, {
      ...{ m, n, family, fee: payoutFee(coin), dryRun, writable: isWritable(reference.rpc.health) },
      rejected: rulings.get(item.withdrawTxid) === 'reject',
      release: settles.has(item.withdrawTxid),
    })
    journal.settle(item, move)
    if (move.answered === true) parts.forgetSettle(item.withdrawTxid)
    return move.action
  }

  /** Carries out one action after the other, until nothing is left to do in this pass. Returns the facts on the way. */
  async function follow(item: Item, listed: Listed, options: CallOptions): Promise<readonly Fact[]> {
    const facts: Fact[] = []
    let fact: Fact = { fact: 'completeTxid' in listed ? 'completed' : 'asked', confirmed: listed.confirmed }
    for (;;) {
      facts.push(fact)
      const action = learn(item, fact)
      if (action.do === 'rest') return facts
      fact = await carryOut({ item, listed }, action, options)
    }
  }

  /** Takes one as far as it can go now. The others sign it too, sooner or later: those after it wait for its payout. */
  async function take(listed: Listed, options: CallOptions): Promise<void> {
    const { withdrawTxid, payAddress } = listed
    const stepOf = (): WithdrawalRecord['step'] => journal.recordOf(withdrawTxid)?.step ?? 'seen'
    try {
      const item = await itemOf(withdrawTxid, payAddress, options)
      const facts = item === null ? [] : await follow(item, listed, options)
      if ('completeTxid' in listed && isUnmined(facts, stepOf())) order.due.add(withdrawTxid)
    } finally {
      // A withdrawal that waits for an operator holds up no other.
      if (!('completeTxid' in listed) && !STANDING.includes(stepOf())) order.due.add(withdrawTxid)
    }
  }

  /**
   * Withdrawals that are in neither list: a signature of theirs is not mined yet, or they are marked as done, by us or
   * by another signer.
   */
  async function unlisted(listed: ReadonlySet<string>, options: CallOptions): Promise<void> {
    for (const record of Object.values(file.state.withdrawals)) {
      if (listed.has(record.withdrawTxid) || isOver(record)) continue
      const item = await itemOf(record.withdrawTxid, record.to, options)
      if (item === null || !(await look.isFinished(item, record, options))) continue
      learn(item, { fact: 'finished' })
      if (record.step !== 'settling') paid++
    }
  }

  return {
    get view() {
      return { refused: journal.counts.refused, paid, lastPass, signer, blockedBy }
    },
    pass,
  }
}

/** Whether a withdrawal that was handed on as completely signed has a payout that is still to be mined. */
function isUnmined(facts: readonly Fact[], step: WithdrawalRecord['step']): boolean {
  for (const fact of facts) {
    if (fact.fact === 'completed' && !fact.confirmed) return true
    if (fact.fact === 'chosen') return fact.payable
  }
  return facts.some(({ fact }) => fact === 'unsent') && (step === 'signed' || step === 'broadcast')
}
