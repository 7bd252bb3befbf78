/** Batches that were signed before: what became of them is told before anything is asked, signed or sent. */
import type { PublishResult } from '../../factom/index.js'
import {
  forgetOver,
  lookBack,
  sendAgain,
  standingOf,
  type Earlier,
  type SignedBatch,
} from '../../ledger/index.js'
import { plural } from '../view/format.js'
import { requireYes, saysYes } from './ask.js'
import type { WalletContext } from './context.js'
import type { Sending } from './reach.js'
import { earlierEvent, earlierText } from './view.js'

/** Tells what became of earlier batches; those that are over are forgotten once that is told. */
export async function tellEarlier(context: WalletContext, sending: Sending): Promise<readonly Earlier[]> {
  const { output } = context
  const standing = await standingOf(sending)
  const earlier = await lookBack(sending, standing)
  for (const one of earlier) tell(context, one, null)
  forgetOver(sending, earlier)
  if (standing.behind > 0)
    output.line(` The ledger lacks the last ${plural(standing.behind, 'block')}: what it says may be old.`)
  return earlier
}

/**
 * Sends unfinished batches again, after a yes. After a no they stay as they are; if one of them is `wanted`, which the
 * command is for, that is an `E_CLI_CONFIRM`. Returns what became of that one.
 */
export async function finishEarlier(
  context: WalletContext,
  sending: Sending,
  { earlier, wanted }: { readonly earlier: readonly Earlier[]; readonly wanted: SignedBatch | undefined },
): Promise<PublishResult | undefined> {
  const unfinished = earlier.filter((one) => one.unfinished)
  if (unfinished.length === 0) return undefined
  const question = `Send the unfinished ${unfinished.length === 1 ? 'batch' : 'batches'} again?`
  if (wanted !== undefined) await requireYes(context, question)
  else if ((await saysYes(context, question)) !== true) return undefined
  // Minutes may have passed at the question.
  const standing = await standingOf(sending)
  let found: PublishResult | undefined
  for (const one of await lookBack(sending, standing)) {
    if (!one.unfinished) continue
    const result = await sendAgain(one.batch, sending, standing)
    tell(context, one, result)
    if (one.batch.entry.hash === wanted?.entry.hash) found = result
  }
  return found
}

function tell({ output }: WalletContext, one: Earlier, result: PublishResult | null): void {
  output.event(earlierEvent({ ...one, result }))
  const label = one.unfinished && result === null ? 'unfinished' : 'earlier'
  output.line(` ${label}: ${earlierText({ ...one, result })}`)
}
