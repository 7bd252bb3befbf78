/** One action at a time, and what comes of it: in turn where several signers could collide, each answer a fact. */
import t from 'tap'

import { errorsOf } from '../../base/index.js'
import { KOMODO_ERRORS } from '../../komodo/index.js'
import { createCarryOut, type Listed } from './carry-out.js'
import type { Item } from './journal.js'
import type { Look } from './look.js'
import type { WithdrawalTools } from './tools.js'
import type { Action } from './withdrawal-states.js'
import type { Place } from './withdrawal.js'

const TXID = 'ab'.repeat(32)
const place: Place = { stage: 'signed', lastTxid: TXID, signs: 2 }
const signed = { hex: 'ab', payout: { txid: TXID, complete: true } }
const fail = errorsOf(KOMODO_ERRORS)

/** What was done by `tools` that do nothing, in our turn or not. */
function carrying({ ours, refuses }: { readonly ours: boolean; readonly refuses?: Error }) {
  const done: string[] = []
  const does = (what: string): Promise<string> => {
    done.push(what)
    return Promise.resolve(TXID)
  }
  const tools = {
    ...{ settings: { pubkey: '' }, gateway: { m: 2, n: 3 }, turns: { isOurs: () => ours } },
    posting: {
      step: (...[, , { kind, hex }]: Parameters<WithdrawalTools['posting']['step']>) =>
        does(`${kind} ${hex}`),
      done: () => does('done'),
    },
    reference: {
      send: () => (refuses === undefined ? Promise.resolve(TXID) : Promise.reject(refuses)),
    },
  } as unknown as WithdrawalTools
  const carryOut = createCarryOut(tools, {} as Look)
  const one = { item: { withdrawTxid: TXID } as Item, listed: {} as Listed }
  return {
    done,
    carryOut: (action: Exclude<Action, { do: 'rest' }>) => carryOut(one, action, {}),
  }
}

t.test('two signers at once would spend the same marker, so each has its turn', async (t) => {
  const { done, carryOut } = carrying({ ours: false })
  const later = { fact: 'later' }
  t.same(await carryOut({ do: 'sign', choice: { do: 'compose', sharing: [] }, place, tip: 9 }), later)
  t.same(await carryOut({ do: 'offer', signed, place }), later)
  t.same(await carryOut({ do: 'mark', completeTxid: TXID, payoutTxid: TXID }), later)
  t.same(done, [])
  // A release is this signer's own: no other marks it.
  t.match(await carryOut({ do: 'mark', completeTxid: TXID, payoutTxid: null }), { fact: 'marked' })
  t.same(done, ['done'])
})

t.test('a step carries the payout, or releases the withdrawal', async (t) => {
  const { done, carryOut } = carrying({ ours: true })
  t.same(await carryOut({ do: 'offer', signed, place }), { fact: 'ready', signed, place })
  t.match(await carryOut({ do: 'post', kind: 'partial', place, signed }), { payout: signed.payout })
  t.match(await carryOut({ do: 'post', kind: 'complete', place, signed: null }), { payout: null })
  t.match(await carryOut({ do: 'mark', completeTxid: TXID, payoutTxid: TXID }), { payoutTxid: TXID })
  t.same(done, ['partial ab', 'complete 00', 'done'])
})

t.test('what the reference node says of a payout', async (t) => {
  const answer = (rpcCode: number, rpcMessage: string) =>
    fail('E_KOMODO_RPC', rpcMessage, { details: { rpcCode, rpcMessage } })
  const unpaid = { place, complete: true }
  const send = (refuses?: Error) =>
    carrying({ ours: false, ...(refuses && { refuses }) }).carryOut({
      do: 'send',
      hex: 'ab',
      txid: TXID,
      unpaid,
    })
  t.same(await send(), { fact: 'sent', txid: TXID })
  t.same(await send(answer(-27, 'transaction already in block chain')), { fact: 'sent', txid: TXID })
  t.same(await send(answer(-26, '16: tx-overwinter-expired')), { fact: 'expired', unpaid })
  t.same(await send(answer(-25, 'Missing inputs')), { fact: 'spent', unpaid })
  for (const [code, text] of [
    [-25, ''],
    [-26, '18: mempool conflict'],
    [-26, '64: dust'],
  ] as const)
    t.match(await send(answer(code, text)), {
      ...{
        fact: 'trouble',
        code: 'E_FEED_WITHDRAWAL',
        message: new RegExp(`does not take the payout: ${text}`),
      },
    })
  const hung = fail('E_KOMODO_TIMEOUT', 'no reply')
  await t.rejects(send(hung), { code: 'E_KOMODO_TIMEOUT' }, 'whether it arrived is not known')
})
