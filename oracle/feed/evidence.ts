/**
 * What the reference chain says about the payouts of a withdrawal: what a proposed one spends, which of those that were
 * signed can no longer be mined. Reads only; every list that strangers can make longer is bounded.
 */
import {
  decodeTransaction,
  inputSigners,
  isDated,
  isStale,
  judgePayout,
  mostInputs,
  termsFault,
  type CallOptions,
  type ChainInfo,
  type GatewayInfo,
  type KomodoClient,
  type Outpoint,
  type Payout,
  type PayoutIntent,
  type PayoutVerdict,
  type SpentOutput,
  type Transaction,
} from '../../komodo/index.js'
import { anchorOf, isExpired, nameOf, type Coin, type SignedPayout } from './payouts.js'

/** `foul`: only a signer that broke the rules can have caused it; else time alone, or another payout, did it. */
export interface Fault {
  readonly foul: boolean
  readonly message: string
}

/** Inputs of a transaction that are looked at. */
const MOST_INPUTS = 500

export interface EvidenceParts {
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
  readonly depth: number
}

export function createEvidence({ reference, gateway, depth }: EvidenceParts) {
  const { m, n } = gateway

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

  /** Why a payout of the right form must not be signed now; null: nothing. */
  async function fault(
    { tx }: Payout,
    tip: number,
    reserved: ReadonlySet<string>,
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

  /** Whether a key has signed any input of it, whatever it pays. */
  async function isSignedBy(pubkey: string, hex: string, options: CallOptions): Promise<boolean> {
    const tx = readable(hex)
    for (const [index, input] of (tx?.inputs ?? []).slice(0, MOST_INPUTS).entries()) {
      const output = await outputAt(input, options)
      if (tx && output !== undefined && inputSigners(tx, index, output).includes(pubkey)) return true
    }
    return false
  }

  /** Whether it spends a coin at least as old as the oldest one: see `chooseCoins`. */
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

  /** Returns the payouts with what is proven about them by now. */
  async function survey(
    payouts: readonly SignedPayout[],
    tip: ChainInfo,
    complete: boolean,
    options: CallOptions,
  ): Promise<readonly SignedPayout[]> {
    const after: SignedPayout[] = []
    for (const payout of payouts)
      after.push(payout.dead ? payout : await surveyOne(payout, tip, complete, options))
    return after
  }

  async function surveyOne(
    payout: SignedPayout,
    tip: ChainInfo,
    complete: boolean,
    options: CallOptions,
  ): Promise<SignedPayout> {
    let spent = 0
    for (const input of payout.inputs) if (await isSpent(reference, input, options)) spent++
    // All inputs are spent, and only the wallet, which does not see everything, says that this payout did not spend
    // them: that proves nothing.
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

  return { judge, fault, isSignedBy, isAnchored, survey }
}

export type Evidence = ReturnType<typeof createEvidence>

/** Whether an output is spent in the chain; what the mempool spends does not count. */
async function isSpent(reference: KomodoClient, outpoint: Outpoint, options: CallOptions): Promise<boolean> {
  if (await reference.isUnspent(outpoint, options)) return false
  const parent = await reference.transaction(outpoint.txid, options)
  return parent !== null && parent.confirmations > 0
}

export function readable(hex: string): Transaction | null {
  try {
    return decodeTransaction(hex)
  } catch {
    return null
  }
}
