/** `pegminer feed status`: from the state files, and from the chains if the daemons answer. */
import { join } from 'node:path'

import { messageOf, sleep, wallMs } from '../../base/index.js'
import { createFeed, peekState, type FeedConfig } from '../../oracle/feed/index.js'
import { EXIT } from '../program/context.js'
import type { FeedContext } from './context.js'
import { lockFolder, type FeedPlan } from './plan.js'
import { statusLines } from './view.js'

export async function status(context: FeedContext, plan: FeedPlan, config: FeedConfig): Promise<number> {
  const { output, signal } = context
  const feed = createFeed({
    gateways: config.gateways,
    dataDir: plan.dataDir,
    lockFolder: lockFolder(),
    dryRun: true,
    once: true,
    headers: null,
    withdrawals: null,
    report: null,
    sleep,
    now: wallMs,
  })
  const views = feed.views
  let trouble = ''
  await feed.run(signal).catch((error: unknown) => {
    trouble = messageOf(error)
  })
  const after = feed.views
  for (const [k, { name }] of views.entries()) {
    const state = peekState(join(plan.dataDir, name))
    const view = after[k] ?? null
    statusLines(name, state, { paint: output.paint, view }).forEach((line) => output.line(line))
    output.event({
      event: 'status',
      gateway: name,
      published: view?.relay?.plan?.top ?? null,
      tip: view?.relay?.tip ?? null,
      lag: view?.relay?.plan?.lag ?? null,
      gaps: view?.relay?.plan?.gaps ?? null,
      budget: view?.relay?.budget?.perBlock ?? null,
      headersLeft: view?.relay?.budget?.headersLeft ?? null,
      wanted: state.wanted,
      withdrawals: Object.values(state.withdrawals).map(({ withdrawTxid, step, amount, to, message }) => ({
        withdrawtxid: withdrawTxid,
        state: step,
        amount: Number(amount) / 1e8,
        to,
        message,
      })),
    })
  }
  if (trouble !== '') output.line(`  the chains could not be asked: ${trouble}`)
  return EXIT.done
}
