/**
 * Signs, pays and marks withdrawals, pass by pass, whatever became of the last pass: each step is found from both
 * chains first. Specification §1.8, §3.8, §11.3, §15.9, §16.24.
 */
import { isCoded, messageOf } from '../../config/index.js'
import {
  buildReason,
  coinsText,
  decodeTransaction,
  gatewayOpOf,
  inspectSigning,
  isWritable,
  judgePayout,
  leastAmount,
  markerAddress,
  payoutFee,
  payoutOutputs,
  pubkeyAddress,
  sendAdvice,
  sendReason,
  type CallOptions,
  type GatewayInfo,
  type KnownTransaction,
  type KomodoClient,
  type Outpoint,
  type Payout,
  type PayoutIntent,
  type PayoutVerdict,
  type PendingWithdrawal,
  type SignedWithdrawal,
  type SigningIntent,
  type SpentOutput,
} from '../../komodo/index.js'
import type { FeedEvent, WithdrawalStep } from './events.js'
import { addToDay, todaySum, type StateFile, type WithdrawalRecord } from './ledger-file.js'
import type { Requests } from './requests.js'
import type { GatewaySettings } from './settings.js'
import { chooseInputs, isExpired, isOurTurn, judgePolicy } from './withdrawal.js'

export interface WithdrawalParts {
  readonly settings: GatewaySettings & { readonly bindTxid: string }
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
  readonly family: 'A' | 'B'
  readonly file: StateFile
  readonly requests: () => Requests
  readonly dryRun: boolean
  readonly emit: (event: FeedEvent) => void
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
}

export interface WithdrawalView {
  /** Proposals of others that were refused, since the start. */
  refused: number
  paid: number
  lastPass: number | null
  /** False: this node signs nothing for the gateway. */
  signer: boolean
}

export interface Withdrawals {
  readonly view: WithdrawalView
  pass(signal: AbortSignal): Promise<void>
}

interface Item {
  readonly withdrawTxid: string
  readonly amount: bigint
  readonly intent: PayoutIntent
}

/** A payout that took longer than the default 200 blocks to be signed by all would be worthless. */
const EXPIRY_BLOCKS = 1_440

/** What is in no list, and was paid so long ago, was marked by another signer. */
const SETTLED_BLOCKS = 3

