/** `pegminer feed approve|reject|settle TXID`: what an operator decides on a withdrawal; the feed that runs does it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { coinsText } from '../../komodo/index.js'
import {
  askRuling,
  askSettle,
  isSigned,
  peekState,
  whyNoRuling,
  whyNotRelease,
  type WithdrawalRecord,
} from '../../oracle/feed/index.js'
import { EXIT } from '../program/context.js'
import { fail } from '../program/errors.js'
import type { FeedContext } from './context.js'
import type { FeedPlan } from './plan.js'

export function rule(
  { output }: FeedContext,
  plan: FeedPlan,
  action: { readonly do: 'approve' | 'reject'; readonly withdrawTxid: string },
): number {
  const knowing = gatewaysThatKnow(plan, action.withdrawTxid)
  const records = recordsOf(plan, knowing, action.withdrawTxid)
  for (const record of records) {
    const why = whyNoRuling(record)
    if (why !== null) throw fail('E_CLI_FEED', `there is nothing to decide on ${action.withdrawTxid}: ${why}`)
  }
  for (const name of knowing) askRuling(join(plan.dataDir, name), action.withdrawTxid, action.do)
  const done = { approve: 'approved', reject: 'rejected' }[action.do]
  const effect = records.some(isSigned)
    ? 'its payout is signed and may be mined all the same: the feed that runs goes by this when it signs again'
    : 'the feed that runs goes by it'
  output.line(` ${done}: ${action.withdrawTxid} (${knowing.join(', ')}); ${effect}.`)
  output.event({ event: 'ruling', withdrawtxid: action.withdrawTxid, ruling: action.do, gateways: knowing })
  return EXIT.done
}

/** The running feed does it, after it has asked both chains once more whether the withdrawal was signed or paid. */
export function settle({ settings, output }: FeedContext, plan: FeedPlan, withdrawTxid: string): number {
  const knowing = gatewaysThatKnow(plan, withdrawTxid)
  const records = recordsOf(plan, knowing, withdrawTxid)
  for (const record of records) {
    const why = whyNotRelease(record)
    if (why !== null) throw fail('E_CLI_FEED', `${withdrawTxid} is not released without a payment: ${why}`)
  }
  const [record] = records
  const amount = coinsText(BigInt(record?.amount ?? 0))
  if (!settings['confirm.yes'])
    throw fail(
      'E_CLI_CONFIRM',
      `${record?.to} would get nothing for ${amount}, for good: give --yes to release ${withdrawTxid}`,
    )
  for (const name of knowing) askSettle(join(plan.dataDir, name), withdrawTxid)
  output.line(
    ` asked for: ${withdrawTxid} (${knowing.join(', ')}) ends without a payment; the feed that runs does it.`,
  )
  output.event({ event: 'settle', withdrawtxid: withdrawTxid, gateways: knowing })
  return EXIT.done
}

function gatewaysThatKnow(plan: FeedPlan, withdrawTxid: string): readonly string[] {
  const names = plan.config?.gateways.map(({ name }) => name) ?? foldersIn(plan.dataDir)
  const knowing = names.filter(
    (name) => peekState(join(plan.dataDir, name)).withdrawals[withdrawTxid] !== undefined,
  )
  if (knowing.length > 0) return knowing
  throw fail('E_CLI_FEED', `no gateway knows a withdrawal ${withdrawTxid}: see feed status`)
}

const recordsOf = (plan: FeedPlan, gateways: readonly string[], withdrawTxid: string): WithdrawalRecord[] =>
  gateways.flatMap((name) => peekState(join(plan.dataDir, name)).withdrawals[withdrawTxid] ?? [])

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) =>
    item.isDirectory() ? [item.name] : [],
  )
}
