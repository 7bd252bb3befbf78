/** What `pegminer feed` takes over when its settings are read again: the level of its log. All else is checked and named. */
import { problemsOf } from '../config/index.js'
import type { Metrics } from '../telemetry/index.js'
import type { CommandContext } from './context.js'
import { feedPlanOf, type FeedSections } from './feed-plan.js'
import { FEED_KEYS, type FeedKey } from './keys.js'
import { createReloader, type Reloader } from './reload.js'

export function createFeedReloader(
  context: CommandContext<FeedKey, FeedSections>,
  metrics: Pick<Metrics, 'tree'>,
): Reloader<FeedKey, FeedSections> {
  const { again, log, output, positionals } = context
  const read: typeof again.read = async () => {
    const next = await again.read()
    try {
      feedPlanOf(next.settings, next.origins, { positionals, section: next.sections.feed })
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
    liveSections: [],
    apply: () => [],
    tell: (level, code, message) => log[level](message, { code }),
    onReload: (report) => output.event({ event: 'reload', ...report }),
    metrics,
  })
}