export function createWithdrawals(parts: WithdrawalParts): Withdrawals {
  const { settings, asset, reference, gateway, family, file, emit, now, monotonicMs } = parts
  const { bindTxid, pubkey } = settings
  const { coin, versions } = gateway
  const fee = payoutFee(coin)
  const index = Math.max(0, gateway.pubkeys.indexOf(pubkey))
  const view: WithdrawalView = { refused: 0, paid: 0, lastPass: null, signer: false }
  const watched = new Set<string>()
  const stageSince = new Map<string, number>()
  /** Said once, not at each pass. */
  const refusedNow = new Map<string, string>()

  const recordOf = (txid: string): WithdrawalRecord | undefined => file.state.withdrawals[txid]

  function note(
    item: Item,
    step: WithdrawalStep,
    change: Partial<WithdrawalRecord> & { txid?: string } = {},
  ): void {
    const { txid, ...rest } = change
    const before = recordOf(item.withdrawTxid)
    const after: WithdrawalRecord = {
      withdrawTxid: item.withdrawTxid,
      amount: item.amount.toString(),
      to: item.intent.payAddress,
      marker: item.intent.markerAddress,
      seenAt: now(),
      payout: null,
      payoutTxid: null,
      markTxid: null,
      counted: false,
      ...before,
      ...rest,
      message: rest.message ?? '',
      step,
      changedAt: now(),
    }
    const told = before?.step === step && before.message === after.message
    if (told && Object.keys(rest).length === 0) return
    if (!parts.dryRun)
      file.update((state) => ({
        ...state,
        withdrawals: { ...state.withdrawals, [item.withdrawTxid]: after },
      }))
    if (told) return
    emit({
      event: 'withdrawal',
      gateway: settings.name,
      withdrawtxid: item.withdrawTxid,
      state: step,
      amount: coinsText(item.amount),
      to: item.intent.payAddress,
      ...(txid === undefined ? {} : { txid }),
      ...(after.message === '' ? {} : { message: after.message }),
    })
  }

  /** `code` for the log; the state says the rest. */
  function refuse(item: Item, code: 'E_FEED_THIEF' | 'E_FEED_WITHDRAWAL', message: string): void {
    if (refusedNow.get(item.withdrawTxid) !== message) {
      refusedNow.set(item.withdrawTxid, message)
      if (code === 'E_FEED_THIEF') view.refused++
      emit({ event: 'notice', gateway: settings.name, level: 'error', code, message })
    }
    note(item, code === 'E_FEED_THIEF' ? 'refused' : 'stuck', { message })
  }

  async function pass(signal: AbortSignal): Promise<void> {
    const options = { signal }
    // A daemon that was late is believed again when its height moves; without headers nobody else looks at that.
    for (const daemon of [asset, reference])
      if (!isWritable(daemon.rpc.health)) await daemon.chainInfo(options)
    const pending = await asset.pendingWithdrawals(family, bindTxid, coin, options)
    view.signer = pending.signer
    if (!pending.signer) {
      view.lastPass = now()
      return
    }
    const signed = await asset.signedWithdrawals(family, bindTxid, coin, options)
    const listed = new Set<string>()
    const errors: unknown[] = []
    const each = async (withdrawTxid: string, step: () => Promise<void>): Promise<void> => {
      listed.add(withdrawTxid)
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const one of signed.items) await each(one.withdrawTxid, () => onSigned(one, options))
    for (const one of pending.items)
      if (!one.done) await each(one.withdrawTxid, () => onPending(one, options))
    await settle(listed, options)
    view.lastPass = now()
    // Each item had its chance; now the first trouble may be told.
    if (errors.length > 0) throw errors[0]
  }

  /** What is in neither list: a signature that is not mined yet, or marked as done, by us or by another signer. */
  async function settle(listed: ReadonlySet<string>, options: CallOptions): Promise<void> {
    for (const record of Object.values(file.state.withdrawals)) {
      if (listed.has(record.withdrawTxid) || record.step === 'done') continue
      const item = await request(record.withdrawTxid, record.to, options)
      if (item === null || !(await isFinished(record, item, options))) continue
      note(item, 'done', record.payoutTxid === null ? {} : { txid: record.payoutTxid })
      view.paid++
    }
  }

  async function isFinished(record: WithdrawalRecord, item: Item, options: CallOptions): Promise<boolean> {
    if (record.markTxid !== null) {
      const mark = await asset.transaction(record.markTxid, options)
      if (mark !== null && mark.confirmations > 0) return true
    }
    // While our own mark is in the mempool it is not done; another signer's is seen by what it leads to.
    if (record.step === 'marked') return false
    const paid = await findPayout(item, options)
    return paid !== null && paid.confirmations > settings.withdrawals.confirmations + SETTLED_BLOCKS
  }

  /**
   * The withdrawal as its own transaction says it. Null if it is another gateway's: daemons list those too
   * (specification §3.8).
   */
  async function request(
    withdrawTxid: string,
    payAddress: string,
    options: CallOptions,
  ): Promise<Item | null> {
    const found = await asset.transaction(withdrawTxid, options)
    if (found === null) return null
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
        fee,
        versions,
      },
    }
    if (payAddress !== item.intent.payAddress) {
      refuse(
        item,
        'E_FEED_THIEF',
        `the daemon would pay ${payAddress}, the withdrawal says ${item.intent.payAddress}`,
      )
      return null
    }
    return item
  }

  async function onPending(pending: PendingWithdrawal, options: CallOptions): Promise<void> {
    const item = await request(pending.withdrawTxid, pending.payAddress, options)
    if (item === null) return
    if (recordOf(item.withdrawTxid) === undefined) note(item, 'seen')
    if (!pending.confirmed) return
    await watch(item, options)
    if (item.amount < leastAmount(fee))
      return refuse(item, 'E_FEED_WITHDRAWAL', `${coinsText(item.amount)} does not even cover the fees`)
    if (!isAllowed(item)) return
    const proposal = await proposalFor(pending, item, options)
    if (proposal === null) return
    const { hex, before, listed } = proposal
    const ready = before !== null && (before.complete || before.signers.includes(pubkey))
    if (ready && listed && !before.complete)
      return note(item, 'partial', { message: 'signed by us; the other signers have to sign now' })
    if (!isTurn(pending)) return
    const signed = ready ? hex : (await reference.signRaw(hex, options)).hex
    const after = await judge(signed, item, options)
    if (!after.ok)
      return refuse(item, 'E_FEED_WITHDRAWAL', `our own node signed another payout: ${after.message}`)
    const { payout } = after
    // Half-signed or unsigned ones would be accepted by the asset chain, and worth nothing (specification §16.24).
    if (payout.signatures < (before?.signatures ?? 0) + (ready ? 0 : 1))
      return refuse(
        item,
        'E_FEED_WITHDRAWAL',
        `the reference node did not sign: import the key of ${pubkeyAddress(pubkey, versions)} into its wallet`,
      )
    if (parts.dryRun) return note(item, 'signed', { message: 'dry run: not sent' })
    remember(item, signed, payout)
    await handOn(item, pending, { hex: signed, payout }, options)
  }

  function isTurn(pending: PendingWithdrawal): boolean {
    const stage = `${pending.withdrawTxid}:${pending.lastTxid}`
    const since = stageSince.get(stage) ?? monotonicMs()
    stageSince.set(stage, since)
    if (stageSince.size > 1_000) stageSince.clear()
    const { withdrawTxid, signs } = pending
    return (
      gateway.n === 1 || isOurTurn({ withdrawTxid, signs, index, n: gateway.n, since, now: monotonicMs() })
    )
  }

  function isAllowed(item: Item): boolean {
    const record = recordOf(item.withdrawTxid)
    const verdict = judgePolicy({
      amount: item.amount,
      paidToday: todaySum(file.state.paid, now()),
      ruling: parts.requests().rulings.get(item.withdrawTxid) ?? null,
      counted: record?.counted ?? false,
      policy: settings.withdrawals,
    })
    if (verdict.verdict === 'pay') return true
    const step = { hold: 'held', reject: 'rejected', wait: 'waiting' } as const
    note(item, step[verdict.verdict], { message: verdict.why })
    return false
  }

  /**
   * What is to be signed next, and how far it is signed; `listed`: the asset chain has it as it is. Null: nothing, the
   * state says why.
   */
  async function proposalFor(
    pending: PendingWithdrawal,
    item: Item,
    options: CallOptions,
  ): Promise<{ hex: string; before: Payout | null; listed: boolean } | null> {
    const { blocks: tip } = await reference.chainInfo(options)
    const paid = await findPayout(item, options)
    if (paid !== null) return reuse(paid.hex, item, options, 'it is paid already')
    if (pending.hex !== null) {
      const verdict = await judge(pending.hex, item, options)
      const stale =
        verdict.ok && verdict.payout.tx.expiryHeight !== 0 && verdict.payout.tx.expiryHeight <= tip
      if (verdict.ok && !stale) return { hex: pending.hex, before: verdict.payout, listed: true }
      if (!verdict.ok && verdict.why === 'thief') {
        refuse(item, 'E_FEED_THIEF', `a co-signer proposes another payout: ${verdict.message}`)
        return null
      }
    }
    const record = recordOf(item.withdrawTxid)
    const depth = settings.depth
    if (record?.payout && !isExpired({ payout: record.payout, tip, depth }))
      return reuse(record.payout.hex, item, options, 'what was signed before cannot be used')
    const hex = await compose(item, tip, options)
    return hex === null ? null : { hex, before: null, listed: false }
  }

  async function reuse(hex: string, item: Item, options: CallOptions, what: string) {
    const verdict = await judge(hex, item, options)
    if (verdict.ok) return { hex, before: verdict.payout, listed: false }
    refuse(item, 'E_FEED_WITHDRAWAL', `${what}, but not as it should be: ${verdict.message}`)
    return null
  }

  /** A new payout, unsigned. */
  async function compose(item: Item, tip: number, options: CallOptions): Promise<string | null> {
    const coins = await reference.unspent(1, [gateway.deposit], options)
    const chosen = chooseInputs(coins, item.amount, {
      earlier: new Set((recordOf(item.withdrawTxid)?.payout?.inputs ?? []).map(nameOf)),
      reserved: reservedBut(item.withdrawTxid),
    })
    if (chosen === null) {
      const sum = coins.reduce((total, { sat }) => total + sat, 0n)
      refuse(
        item,
        'E_FEED_WITHDRAWAL',
        `the deposit address has ${coinsText(sum)} free, ${coinsText(item.amount)} is due`,
      )
      return null
    }
    const total = chosen.reduce((sum, { sat }) => sum + sat, 0n)
    return reference.createRaw(chosen, payoutOutputs(item.intent, total), tip + EXPIRY_BLOCKS, options)
  }

  /** Inputs of other withdrawals that are on their way: two payouts must never spend the same. */
  function reservedBut(withdrawTxid: string): ReadonlySet<string> {
    const others = Object.values(file.state.withdrawals).filter(
      (record) => record.withdrawTxid !== withdrawTxid && record.step !== 'done',
    )
    return new Set(others.flatMap(({ payout }) => (payout?.inputs ?? []).map(nameOf)))
  }

  /** Written down before anybody gets it, and counted in the day's sum once. */
  function remember(item: Item, hex: string, { tx }: Payout): void {
    const record = recordOf(item.withdrawTxid)
    if (!record?.counted)
      file.update((state) => ({ ...state, paid: addToDay(state.paid, item.amount, now()) }))
    const inputs = tx.inputs.map(({ txid, vout }) => ({ txid, vout }))
    const payout = { hex, inputs, expiry: tx.expiryHeight }
    note(item, record?.step ?? 'seen', { payout, counted: true, message: record?.message ?? '' })
  }

  async function handOn(
    item: Item,
    pending: PendingWithdrawal,
    { hex, payout }: { readonly hex: string; readonly payout: Payout },
    options: CallOptions,
  ): Promise<void> {
    const kind = payout.complete ? 'complete' : 'partial'
    const { withdrawTxid, lastTxid } = pending
    const build =
      family === 'B' ? asset.withdrawSign : payout.complete ? asset.completeSigning : asset.partialSign
    const txid = await sendSigning(
      { kind, withdrawTxid, lastTxid, coin, payoutHex: hex, family },
      () => build(lastTxid, coin, hex, options),
      options,
    )
    if (txid === null) return
    note(item, payout.complete ? 'signed' : 'partial', {
      txid,
      ...(payout.complete ? { payoutTxid: payout.txid } : {}),
    })
  }

  /** Null: not now; another signer was faster, or the chain is not that far. */
  async function sendSigning(
    intent: SigningIntent,
    build: () => Promise<string>,
    options: CallOptions,
  ): Promise<string | null> {
    if (!isWritable(asset.rpc.health)) return null
    try {
      const { blocks: height } = await asset.chainInfo(options)
      const { hex, txid } = inspectSigning(await build(), intent, { height, pubkey })
      await asset.send(hex, options)
      return txid
    } catch (error) {
      if (buildReason(error) === 'unconfirmed') return null
      const reason = sendReason(error)
      if (reason === 'in-chain' || reason === 'spent' || reason === 'conflict') return null
      if (reason === null) throw error
      const advice = sendAdvice(reason)
      emit({
        event: 'notice',
        gateway: settings.name,
        level: 'warn',
        code: isCoded(error) ? error.code : 'unknown',
        message: `${messageOf(error)}${advice === '' ? '' : `; ${advice}`}`,
      })
      return null
    }
  }

  /** Signed by all: pay, wait, mark. */
  async function onSigned(signed: SignedWithdrawal, options: CallOptions): Promise<void> {
    const item = await request(signed.withdrawTxid, signed.payAddress, options)
    if (item === null) return
    const record = recordOf(item.withdrawTxid)
    if (!signed.confirmed) return record === undefined ? note(item, 'signed') : undefined
    await watch(item, options)
    const verdict = await judge(signed.hex, item, options)
    const paid = await payoutNow(item, verdict, options)
    if (paid !== null) return mark(item, signed, paid, options)
    if (!verdict.ok)
      return refuse(
        item,
        verdict.why === 'thief' ? 'E_FEED_THIEF' : 'E_FEED_WITHDRAWAL',
        `the completely signed payout is not what was asked for: ${verdict.message}`,
      )
    if (!verdict.payout.complete)
      return refuse(item, 'E_FEED_WITHDRAWAL', 'the payout was handed on as complete, and lacks signatures')
    if (parts.requests().rulings.get(item.withdrawTxid) === 'reject')
      return note(item, 'rejected', { message: 'an operator rejected it' })
    await broadcast(item, { hex: signed.hex, txid: verdict.payout.txid }, options)
  }

  /** The payout as the reference chain or its mempool has it: the one that was signed, or any that bears its marker. */
  async function payoutNow(item: Item, verdict: PayoutVerdict, options: CallOptions) {
    const ids = new Set([
      ...(verdict.ok ? [verdict.payout.txid] : []),
      recordOf(item.withdrawTxid)?.payoutTxid ?? null,
    ])
    for (const txid of ids) {
      if (txid === null) continue
      const found = await reference.transaction(txid, options)
      if (found !== null && !found.orphaned) return { txid, ...found }
    }
    return findPayout(item, options)
  }

  async function broadcast(
    item: Item,
    payout: { hex: string; txid: string },
    options: CallOptions,
  ): Promise<void> {
    if (parts.dryRun) return note(item, 'broadcast', { message: 'dry run: not sent' })
    if (!isWritable(reference.rpc.health)) return
    const { hex, txid } = payout
    note(item, 'signed', { payoutTxid: txid })
    try {
      await reference.send(hex, options)
    } catch (error) {
      const reason = sendReason(error)
      if (reason === null) throw error
      if (reason === 'expired') return again(item, hex, options)
      if (reason !== 'in-chain')
        return refuse(
          item,
          'E_FEED_WITHDRAWAL',
          `the reference node does not take the payout: ${messageOf(error)}`,
        )
    }
    note(item, 'broadcast', { txid, payoutTxid: txid })
  }

  /**
   * Expired on its way. A gateway of one key signs another one, of the same inputs, once the old one is buried; of
   * several keys only an operator can help, since the asset chain takes no second round.
   */
  async function again(item: Item, hex: string, options: CallOptions): Promise<void> {
    const { blocks: tip } = await reference.chainInfo(options)
    const { expiryHeight, inputs } = decodeTransaction(hex)
    const record = recordOf(item.withdrawTxid)
    const old = { hex, inputs: inputs.map(({ txid, vout }) => ({ txid, vout })), expiry: expiryHeight }
    const last = record?.payout ?? old
    if (gateway.n > 1) return refuse(item, 'E_FEED_WITHDRAWAL', 'the payout expired before it was mined')
    if (last.hex !== hex && !isExpired({ payout: last, tip, depth: settings.depth })) {
      const verdict = await judge(last.hex, item, options)
      if (verdict.ok) return broadcast(item, { hex: last.hex, txid: verdict.payout.txid }, options)
    }
    if (!isExpired({ payout: last, tip, depth: settings.depth }))
      return note(item, 'signed', {
        message: 'the payout expired; a new one is signed when the old one is buried',
      })
    note(item, 'signed', { payout: { ...last, inputs: old.inputs } })
    const fresh = await compose(item, tip, options)
    if (fresh === null) return
    const signed = await reference.signRaw(fresh, options)
    const verdict = await judge(signed.hex, item, options)
    if (!verdict.ok || !verdict.payout.complete)
      return refuse(item, 'E_FEED_WITHDRAWAL', 'a new payout could not be signed')
    remember(item, signed.hex, verdict.payout)
    await broadcast(item, { hex: signed.hex, txid: verdict.payout.txid }, options)
  }

  async function mark(
    item: Item,
    { completeTxid, withdrawTxid }: SignedWithdrawal,
    paid: KnownTransaction & { readonly txid: string },
    options: CallOptions,
  ): Promise<void> {
    const record = recordOf(item.withdrawTxid)
    if (record?.step !== 'marked' && record?.step !== 'broadcast')
      note(item, 'broadcast', { txid: paid.txid, payoutTxid: paid.txid })
    if (paid.confirmations < settings.withdrawals.confirmations || parts.dryRun) return
    const stage = `${withdrawTxid}:${completeTxid}`
    const since = stageSince.get(stage) ?? monotonicMs()
    stageSince.set(stage, since)
    const turn = { withdrawTxid, signs: 0, index, n: gateway.n, since, now: monotonicMs() }
    if (gateway.n > 1 && !isOurTurn(turn)) return
    const intent: SigningIntent = {
      kind: 'done',
      withdrawTxid,
      lastTxid: completeTxid,
      coin,
      payoutHex: '',
      family,
    }
    const txid = await sendSigning(intent, () => asset.markDone(completeTxid, coin, options), options)
    if (txid !== null) note(item, 'marked', { txid, markTxid: txid, payoutTxid: paid.txid })
  }

  /** From now on the reference node notices a payment to the marker, address index or not. */
  async function watch(item: Item, options: CallOptions): Promise<void> {
    const { markerAddress: address } = item.intent
    if (watched.has(address)) return
    const known = await reference.address(address, options)
    if (!known.mine && !known.watched) await reference.watch(address, item.withdrawTxid, options)
    watched.add(address)
  }

  /** Any payment to the withdrawal's marker: it is paid. */
  async function findPayout(item: Item, options: CallOptions) {
    const { markerAddress: address } = item.intent
    const txid =
      (await indexed(address, options)) ?? (await reference.unspent(0, [address], options))[0]?.txid
    if (txid === undefined) return null
    const found = await reference.transaction(txid, options)
    return found === null || found.orphaned ? null : { txid, ...found }
  }

  /** Needs the node's address index; without it the wallet's watch has to do. */
  async function indexed(address: string, options: CallOptions): Promise<string | undefined> {
    try {
      return (await reference.utxos(address, false, options))[0]?.txid
    } catch (error) {
      if (isCoded(error) && (error.code === 'E_KOMODO_RPC' || error.code === 'E_KOMODO_METHOD'))
        return undefined
      throw error
    }
  }

  async function judge(hex: string, item: Item, options: CallOptions): Promise<PayoutVerdict> {
    const spent = await spentOutputs(hex, options)
    return judgePayout(hex, item.intent, (outpoint) => spent.get(nameOf(outpoint)))
  }

  async function spentOutputs(hex: string, options: CallOptions): Promise<ReadonlyMap<string, SpentOutput>> {
    const found = new Map<string, SpentOutput>()
    let inputs: readonly Outpoint[]
    try {
      inputs = decodeTransaction(hex).inputs
    } catch {
      return found
    }
    for (const input of inputs.slice(0, 500)) {
      const known = await reference.transaction(input.txid, options)
      const output = known === null ? undefined : decodeTransaction(known.hex).outputs[input.vout]
      if (output !== undefined && known?.orphaned === false) found.set(nameOf(input), output)
    }
    return found
  }

  return { view, pass }
}

const nameOf = ({ txid, vout }: Outpoint): string => `${txid}:${vout}`
