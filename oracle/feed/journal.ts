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
import type { InTurn } from './build-queue.js'
import type { FeedEvent, WithdrawalStep } from './events.js'
import {
  addToDay,
  payoutsOf,
  todaySum,
  type FeedState,
  type StateFile,
  type WithdrawalRecord,
} from './ledger-file.js'
import type { SignedPayout } from './payouts.js'
import type { Requests } from './requests.js'
import type { GatewaySettings } from './config.js'
import { isBlocking, judgePolicy, openSat } from './withdrawal.js'

export interface WithdrawalParts {
  readonly settings: GatewaySettings & { readonly bindTxid: string }
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly gateway: GatewayInfo
  readonly family: 'A' | 'B'
  readonly file: StateFile
  readonly requests: () => Requests
  /** What was asked is carried out, or refused. */
  readonly forgetSettle: (withdrawTxid: string) => void
  readonly dryRun: boolean
  /** For what is built and sent on the asset daemon. */
  readonly inTurn?: InTurn
  readonly emit: (event: FeedEvent) => void
  /** UNIX ms. */
  readonly now: () => number
  /** For what lasts; `now` if there is no other. */
  readonly monotonicMs?: () => number
}

/** A withdrawal as its own transaction asks for it. */
export interface Item {
  readonly withdrawTxid: string
  readonly amount: bigint
  readonly intent: PayoutIntent
}

export type RefusalCode = 'E_FEED_THIEF' | 'E_FEED_WITHDRAWAL'

/** A payout's text without its signatures. */
export const contentOf = ({ hex }: Pick<SignedPayout, 'hex'>): string => payoutContent(decodeTransaction(hex))

