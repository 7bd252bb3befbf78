/** A gateway's live view → what the API and the status page show of it. Pure. */
import { coinsText } from '../komodo/index.js'
import type { GatewayView } from '../oracle/index.js'
import type { GatewayNumbers } from '../telemetry/index.js'

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
    open: records
      .filter(({ step }) => step !== 'done')
      .sort((a, b) => b.seenAt - a.seenAt)
      .map(({ withdrawTxid, step, amount, to, seenAt, message }) => ({
        txid: withdrawTxid,
        state: step,
        amount: coinsText(BigInt(amount)),
        to,
        seenAt,
        message,
      })),
  }
}

/** The last pass's trouble, or why the relay does nothing. */
function troubleOf({ trouble, relay }: GatewayView): string | null {
  if (trouble !== null) return trouble
  return relay !== null && 'why' in relay.state ? relay.state.why : null
}
