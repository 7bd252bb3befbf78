/** What `pegminer feed` takes over when its settings are read again: its gateways and reports, the log's level, the token. */
import { problemsOf } from '../../config/index.js'
import type { Feed, FeedConfig } from '../../oracle/feed/index.js'
import type { Metrics } from '../../telemetry/index.js'
import type { CommandContext, CommandInput } from '../program/context.js'
import { feedPlanOf, type FeedSections } from './plan.js'
import { FEED_KEYS, type FeedKey } from '../program/keys.js'
import { createReloader, type Reloader } from '../service/reload.js'

export function createFeedReloader(
  context: CommandContext<FeedKey, FeedSections>,
  { feed, metrics }: { readonly feed: Pick<Feed, 'adjust'>; readonly metrics: Pick<Metrics, 'tree'> },
): Reloader<FeedKey, FeedSections> {
  const { again, log, output, positionals } = context
  /** Throws what is wrong; null: the embedded network's gateway, which no file describes. */
  const configOf = (given: CommandInput<FeedKey, FeedSections>): FeedConfig | null => {
    const { settings, origins, sections } = given
    return feedPlanOf(settings, origins, { positionals, section: sections.feed }).config
  }
  const read: typeof again.read = async () => {
    const next = await again.read()
    try {
      if (next.problems.length === 0) configOf(next)
      return next
    } catch (error) {
      const problems = problemsOf(error)
      if (problems === undefined) throw error
      return { ...next, problems: [...next.problems, ...problems] }
    }
  }
  return createReloader({
    given: context,
    again: { ...again, read },
    keys: FEED_KEYS,
    liveSections: ['feed'],
    apply: async (next, changed) => {
      const config = changed.has('feed') ? configOf(next) : null
      if (config !== null) await feed.adjust(config)
      return []
    },
    tell: (level, code, message) => log[level](message, { code }),
    onReload: (report) => output.event({ event: 'reload', ...report }),
    metrics,
  })
}
