/** Staking alone, without mining: it follows the chain, takes prices at minute 1, and publishes at minute 8. */
import { isCoded, messageOf } from '../../base/index.js'
import { createHealthNews, createMinuteClock, type MinuteEvent } from '../../factom/index.js'
import { createGradedHistory, type Difficulty } from '../../oracle/index.js'
import type { PriceFeed } from '../../oracle/prices/index.js'
import type { BlockEvent, NoticeEvent, PricesEvent } from '../events.js'
import { createAsking, type Asking } from '../run/asking.js'
import { tellCatchUp } from '../run/catch-up.js'
import { createCreditWatch } from '../run/credits.js'
import { createGatherer } from '../run/gather.js'
import type { Following } from '../run/interface.js'
import { createPriceNews } from '../run/price-news.js'
import { createTasks } from '../run/tasks.js'
import type { StakeEvent } from './events.js'
import { startStaking, type StakingSetup } from './start.js'

export interface StakingRun extends Omit<StakingSetup, 'emit' | 'notice'> {
  readonly prices: PriceFeed
  readonly difficulty: Difficulty
  /** The ledger, which follows the chain behind the history. */
  readonly following: Following
  readonly emit: (event: StakeEvent | BlockEvent | PricesEvent | NoticeEvent) => void
}

/** Prices that are missing are asked for again up to so many minutes after the first time. */
const MINUTES_OF_PRICES = 2
const LAST_START = 8

/** Stakes until the signal is aborted. Rejects only if it cannot start (E_FACTOM_JOURNAL, E_HISTORY_…). */
export async function runStaking(run: StakingRun, signal: AbortSignal): Promise<void> {
  const { network, client, ecKey, prices, difficulty, dataDir, emit } = run
  const notice: StakingSetup['notice'] = (level, code, message) =>
    emit({ event: 'notice', level, code, message })
  const history = createGradedHistory({
    ...{ client, network, difficulty, dir: dataDir, ...run.following, signal },
    onNotice: ({ code, message }) => notice('warn', code, message),
    onProgress: tellCatchUp(notice),
  })
  try {
    const staker = startStaking({ ...run, notice })
    const tasks = createTasks(notice)
    const credits = createCreditWatch({
      ...{ network, limits: run.limits, dryRun: run.dryRun },
      recordsPerBlock: run.addresses.length,
    })
    let at: MinuteEvent | null = null
    const blockSeconds = (): number => at?.blockSeconds ?? network.blockSeconds
    const gatherer = createGatherer({
      ...{ network, client, history, prices, ecAddress: ecKey.address },
      submissionCutoff: () => 0,
      onGraded: () => staker.results(),
      onPrices: createPriceNews({
        versionAt: (height) => network.oprVersionAt(height),
        ...{ prices, emit, notice },
      }),
      onFunds(balance) {
        const warning = credits.look(balance, blockSeconds(), performance.now())
        if (warning !== null) notice('warn', 'E_MINER_LOW_CREDITS', `${ecKey.address} has ${warning}`)
      },
    })
    let pricesUntil = 0
    const asking: Asking = createAsking({
      ...{ gatherer, notice, tasks },
      dispatch(fact) {
        if (fact.type === 'prices') staker.prices(fact.height, fact.prices)
        if (fact.type === 'retry' && at?.height === fact.height && at.minute <= pricesUntil)
          asking.gather(fact.height, ['prices'], blockSeconds())
      },
    })
    let asked = -1
    try {
      for await (const event of clockOf(run, signal, notice)) {
        at = event
        const { height, minute, health } = event
        emit({ event: 'block', height, minute })
        staker.tick({ height, minute, node: health.state })
        if (height > 0) void tasks.track('E_MINER_GRADING', gatherer.sync(height - 1))
        if (height <= asked || minute < 1 || minute > LAST_START) continue
        asked = height
        pricesUntil = minute + MINUTES_OF_PRICES
        asking.gather(height, ['prices', 'funds'], blockSeconds())
      }
    } finally {
      asking.cancel()
      tasks.hush()
      await Promise.all([tasks.done(), staker.stop()])
    }
  } finally {
    history.close()
  }
}

function clockOf(
  { client }: Pick<StakingRun, 'client'>,
  signal: AbortSignal,
  notice: StakingSetup['notice'],
): AsyncIterable<MinuteEvent> {
  const newsOf = createHealthNews()
  return createMinuteClock(client, {
    signal,
    onHealth(health, monotonicMs) {
      const news = newsOf(health, monotonicMs)
      if (news !== null) notice(news.level, news.code, news.message)
    },
    onError: (error) => notice('warn', isCoded(error) ? error.code : 'E_MINER_CLOCK', messageOf(error)),
  })
}
