/** A gateway's live view → what the API and the status page show of it. Pure. */
import { coinsText } from '../komodo/index.js'
import type { GatewayView } from '../oracle/index.js'
import type { GatewayNumbers } from '../telemetry/index.js'

const ALARMS = {
  limit: 'the daily limit of subscriptions is reached',
  wallet: 'the wallet has too few coins for another subscription',
} as const

export function gatewayNumbers(view: GatewayView, now: number): GatewayNumbers {
  const { name, settings, relay, withdrawals, treasury, file, daemons } = view
  const records = Object.values(file.state.withdrawals)
  const states: Record<string, number> = {}
  for (const { step } of records) states[step] = (states[step] ?? 0) + 1
  const hoursLeft = treasury?.forecast?.hoursLeft ?? null
  return {
    name,
    asset: settings.asset.name,
    reference: settings.reference.name,
    state: relay?.state.state ?? (settings.headers ? 'starting' : 'withdrawals only'),
    trouble: troubleOf(view),
    daemons,
    headers:
      relay === null
        ? null
        : {
            tip: relay.tip,
            published: relay.plan?.top ?? null,
            target: relay.plan?.target ?? null,
            lag: relay.plan?.lag ?? null,
            lagSeconds: relay.lastProgress === null ? null : Math.max(0, now - relay.lastProgress) / 1000,
            gaps: relay.plan?.gaps ?? null,
            sent: relay.headers,
            lastPass: relay.lastPass,
          },
    funds: {
      perBlock: relay?.budget?.perBlock ?? null,
      outputs: relay?.budget?.whole ?? null,
      oracle: relay?.budget ? coinsText(relay.budget.sat) : null,
      wallet: treasury?.wallet == null ? null : coinsText(treasury.wallet),
      headersLeft: treasury?.forecast?.headersLeft ?? relay?.budget?.headersLeft ?? null,
      hoursLeft: hoursLeft === null || !Number.isFinite(hoursLeft) ? null : hoursLeft,
      alarm: treasury?.alarm ? ALARMS[treasury.alarm] : null,
    },
    withdrawals: {
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
    },
  }
}

/** The last pass's trouble, or why the relay does nothing. */
function troubleOf({ trouble, relay }: GatewayView): string | null {
  if (trouble !== null) return trouble
  return relay !== null && 'why' in relay.state ? relay.state.why : null
}
