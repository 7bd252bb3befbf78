/**
 * No transaction that a daemon built leaves before it is found to be the one that was asked for: its inputs, its
 * outputs, its amounts, its OP_RETURN (docs/protocol/komodo.md#oracles, docs/protocol/komodo.md#gateways). Throws
 * `E_KOMODO_INSPECT`; `details.rule` says which rule is broken.
 */
import {
  broken,
  isContract,
  isOwn,
  isSame,
  isTo,
  MARKER_SAT,
  openBuilt,
  ownOnly,
  same,
  type BuiltFor,
  type Inspected,
  type Outpoint,
} from './built.js'
import {
  addressOfScript,
  conditionScript,
  EVAL,
  gatewayOpOf,
  markerKey,
  moduleCondition,
  opOf,
  opReturnData,
  scriptKind,
  turned,
  type ModuleOp,
  type Transaction,
} from './tx/index.js'

export interface DataIntent {
  readonly oracleTxid: string
  readonly publisher: string
  /** Hex. */
  readonly payload: string
  /** The transaction whose output 1 must be spent: ours, or what `judgeBaton` says. */
  readonly baton: string
  /** Address of batons, as `oraclesinfo` says. */
  readonly batonAddress: string
  readonly dataFee: bigint
  /** The publisher's subscriptions that are known, confirmed or not. */
  readonly subscriptions: readonly (Outpoint & { readonly sat: bigint })[]
}

export interface InspectedData extends Inspected {
  /** Subscriptions that it uses up. */
  readonly spent: readonly Outpoint[]
  /** The change that comes back of them. */
  readonly change: bigint
}

/** A header: one normal input, the baton, subscriptions (and perhaps more normal inputs). */
export function inspectData(hex: string, intent: DataIntent, around: BuiltFor): InspectedData {
  const { tx, txid } = openBuilt(hex, around)
  const op = opOf(tx)
  const wanted: ModuleOp = {
    op: 'oracle-data',
    oracleTxid: intent.oracleTxid,
    previousBaton: intent.baton,
    pubkey: intent.publisher,
    data: intent.payload,
  }
  if (op?.op === 'oracle-data' && op.previousBaton !== intent.baton)
    throw broken('baton', `it builds on ${op.previousBaton}, the last published is ${intent.baton}`)
  same(op, wanted)
  const [normal, baton, ...others] = tx.inputs
  if (normal === undefined || isContract(normal))
    throw broken('inputs', 'the first input is not a normal one')
  if (baton?.txid !== intent.baton || baton.vout !== 1)
    throw broken('baton', `the second input is not output 1 of ${intent.baton}`)
  const spent = others.filter(isContract)
  const known = spent.map((input) => intent.subscriptions.find((utxo) => isSame(utxo, input)))
  if (spent.length === 0) throw broken('inputs', 'it spends no subscription')
  const [change, next, fee] = tx.outputs
  if (!isTo(change, conditionScript(moduleCondition(EVAL.oracles, intent.publisher))))
    throw broken('outputs', 'output 0 does not return the change to the subscriptions')
  if (next?.value !== MARKER_SAT || addressOfScript(next.script) !== intent.batonAddress)
    throw broken('outputs', 'output 1 is not the next baton')
  if (fee?.value !== intent.dataFee || !isOwn(fee, intent.publisher))
    throw broken('amount', `output 2 does not pay the fee of ${intent.dataFee} to the publisher`)
  // A subscription that was confirmed after the list was read is not known; the sum of the known ones must be right.
  if (known.every((utxo) => utxo !== undefined)) {
    const sum = known.reduce((total, utxo) => total + utxo.sat, 0n)
    if (change.value + intent.dataFee !== sum)
      throw broken('amount', `subscriptions of ${sum} do not make ${change.value} and the fee`)
  }
  ownOnly(tx.outputs.slice(3, -1), around.pubkey)
  return { txid, hex, tx, spent: spent.map(({ txid, vout }) => ({ txid, vout })), change: change.value }
}

export interface SubscribeIntent {
  readonly oracleTxid: string
  readonly publisher: string
  readonly sat: bigint
}

export function inspectSubscribe(hex: string, intent: SubscribeIntent, around: BuiltFor): Inspected {
  const { tx, txid } = openBuilt(hex, around)
  same(opOf(tx), {
    op: 'oracle-subscribe',
    oracleTxid: intent.oracleTxid,
    pubkey: around.pubkey,
    amount: intent.sat,
  })
  const [subscription, marker] = tx.outputs
  if (subscription?.value !== intent.sat) throw broken('amount', `output 0 is not of ${intent.sat}`)
  if (!isTo(subscription, conditionScript(moduleCondition(EVAL.oracles, intent.publisher))))
    throw broken('outputs', 'output 0 does not belong to the publisher')
  if (marker?.value !== MARKER_SAT || !isOwn(marker, markerKey(intent.oracleTxid)))
    throw broken('outputs', "output 1 is not the oracle's marker")
  ownOnly(tx.outputs.slice(2, -1), around.pubkey)
  if (tx.inputs.some(isContract)) throw broken('inputs', 'a subscription spends only normal outputs')
  return { txid, hex, tx }
}

