/**
 * Which transaction on the reference chain pays a withdrawal. Reads only; every list that strangers can make longer is
 * bounded.
 */
import { isCoded } from '../../base/index.js'
import {
  addressOfScript,
  decodeTransaction,
  paysOut,
  type CallOptions,
  type GatewayInfo,
  type KnownTransaction,
  type KomodoClient,
  type PayoutIntent,
  type Transaction,
} from '../../komodo/index.js'

export type Paid = KnownTransaction & { readonly txid: string }

export type PaymentSearch =
  | { readonly found: 'paid'; readonly by: Paid }
  /** `complete`: the node's address index says so; the wallet knows only what came while it watched. */
  | { readonly found: 'none'; readonly complete: boolean }
  /** So many transactions bear the marker that the rest is looked at in the next pass. */
  | { readonly found: 'unknown'; readonly left: number }

/** Transactions that bear a marker and are looked at in one pass: a second's work. */
const MOST_LOOKS = 500
/** Of those that are no payments, so many are remembered. */
const MOST_STRANGERS = 200_000

export interface PaymentParts {
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
}

export type FindPayment = (
  intent: PayoutIntent,
  hints: readonly (string | null)[],
  options: CallOptions,
) => Promise<PaymentSearch>

export function createPayments({ reference, gateway }: PaymentParts): FindPayment {
  /** Bear a marker and are no payments: what they say never changes. */
  const strangers = new Set<string>()

  /** Whether an input of it was the gateway's; null: the node does not know all that it spends. */
  async function isFromGateway({ inputs }: Transaction, options: CallOptions): Promise<boolean | null> {
    let all = inputs.length <= MOST_LOOKS
    for (const { txid, vout } of inputs.slice(0, MOST_LOOKS)) {
      const parent = await reference.transaction(txid, options)
      const script = parent === null ? undefined : decodeTransaction(parent.hex).outputs[vout]?.script
      if (script === undefined) all = false
      else if (addressOfScript(script, gateway.versions) === gateway.deposit) return true
    }
    return all ? false : null
  }

  async function candidates(intent: PayoutIntent, hints: readonly (string | null)[], options: CallOptions) {
    const { markerAddress: marker, fee } = intent
    const inIndex = await indexed(marker, options)
    const inWallet = await reference.unspent(0, [marker], options)
    // The marker of a payout is of the exact value, and its second output: those are looked at first.
    const bearers = [...(inIndex ?? []), ...inWallet]
      .filter(({ sat }) => sat === fee)
      .sort((a, b) => Number(b.vout === 1) - Number(a.vout === 1))
      .map(({ txid }) => txid)
    const ids = new Set([...hints.filter((txid) => txid !== null), ...bearers])
    const left = [...ids].filter((txid) => !strangers.has(`${marker}:${txid}`))
    return { ids: left, complete: inIndex !== null }
  }

  const payment: FindPayment = async (intent, hints, options) => {
    const { ids, complete } = await candidates(intent, hints, options)
    let waiting: Paid | null = null
    let left = Math.max(0, ids.length - MOST_LOOKS)
    for (const txid of ids.slice(0, MOST_LOOKS)) {
      const known = await reference.transaction(txid, options)
      if (known === null || known.orphaned) continue
      const tx = decodeTransaction(known.hex)
      const pays = paysOut(tx, intent) && (await isFromGateway(tx, options))
      if (pays === false) {
        if (strangers.size >= MOST_STRANGERS) strangers.clear()
        strangers.add(`${intent.markerAddress}:${txid}`)
      }
      if (pays === null) left++
      if (pays !== true) continue
      const by = { txid, ...known }
      if (known.confirmations > 0) return { found: 'paid', by }
      waiting ??= by
    }
    if (waiting !== null) return { found: 'paid', by: waiting }
    return left > 0 ? { found: 'unknown', left } : { found: 'none', complete }
  }

  /** Null: the node has no address index. */
  async function indexed(address: string, options: CallOptions) {
    try {
      return await reference.utxos(address, false, options)
    } catch (error) {
      if (isCoded(error) && (error.code === 'E_KOMODO_RPC' || error.code === 'E_KOMODO_METHOD')) return null
      throw error
    }
  }

  return payment
}
