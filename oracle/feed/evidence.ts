/**
 * What the reference chain says about the payouts of a withdrawal: which transaction pays it, what a proposed one
 * spends, which of those that were signed can no longer be mined. Reads only; every list that strangers can make longer
 * is bounded.
 */
import { isCoded } from '../../base/index.js'
import {
  addressOfScript,
  decodeTransaction,
  inputSigners,
  isDated,
  isStale,
  judgePayout,
  mostInputs,
  paysOut,
  termsFault,
  type CallOptions,
  type ChainInfo,
  type GatewayInfo,
  type KnownTransaction,
  type KomodoClient,
  type Outpoint,
  type Payout,
  type PayoutIntent,
  type PayoutVerdict,
  type SpentOutput,
  type Transaction,
} from '../../komodo/index.js'
import { anchorOf, isExpired, nameOf, type Coin, type SignedPayout } from './payouts.js'

export type Paid = KnownTransaction & { readonly txid: string }

export type PaymentSearch =
  | { readonly found: 'paid'; readonly by: Paid }
  /** `complete`: the node's address index says so; the wallet knows only what came while it watched. */
  | { readonly found: 'none'; readonly complete: boolean }
  /** So many transactions bear the marker that the rest is looked at in the next pass. */
  | { readonly found: 'unknown'; readonly left: number }

/** `foul`: only a signer that broke the rules can have caused it; else time alone, or another payout, did it. */
export interface Fault {
  readonly foul: boolean
  readonly message: string
}

export interface Evidence {
  judge(hex: string, intent: PayoutIntent, options: CallOptions): Promise<PayoutVerdict>
  payment(
    intent: PayoutIntent,
    hints: readonly (string | null)[],
    options: CallOptions,
  ): Promise<PaymentSearch>
  /** Why a payout of the right form must not be signed now; null: nothing. */
  fault(
    payout: Payout,
    facts: { readonly tip: number; readonly reserved: ReadonlySet<string> },
    options: CallOptions,
  ): Promise<Fault | null>
  /** Whether a key has signed any input of it, whatever it pays. */
  isSignedBy(pubkey: string, hex: string, options: CallOptions): Promise<boolean>
  /** Whether it spends a coin at least as old as the oldest one: see `chooseCoins`. */
  isAnchored(payout: Payout, options: CallOptions): Promise<boolean>
  /** The same payouts, with what is proven about them by now. */
  survey(
    payouts: readonly SignedPayout[],
    facts: { readonly tip: ChainInfo; readonly complete: boolean },
    options: CallOptions,
  ): Promise<readonly SignedPayout[]>
}

/** Transactions that bear a marker and are looked at in one pass: a second's work. */
const MOST_LOOKS = 500
/** Of those that are no payments, so many are remembered. */
const MOST_STRANGERS = 200_000

export interface EvidenceParts {
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
  readonly depth: number
}