/** The transactions of `oraclesfund` (`sat` null) and `oraclesregister` (`sat`: the fee of a header). */
export function inspectRegistration(
  hex: string,
  { oracleTxid, sat }: { readonly oracleTxid: string; readonly sat: bigint | null },
  around: BuiltFor,
): Inspected {
  const { tx, txid } = openBuilt(hex, around)
  const op = sat === null ? 'oracle-fund' : 'oracle-register'
  same(opOf(tx), { op, oracleTxid, pubkey: around.pubkey, amount: sat ?? MARKER_SAT })
  const own = sat === null ? tx.outputs.slice(1, -1) : tx.outputs.slice(2, -1)
  ownOnly(own, around.pubkey)
  return { txid, hex, tx }
}

export interface SigningIntent {
  readonly kind: 'partial' | 'complete' | 'done'
  readonly withdrawTxid: string
  /** Whose output 0 is spent: the withdrawal, the last partial, or the complete one. */
  readonly lastTxid: string
  readonly coin: string
  /** The reference-chain transaction that it carries; '' for `done`. */
  readonly payoutHex: string
  /** Family B writes another OP_RETURN for its one kind of signature. */
  readonly family: 'A' | 'B'
}

/** The transactions by which signers pass a payout on, and mark it as done. */
export function inspectSigning(hex: string, intent: SigningIntent, around: BuiltFor): Inspected {
  const { tx, txid } = openBuilt(hex, around)
  if (intent.family === 'A') sameSigning(opOf(tx), intent, around.pubkey)
  else sameSigningB(tx, intent)
  if (!tx.inputs.some((input) => isSame({ txid: intent.lastTxid, vout: 0 }, input)))
    throw broken('inputs', `it does not spend the marker of ${intent.lastTxid}`)
  const [marker] = tx.outputs
  const contract = marker !== undefined && scriptKind(marker.script).kind === 'cryptocondition'
  if (marker?.value !== MARKER_SAT) throw broken('amount', 'output 0 is not the marker')
  if (intent.kind === 'done' ? !isOwn(marker, around.pubkey) : !contract)
    throw broken('outputs', 'output 0 does not belong where the marker belongs')
  ownOnly(tx.outputs.slice(1, -1), around.pubkey)
  return { txid, hex, tx }
}

export interface WithdrawIntent {
  readonly bindTxid: string
  readonly coin: string
  readonly withdrawPubkey: string
  readonly sat: bigint
  readonly tokenId: string
}

/**
 * A request for a withdrawal. Daemons of family A may put another user's key into it when another gateway has one
 * pending (docs/protocol/komodo.md#gateways): the payout would go to that user.
 */
export function inspectWithdraw(hex: string, intent: WithdrawIntent, around: BuiltFor): Inspected {
  const { tx, txid } = openBuilt(hex, around)
  const found = gatewayOpOf(tx)
  if (found?.op.op !== 'gateway-withdraw') throw broken('op-return', 'it is no request for a withdrawal')
  const { bindTxid, coin, withdrawPubkey, amount } = found.op
  if (withdrawPubkey !== intent.withdrawPubkey)
    throw broken('op-return', `it would pay ${withdrawPubkey} instead of ${intent.withdrawPubkey}`)
  if (bindTxid !== intent.bindTxid || coin !== intent.coin || found.tokenId !== intent.tokenId)
    throw broken('op-return', 'it belongs to another gateway, coin or token')
  if (amount !== intent.sat) throw broken('amount', `it withdraws ${amount} instead of ${intent.sat}`)
  if (tx.outputs[0]?.value !== MARKER_SAT || tx.outputs[1]?.value !== intent.sat)
    throw broken('amount', 'its outputs are not the marker and the tokens')
  return { txid, hex, tx }
}

/** A payment of own coins to oneself, that only merges outputs. */
export function inspectMerge(
  hex: string,
  intent: { readonly inputs: readonly Outpoint[]; readonly sat: bigint },
  around: BuiltFor,
): Inspected {
  const { tx, txid } = openBuilt(hex, around)
  const all =
    tx.inputs.length === intent.inputs.length &&
    intent.inputs.every((outpoint) => tx.inputs.some((input) => isSame(outpoint, input)))
  if (!all) throw broken('inputs', 'it does not spend exactly the outputs that were to be merged')
  const [only] = tx.outputs
  if (tx.outputs.length !== 1 || only?.value !== intent.sat)
    throw broken('amount', `it does not make one output of ${intent.sat}`)
  ownOnly(tx.outputs, around.pubkey)
  return { txid, hex, tx }
}

function sameSigning(op: ModuleOp | null, intent: SigningIntent, pubkey: string): void {
  const { withdrawTxid, coin } = intent
  const shared = { withdrawTxid, coin }
  if (intent.kind === 'done')
    return same(op, { op: 'gateway-done', ...shared, completeTxid: intent.lastTxid })
  const signatures = op !== null && 'signatures' in op ? op.signatures : 0
  const carried = { signatures, hex: intent.payoutHex }
  return intent.kind === 'complete'
    ? same(op, { op: 'gateway-complete', ...shared, ...carried })
    : same(op, { op: 'gateway-partial', ...shared, ...carried, signer: pubkey })
}

function sameSigningB(tx: Transaction, { kind, withdrawTxid, lastTxid, payoutHex }: SigningIntent): void {
  const data = opReturnData(tx.outputs.at(-1)?.script ?? '') ?? ''
  const letter = kind === 'done' ? '4d' : '53'
  const carried = kind === 'done' ? [turned(lastTxid)] : [payoutHex, Buffer.from(payoutHex).toString('hex')]
  const head = new RegExp(`^f1${letter}(?:[0-9a-f]{2})?${turned(withdrawTxid)}`)
  if (!head.test(data) || !carried.some((part) => data.includes(part)))
    throw broken('op-return', 'its OP_RETURN is about another withdrawal or payout')
}