export function createJournal({ settings, file, emit, now, dryRun, requests }: WithdrawalParts) {
  /** Said once, not at each pass. */
  const said = new Set<string>()
  const counts = { refused: 0 }

  const recordOf = (txid: string): WithdrawalRecord | undefined => file.state.withdrawals[txid]
  const today = (): string => periodOf('day', now())

  function write(
    item: Item,
    change: Partial<WithdrawalRecord>,
    more: Partial<FeedState> = {},
  ): WithdrawalRecord {
    const after: WithdrawalRecord = {
      withdrawTxid: item.withdrawTxid,
      amount: item.amount.toString(),
      to: item.intent.payAddress,
      marker: item.intent.markerAddress,
      step: 'seen',
      message: '',
      seenAt: now(),
      payout: null,
      earlier: [],
      payoutTxid: null,
      markTxid: null,
      countedOn: null,
      ...recordOf(item.withdrawTxid),
      ...change,
      changedAt: now(),
    }
    if (!dryRun)
      file.update((state) => ({
        ...state,
        ...more,
        withdrawals: { ...state.withdrawals, [item.withdrawTxid]: after },
      }))
    return after
  }

  /** A step that is the same as before, with the same message, is neither written nor told again. */
  function note(
    item: Item,
    step: WithdrawalStep,
    change: Pick<Partial<WithdrawalRecord>, 'message' | 'payoutTxid' | 'markTxid'> & { txid?: string } = {},
  ): void {
    const { txid, ...rest } = change
    const { message = '' } = rest
    const before = recordOf(item.withdrawTxid)
    const told = before?.step === step && before.message === message
    const same = Object.entries(rest).every(
      ([key, value]) => before?.[key as keyof WithdrawalRecord] === value,
    )
    if (told && same) return
    write(item, { ...rest, message, step })
    if (told) return
    emit({
      event: 'withdrawal',
      gateway: settings.name,
      withdrawtxid: item.withdrawTxid,
      state: step,
      amount: coinsText(item.amount),
      to: item.intent.payAddress,
      ...(txid === undefined ? {} : { txid }),
      ...(message === '' ? {} : { message }),
    })
  }

  /** To the log, once; the step stays as it is. */
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

  function refuse(item: Item, code: RefusalCode, message: string): void {
    warn(item, code, message)
    note(item, code === 'E_FEED_THIEF' ? 'refused' : 'stuck', { message })
  }

  /**
   * Written down before anybody gets it, and counted in the day's sum once a day. One that only bears more signatures
   * takes the place of what it was.
   */
  function remember(item: Item, hex: string, { tx }: Pick<Payout, 'tx'>): void {
    const record = recordOf(item.withdrawTxid)
    const content = payoutContent(tx)
    const before = record === undefined ? [] : payoutsOf(record)
    const known = before.find((payout) => contentOf(payout) === content)
    if (known?.hex === hex && known === record?.payout && record.countedOn === today()) return
    const inputs = tx.inputs.map(({ txid, vout }) => ({ txid, vout }))
    const payout: SignedPayout = { inputs, expiry: tx.expiryHeight, gone: null, dead: false, ...known, hex }
    const counted = record?.countedOn === today()
    write(
      item,
      { payout, earlier: before.filter((one) => one !== known), countedOn: today() },
      counted ? {} : { paid: addToDay(file.state.paid, item.amount, now()) },
    )
  }

  /** Payouts that bear our signature and were not known here: older than what is. */
  function adopt(item: Item, found: readonly { readonly hex: string; readonly tx: Payout['tx'] }[]): void {
    for (const { hex, tx } of found) {
      const record = recordOf(item.withdrawTxid)
      const known = record === undefined ? [] : payoutsOf(record)
      if (known.some((payout) => contentOf(payout) === payoutContent(tx))) continue
      const inputs = tx.inputs.map(({ txid, vout }) => ({ txid, vout }))
      const payout: SignedPayout = { hex, inputs, expiry: tx.expiryHeight, gone: null, dead: false }
      write(item, record?.payout ? { earlier: [payout, ...record.earlier] } : { payout })
    }
  }

  /** What was proven about payouts by now; written only if it changed. */
  function keep(item: Item, payouts: readonly SignedPayout[]): void {
    const record = recordOf(item.withdrawTxid)
    if (record === undefined || isDeepStrictEqual(payouts, payoutsOf(record))) return
    const newest = payouts.at(-1) ?? null
    write(item, { payout: newest, earlier: payouts.slice(0, -1) })
  }

  /** Whether it may be signed now; if not, the state says why. Holds for each new signature, whatever leads to it. */
  function isAllowed(item: Item): boolean {
    const { withdrawTxid } = item
    const records = Object.values(file.state.withdrawals)
    const verdict = judgePolicy({
      amount: item.amount,
      paidToday:
        todaySum(file.state.paid, now()) + openSat({ records, except: withdrawTxid, today: today() }),
      ruling: requests().rulings.get(withdrawTxid) ?? null,
      counted: recordOf(withdrawTxid)?.countedOn === today(),
      policy: settings.withdrawals,
    })
    if (verdict.verdict === 'pay') return true
    const step = { hold: 'held', reject: 'rejected', wait: 'waiting' } as const
    note(item, step[verdict.verdict], { message: verdict.why })
    return false
  }

  /** The first of the pending ones that waits for an operator: no other can be asked for meanwhile. */
  function blockedBy(pending: readonly { readonly withdrawTxid: string }[]): WithdrawalRecord | null {
    const found = pending
      .map(({ withdrawTxid }) => recordOf(withdrawTxid))
      .find((record) => record !== undefined && isBlocking(record))
    if (found === undefined) return null
    const { withdrawTxid, step } = found
    const way = step === 'held' ? `\`pegminer feed approve ${withdrawTxid}\` or ` : ''
    const message =
      `the gateway takes no other withdrawal while ${withdrawTxid} is ${step}; ` +
      `${way}\`pegminer feed settle ${withdrawTxid}\` ends it`
    if (step !== 'waiting') warn(found, 'E_FEED_BLOCKED', message, 'warn')
    return found
  }

  return { counts, recordOf, note, warn, refuse, remember, adopt, keep, isAllowed, blockedBy }
}

export type Journal = ReturnType<typeof createJournal>
