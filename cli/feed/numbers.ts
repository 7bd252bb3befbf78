/** A gateway's live view → what the API and the status page show of it. Pure. */
import { coinsText } from '../../komodo/index.js'
import {
  isOver,
  type GatewayView,
  type WithdrawalRecord,
  type WithdrawalStep,
} from '../../oracle/feed/index.js'
import type { GatewayNumbers, WithdrawalNumbers } from '../../telemetry/index.js'

const ALARMS = {
  limit: 'the daily limit of subscriptions is reached',
  wallet: 'the wallet has too few coins for another subscription',
} as const

export function gatewayNumbers(view: GatewayView, monotonicMs: number): GatewayNumbers {
  const { name, settings, relay, daemons } = view
  return {
    name,
    asset: settings.asset.name,
    reference: settings.reference.name,
    state: relay?.state.state ?? (settings.headers ? 'starting' : 'withdrawals only'),
    trouble: troubleOf(view),
    daemons,
    headers: relay === null ? null : headersOf(relay, monotonicMs),
    funds: fundsOf(view),
    withdrawals: withdrawalsOf(view),
  }
}

function headersOf(
  { tip, plan, lastProgress, lastPass, headers }: NonNullable<GatewayView['relay']>,
  monotonicMs: number,
): GatewayNumbers['headers'] {
  return {
    tip,
    published: plan?.top ?? null,
    target: plan?.target ?? null,
    lag: plan?.lag ?? null,
    lagSeconds: lastProgress === null ? null : Math.max(0, monotonicMs - lastProgress) / 1000,
    gaps: plan?.gaps ?? null,
    sent: headers,
    lastPass,
  }
}

function fundsOf({ relay, treasury }: GatewayView): GatewayNumbers['funds'] {
  const budget = relay?.budget ?? null
  const { headersLeft = null, hoursLeft = null } = treasury?.forecast ?? {}
  return {
    perBlock: budget?.perBlock ?? null,
    outputs: budget?.whole ?? null,
    oracle: budget && coinsText(budget.sat),
    wallet: treasury?.wallet == null ? null : coinsText(treasury.wallet),
    headersLeft: headersLeft ?? budget?.headersLeft ?? null,
    hoursLeft: hoursLeft !== null && Number.isFinite(hoursLeft) ? hoursLeft : null,
    alarm: treasury?.alarm ? ALARMS[treasury.alarm] : null,
  }
}

function withdrawalsOf({ withdrawals, file }: GatewayView): GatewayNumbers['withdrawals'] {
  const records = Object.values(file.state.withdrawals)
  const states: Record<string, number> = {}
  for (const { step } of records) states[step] = (states[step] ?? 0) + 1
  return {
    signer: withdrawals?.signer ?? null,
    paid: withdrawals?.paid ?? 0,
    refused: withdrawals?.refused ?? 0,
    states,
    blockedBy: withdrawals?.blockedBy?.withdrawTxid ?? null,
    open: records
      .filter((record) => !isOver(record))
      .sort((a, b) => b.seenAt - a.seenAt)
      .map(withdrawalOf),
    done: records
      .filter(isOver)
      .sort((a, b) => b.changedAt - a.changedAt)
      .slice(0, SHOWN_DONE)
      .map(withdrawalOf),
  }
}

const SHOWN_DONE = 20

function withdrawalOf(record: WithdrawalRecord): WithdrawalNumbers {
  const { withdrawTxid, step, amount, to, seenAt, changedAt, message, payoutTxid, markTxid } = record
  return {
    ...{ txid: withdrawTxid, state: step, amount: coinsText(BigInt(amount)), to, seenAt, changedAt, message },
    ...{ waitsFor: waitsFor(record), payoutTxid, markTxid },
  }
}

const WAITS_FOR: Readonly<Record<Exclude<WithdrawalStep, 'held'>, string>> = {
  seen: 'this feed',
  signed: 'this feed',
  waiting: 'coins at the deposit address, a limit, or the daemons: see why',
  partial: 'the other signers',
  broadcast: 'a block of the reference chain',
  marked: 'a block of the asset chain',
  refused: 'you: see why',
  stuck: 'you: see why',
  settling: 'this feed, to release it without a payment',
  rejected: '',
  settled: '',
  done: '',
}

/** Whom or what a withdrawal waits for. */
const waitsFor = ({ step, withdrawTxid }: WithdrawalRecord): string =>
  step === 'held' ? `you: pegminer feed approve ${withdrawTxid}, or reject` : WAITS_FOR[step]

/** The last pass's trouble, or why the relay does nothing. */
function troubleOf({ trouble, relay }: GatewayView): string | null {
  if (trouble !== null) return trouble
  return relay !== null && 'why' in relay.state ? relay.state.why : null
}
