/**
 * Why a contract call built nothing, and why a node did not take a transaction: one word for each text of the daemon.
 */
import { isCoded } from '../base/index.js'
import { RPC_CODES, rpcCodeOf, rpcTextOf } from './rpc.js'

/** docs/protocol/komodo.md#contract-calls */
const BUILD_TEXTS = [
  ['oracle-funds', /find enough oracle inputs/i],
  ['normal-coins', /normal inputs|adding funds for|enough inputs|cant find .*inputs/i],
  ['unconfirmed', /not yet confirmed/i],
  ['unregistered', /datafee .*is illegal/i],
  ['format', /does not match length or content format|is too big/i],
  ['pending', /another withdraw pending/i],
  ['no-header', /find merkleroot/i],
  ['unfunded-oracle', /please fund it first/i],
  ['unknown-id', /cant find|can't find|invalid|cannot decode|cannot find/i],
] as const

export type BuildReason = (typeof BUILD_TEXTS)[number][0] | 'no-key' | 'other'

export function buildReasonOf(text: string): BuildReason {
  return BUILD_TEXTS.find(([, form]) => form.test(text))?.[0] ?? 'other'
}

/** The reason in an `E_KOMODO_CC`; null for any other error. */
export function buildReason(error: unknown): BuildReason | null {
  if (!isCoded(error) || error.code !== 'E_KOMODO_CC') return null
  return error.details['reason'] as BuildReason
}

/**
 * `in-chain`: it is in a block already. `spent`: an input is spent or unknown. `conflict`: another transaction in the
 * mempool spends an input. `rejected`: a contract rule says no; the reason stands in the daemon's own log only.
 */
export type SendReason =
  'in-chain' | 'spent' | 'conflict' | 'expired' | 'op-return' | 'unsigned' | 'rejected' | 'decode' | 'other'

/** docs/protocol/komodo.md#sending. Null if the error is none of `sendrawtransaction`'s answers. */
export function sendReason(error: unknown): SendReason | null {
  const code = rpcCodeOf(error)
  const text = rpcTextOf(error)
  switch (code) {
    case RPC_CODES.inChain:
      return 'in-chain'
    case RPC_CODES.decode:
      return 'decode'
    case RPC_CODES.inputs:
      return text === '' ? 'unsigned' : 'spent'
    case RPC_CODES.rejected:
      if (/mempool conflict/.test(text)) return 'conflict'
      if (/inputs-spent/.test(text)) return 'spent'
      if (/expired/.test(text)) return 'expired'
      if (/scriptpubkey/.test(text)) return 'op-return'
      return 'rejected'
    case null:
      return null
    default:
      return 'other'
  }
}

/** What an operator can do about it; '' if nothing in particular. */
export function sendAdvice(reason: SendReason): string {
  if (reason === 'op-return')
    return 'start every node of the chain with -datacarriersize=8192: its limit for OP_RETURN is too small for gateways'
  if (reason === 'unsigned') return "the wallet lacks the publisher's private key: importprivkey"
  if (reason === 'rejected') return "the daemon's standard error says which rule it breaks"
  return ''
}
