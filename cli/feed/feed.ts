/** `pegminer feed …`: the oraclefeed, and what an operator does beside it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { FeedConfig } from '../../oracle/feed/index.js'
import { dataDirOf } from '../network/data-dir.js'
import { RUNNING_FILE } from '../network/running.js'
import { withResources, type Resources } from '../program/resources.js'
import { check } from './check.js'
import type { FeedContext } from './context.js'
import type { FeedDev, FeedDevOptions } from './dev.js'
import { feedPlanOf, type FeedPlan } from './plan.js'
import { register } from './register.js'
import { rule, settle } from './rulings.js'
import { status } from './status.js'

export async function feed(context: FeedContext): Promise<number> {
  const { settings, origins, positionals, sections } = context
  const hasDevFeed = existsSync(join(dataDirOf(settings, 'dev'), 'komodo', RUNNING_FILE))
  const plan = feedPlanOf(settings, origins, { positionals, section: sections.feed, hasDevFeed })
  return withResources(async (resources) => {
    const { action } = plan
    if (action.do === 'approve' || action.do === 'reject') return rule(context, plan, action)
    if (action.do === 'settle') return settle(context, plan, action.withdrawTxid)
    const dev = plan.config === null && action.do === 'run' ? await embed(context, plan, resources) : null
    const config = plan.config ?? dev?.config ?? (await embedded(context, plan, resources))
    switch (action.do) {
      case 'check':
        return await check(context, config, resources)
      case 'status':
        return await status(context, plan, config)
      case 'register':
        return await register(context, config, resources)
      case 'backfill':
        return await (await loadRun()).backfill(context, { plan, config, resources, dev, until: action })
      case 'run':
        return await (await loadRun()).run(context, { plan, config, resources, dev, until: null })
    }
  })
}

/** Half of the program, which those who look do without. */
const loadRun = () => import('./run.js')

/** Loaded only when it is wanted. */
async function embed(context: FeedContext, plan: FeedPlan, resources: Resources): Promise<FeedDev> {
  const { startFeedDev } = await import('./dev.js')
  return startFeedDev(devOptions(context, plan), resources)
}

/** The chains of `embed` for a command that works beside the running feed. */
async function embedded(context: FeedContext, plan: FeedPlan, resources: Resources): Promise<FeedConfig> {
  const { findFeedDev } = await import('./dev.js')
  return findFeedDev(devOptions(context, plan), resources)
}

function devOptions({ settings, log }: FeedContext, plan: FeedPlan): FeedDevOptions {
  return {
    dataDir: join(plan.dataDir, '..', 'komodo'),
    depth: settings['feed.depth'],
    poll: settings['feed.poll'],
    onError: (error) => log.error('the embedded chains stand still', { error }),
  }
}