export function createEvidence({ reference, gateway, depth }: EvidenceParts): Evidence {
  const { m, n } = gateway
  /** Bear a marker and are no payments: what they say never changes. */
  const strangers = new Set<string>()

  async function outputAt(outpoint: Outpoint, options: CallOptions): Promise<SpentOutput | undefined> {
    const known = await reference.transaction(outpoint.txid, options)
    if (known === null || known.orphaned) return undefined
    return decodeTransaction(known.hex).outputs[outpoint.vout]
  }

  async function judge(hex: string, intent: PayoutIntent, options: CallOptions): Promise<PayoutVerdict> {
    const spent = new Map<string, SpentOutput>()
    const inputs = readable(hex)?.inputs ?? []
    // The parents of more than can be passed on would be any number of questions.
    if (inputs.length > mostInputs({ m, n }))
      return { ok: false, why: 'unreadable', message: `it has ${inputs.length} inputs` }
    for (const input of inputs) {
      const output = await outputAt(input, options)
      if (output !== undefined) spent.set(nameOf(input), output)
    }
    return judgePayout(hex, intent, (outpoint) => spent.get(nameOf(outpoint)))
  }

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

  async function payment(
    intent: PayoutIntent,
    hints: readonly (string | null)[],
    options: CallOptions,
  ): Promise<PaymentSearch> {
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

  async function fault(
    { tx }: Payout,
    { tip, reserved }: { readonly tip: number; readonly reserved: ReadonlySet<string> },
    options: CallOptions,
  ): Promise<Fault | null> {
    const time = isDated(tx) ? (await reference.nodeInfo(options)).tipTime : null
    const wrong = termsFault(tx, { height: tip, time, m, n })
    if (wrong !== null) return { foul: true, message: wrong }
    const fair = (message: string): Fault => ({ foul: false, message })
    if (isStale(tx, tip)) return fair(`it expires at ${tx.expiryHeight}, the chain is at ${tip}`)
    for (const input of tx.inputs) {
      const name = nameOf(input)
      if (reserved.has(name)) return fair(`it spends ${name}, which pays another withdrawal`)
      if (!(await reference.isUnspent(input, { ...options, mempool: true })))
        return fair(`it spends ${name}, which is spent or not known`)
    }
    return null
  }

  async function isSignedBy(pubkey: string, hex: string, options: CallOptions): Promise<boolean> {
    const tx = readable(hex)
    for (const [index, input] of (tx?.inputs ?? []).slice(0, MOST_LOOKS).entries()) {
      const output = await outputAt(input, options)
      if (tx && output !== undefined && inputSigners(tx, index, output).includes(pubkey)) return true
    }
    return false
  }

  async function isAnchored({ tx }: Payout, options: CallOptions): Promise<boolean> {
    const anchor = anchorOf(await reference.unspent(1, [gateway.deposit], options))
    if (anchor === null) return false
    if (tx.inputs.some((input) => nameOf(input) === nameOf(anchor))) return true
    // The wallet of another signer may have watched the deposit address for longer, and know an older one.
    const limit = await agedOf(anchor, options)
    if (limit === null) return false
    for (const input of tx.inputs) {
      const one = await agedOf(input, options)
      if (one !== null && anchorOf([limit, one]) === one) return true
    }
    return false
  }

  /** A coin with its age by height, which does not move while blocks come; null: it is not mined. */
  async function agedOf({ txid, vout }: Outpoint, options: CallOptions): Promise<Coin | null> {
    const height = (await reference.transaction(txid, options))?.height ?? null
    return height === null ? null : { txid, vout, sat: 0n, confirmations: -height }
  }

  async function survey(
    payouts: readonly SignedPayout[],
    { tip, complete }: { readonly tip: ChainInfo; readonly complete: boolean },
    options: CallOptions,
  ): Promise<readonly SignedPayout[]> {
    const after: SignedPayout[] = []
    for (const payout of payouts)
      after.push(payout.dead ? payout : await surveyOne(payout, { tip, complete }, options))
    return after
  }

  async function surveyOne(
    payout: SignedPayout,
    { tip, complete }: { readonly tip: ChainInfo; readonly complete: boolean },
    options: CallOptions,
  ): Promise<SignedPayout> {
    let spent = 0
    for (const input of payout.inputs) if (await isSpent(input, options)) spent++
    // All inputs are spent, and only a wallet says that it was not by this payout: that proves nothing.
    const mined = spent === payout.inputs.length && !complete
    if (isExpired({ payout, tip: tip.blocks, depth })) return { ...payout, dead: !mined }
    if (spent === 0) return payout.gone === null ? payout : { ...payout, gone: null }
    const { gone } = payout
    const stands =
      gone !== null &&
      gone.height <= tip.blocks &&
      (await reference.blockHash(gone.height, options)) === gone.hash
    if (!stands) {
      const { blocks: height, bestBlock: hash } = await reference.chainInfo(options)
      // The block at which it was seen spent must be the one that the chain ended in at that moment.
      return { ...payout, gone: hash === tip.bestBlock ? { height, hash } : null }
    }
    return { ...payout, dead: !mined && tip.blocks - gone.height >= depth }
  }

  /** Spent in the chain, the mempool left out. */
  async function isSpent(outpoint: Outpoint, options: CallOptions): Promise<boolean> {
    if (await reference.isUnspent(outpoint, options)) return false
    const parent = await reference.transaction(outpoint.txid, options)
    return parent !== null && parent.confirmations > 0
  }

  return { judge, payment, fault, isSignedBy, isAnchored, survey }
}

export function readable(hex: string): Transaction | null {
  try {
    return decodeTransaction(hex)
  } catch {
    return null
  }
}
