/** What a gateway writes down and tells about its withdrawals: each change first on disk, then told, once. */
import { isDeepStrictEqual } from 'node:util'

import { periodOf } from '../../base/index.js'
import {
  coinsText,
  decodeTransaction,
  payoutContent,
  type GatewayInfo,
  type KomodoClient,
  type Payout,
  type PayoutIntent,
} from '../../komodo/index.js'
import type { WithdrawalEvent } from './events.js'
import type { Move, RefusalCode } from './withdrawal-states.js'
import {
  addToDay,
  payoutsOf,
  todaySum,
  type FeedState,
  type Known,
  type StateFile,
  type WithdrawalRecord,
} from './ledger-file.js'
import type { GatewayParts } from './parts.js'
import type { SignedPayout } from './payouts.js'
import type { Requests } from './requests.js'
import type { GatewaySettings } from './config.js'
import { isBlocking, judgePolicy, openSat, type PolicyVerdict } from './withdrawal.js'

export interface WithdrawalParts extends GatewayParts {
  readonly settings: GatewaySettings & { readonly bindTxid: string }
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
  readonly family: 'A' | 'B'
  readonly file: StateFile
  readonly requests: () => Requests
  /** Forgets what an operator asked for: it is carried out, or refused. */
  readonly forgetSettle: (withdrawTxid: string) => void
}

/** A withdrawal as its own transaction asks for it. */
export interface Item {
  readonly withdrawTxid: string
  readonly amount: bigint
  readonly intent: PayoutIntent
}

/** A payout's text without its signatures. */
export const contentOf = ({ hex }: Pick<SignedPayout, 'hex'>): string => payoutContent(decodeTransaction(hex))

/** What is known of a withdrawal of which nothing is written down yet. */
const unknown = ({ withdrawTxid, amount, intent }: Item, now: number): Known => ({
  ...{ withdrawTxid, amount: amount.toString(), to: intent.payAddress, marker: intent.markerAddress },
  ...{ step: 'new', message: '', seenAt: now, payout: null, earlier: [] },
  ...{ payoutTxid: null, markTxid: null, countedOn: null, changedAt: now },
})

const signedPayout = (hex: string, { inputs, expiryHeight }: Payout['tx']): SignedPayout => ({
  inputs: inputs.map(({ txid, vout }) => ({ txid, vout })),
  expiry: expiryHeight,
  gone: null,
  dead: false,
  hex,
})

/** What is told of a withdrawal that has come to another state, or has another message. */
const eventOf = (
  gateway: string,
  { withdrawTxid, amount, intent }: Item,
  now: Pick<WithdrawalRecord, 'step' | 'message'> & Pick<Move, 'txid'>,
): WithdrawalEvent => ({
  ...{ event: 'withdrawal', gateway, withdrawtxid: withdrawTxid, state: now.step },
  ...{ amount: coinsText(amount), to: intent.payAddress },
  ...(now.txid == null ? {} : { txid: now.txid }),
  ...(now.message === '' ? {} : { message: now.message }),
})

/** The id stands in it once, in a command to copy. */
function blockText({ withdrawTxid, step }: WithdrawalRecord): string {
  const why = `the gateway takes no other withdrawal while this one is ${step}`
  return step === 'held'
    ? `${why}: \`pegminer feed approve ${withdrawTxid}\` pays it, \`settle\` instead of \`approve\` releases it unpaid`
    : `${why}: \`pegminer feed settle ${withdrawTxid}\` releases it unpaid`
}

