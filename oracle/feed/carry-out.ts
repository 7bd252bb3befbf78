/** Carries out one action of a withdrawal (`withdrawal-states.ts`) and says what came of it. */
import { messageOf } from '../../base/index.js'
import {
  sendReason,
  type CallOptions,
  type PendingWithdrawal,
  type SignedWithdrawal,
} from '../../komodo/index.js'
import type { Action, Fact } from './withdrawal-states.js'
import { createHistory } from './history.js'
import type { Item } from './journal.js'
import type { Look } from './look.js'
import { RELEASE } from './posting.js'
import { createSigning } from './signing.js'
import type { WithdrawalTools } from './tools.js'

/** A withdrawal as the asset daemon lists it; `isPending`: it is in the list of those that are asked for. */
export type Listed = (PendingWithdrawal | SignedWithdrawal) & { readonly isPending: boolean }

const LATER: Fact = { fact: 'later' }

export function createCarryOut(tools: WithdrawalTools, look: Look) {
  const { reference, turns, posting } = tools
  const history = createHistory(tools)
  const signing = createSigning(tools)

  async function send(
    { hex, txid, unpaid }: Extract<Action, { do: 'send' }>,
    options: CallOptions,
  ): Promise<Fact> {
    try {
      await reference.send(hex, options)
    } catch (error) {
      const reason = sendReason(error)
      if (reason === null) throw error
      if (reason === 'expired' || reason === 'spent') return { fact: reason, unpaid }
      if (reason !== 'in-chain') {
        const message = `the reference node does not take the payout: ${messageOf(error)}`
        return { fact: 'trouble', code: 'E_FEED_WITHDRAWAL', message }
      }
    }
    return { fact: 'sent', txid }
  }

  return async function carryOut(
    { item, listed }: { readonly item: Item; readonly listed: Listed },
    action: Exclude<Action, { do: 'rest' }>,
    options: CallOptions,
  ): Promise<Fact> {
    const { withdrawTxid } = item
    switch (action.do) {
      case 'look':
        return 'completeTxid' in listed
          ? look.atSigned(item, listed, options)
          : look.atPending(item, listed, options)
      case 'examine':
        return history.examine(item, action.place, options)
      case 'choose':
        return history.choose(item, action, options)
      case 'sign':
        return signing.sign(item, action, options)
      case 'offer': {
        const { signed, place } = action
        return turns.isOurs(withdrawTxid, place) ? { fact: 'ready', signed, place } : LATER
      }
      case 'post': {
        const { kind, place, signed } = action
        const step = { kind, hex: signed?.hex ?? RELEASE }
        const txid = await posting.step(withdrawTxid, place, step, options)
        return txid === null ? LATER : { fact: 'posted', txid, payout: signed?.payout ?? null }
      }
      case 'send':
        return send(action, options)
      case 'mark': {
        const { completeTxid, payoutTxid } = action
        if (payoutTxid !== null && !turns.isOurs(withdrawTxid, { lastTxid: completeTxid, signs: 0 }))
          return LATER
        const txid = await posting.done(withdrawTxid, completeTxid, options)
        return txid === null ? LATER : { fact: 'marked', txid, payoutTxid }
      }
    }
  }
}