export function createJournal({ settings, file, emit, now, dryRun, requests }: WithdrawalParts) {
  /** What was told, so that it is told once and not at each pass. */
  const said = new Set<string>()
  const counts = { refused: 0 }

  const recordOf = (txid: string): WithdrawalRecord | undefined => file.state.withdrawals[txid]
  const today = (): string => periodOf('day', now())

  const knownOf = (item: Item): Known => recordOf(item.withdrawTxid) ?? unknown(item, now())

  function write(item: Item, change: Partial<WithdrawalRecord>, more: Partial<FeedState> = {}): void {
    if (dryRun) return
    const known = knownOf(item)
    const step = known.step === 'new' ? 'seen' : known.step
    const after: WithdrawalRecord = { ...known, step, ...change, changedAt: now() }
    file.update((state) => ({
      ...state,
      ...more,
      withdrawals: { ...state.withdrawals, [item.withdrawTxid]: after },
    }))
  }

  /** A step that is the same as before, with the same message, is neither written nor told again. */
  function settle(item: Item, { record, txid, says = [] }: Omit<Move, 'action'>): void {
    for (const { code, message, level } of says) warn(item, code, message, level)
    const { step, message, payoutTxid, markTxid } = record
    const before = recordOf(item.withdrawTxid)
    const isTold = before?.step === step && before.message === message
    const same = isTold && before.payoutTxid === payoutTxid && before.markTxid === markTxid
    if (step === 'new' || same) return
    write(item, { step, message, payoutTxid, markTxid })
    if (isTold) return
    emit(eventOf(settings.name, item, { step, message, txid }))
  }

  /** Writes a line to the log, once; the step stays as it is. */
  function warn(
    item: Pick<Item, 'withdrawTxid'>,
    code: RefusalCode | 'E_FEED_BLOCKED',
    message: string,
    level: 'warn' | 'error' = 'error',
  ): void {
    const key = `${item.withdrawTxid} ${message}`
    if (said.has(key)) return
    if (said.size >= 1_000) said.clear()
    said.add(key)
    if (code === 'E_FEED_THIEF') counts.refused++
    emit({ event: 'notice', gateway: settings.name, level, code, message })
  }

  /**
   * Writes a payout down before anyone else gets it, and counts it in the day's sum once a day. A payout that only
   * bears more signatures takes the place of the earlier one.
   */
  function remember(item: Item, hex: string, { tx }: Pick<Payout, 'tx'>): void {
    const record = knownOf(item)
    const content = payoutContent(tx)
    const before = payoutsOf(record)
    const known = before.find((payout) => contentOf(payout) === content)
    const counted = record.countedOn === today()
    if (known?.hex === hex && known === record.payout && counted) return
    write(
      item,
      {
        payout: { ...signedPayout(hex, tx), ...known, hex },
        earlier: before.filter((one) => one !== known),
        countedOn: today(),
      },
      counted ? {} : { paid: addToDay(file.state.paid, item.amount, now()) },
    )
  }

  /** Payouts that bear our signature and were not known here: older than what is. */
  function adopt(item: Item, found: readonly { readonly hex: string; readonly tx: Payout['tx'] }[]): void {
    for (const { hex, tx } of found) {
      const record = knownOf(item)
      if (payoutsOf(record).some((payout) => contentOf(payout) === payoutContent(tx))) continue
      const payout = signedPayout(hex, tx)
      write(item, record.payout === null ? { payout } : { earlier: [payout, ...record.earlier] })
    }
  }

  /** Keeps what was proven about payouts by now; writes only what changed. */
  function keep(item: Item, payouts: readonly SignedPayout[]): void {
    if (isDeepStrictEqual(payouts, payoutsOf(knownOf(item)))) return
    const newest = payouts.at(-1) ?? null
    write(item, { payout: newest, earlier: payouts.slice(0, -1) })
  }

  /** Whether it may be signed now. Holds for each new signature, whatever leads to it. */
  function policyOf({ withdrawTxid, amount }: Item): PolicyVerdict {
    const records = Object.values(file.state.withdrawals)
    return judgePolicy({
      amount,
      paidToday:
        todaySum(file.state.paid, now()) + openSat({ records, except: withdrawTxid, today: today() }),
      ruling: requests().rulings.get(withdrawTxid) ?? null,
      counted: recordOf(withdrawTxid)?.countedOn === today(),
      policy: settings.withdrawals,
    })
  }

  /** The first of the pending ones that waits for an operator: no other can be asked for meanwhile. */
  function blockedBy(pending: readonly { readonly withdrawTxid: string }[]): WithdrawalRecord | null {
    const found = pending
      .map(({ withdrawTxid }) => recordOf(withdrawTxid))
      .find((record) => record !== undefined && isBlocking(record))
    if (found === undefined) return null
    if (found.step !== 'waiting') warn(found, 'E_FEED_BLOCKED', blockText(found), 'warn')
    return found
  }

  return { counts, recordOf, knownOf, settle, warn, remember, adopt, keep, policyOf, blockedBy }
}

export type Journal = ReturnType<typeof createJournal>
