/** Prices of a run: which settings hold, what an earlier run left, where snapshots are kept. */
import { join } from 'node:path'

import { messageOf, sleep } from '../../base/index.js'
import {
  createPriceFeed,
  createQuota,
  createRests,
  createSnapshotStore,
  type PriceFeed,
  type PriceFeedOptions,
  type PriceSettings,
} from '../../oracle/prices/index.js'
import type { Logger } from '../../telemetry/index.js'

export interface PriceRun extends Omit<PriceFeedOptions, 'config' | 'keys' | 'memory' | 'quota' | 'rests'> {
  readonly dataDir: string
  readonly log: Pick<Logger, 'warn'>
}

/** A price feed whose settings may change while it is asked. */
export interface RunPrices extends PriceFeed {
  /** The next snapshot comes from this feed. Those under way stay at the one before, until what is returned ends it. */
  use(next: PriceFeed): () => Promise<void>
}

export function runPrices(first: PriceFeed): RunPrices {
  let feed = first
  return {
    get config() {
      return feed.config
    },
    get sourceNames() {
      return feed.sourceNames
    },
    start: () => feed.start(),
    snapshot: (options) => feed.snapshot(options),
    priced: () => feed.priced(),
    sources: () => feed.sources(),
    close: () => feed.close(),
    use(next) {
      const before = feed
      feed = next
      return () => before.close()
    },
  }
}

/**
 * Opens feeds one after the other. Their snapshots are kept in `dataDir`, so that each remembers what the one before it
 * has found, also in an earlier run.
 */
export function priceOpener({
  dataDir,
  log,
  onSnapshot,
  ...options
}: PriceRun): (settings: PriceSettings) => PriceFeed {
  const dir = join(dataDir, 'prices')
  const store = createSnapshotStore({ dir })
  const quota = createQuota(join(dir, 'quota.json'))
  const rests = createRests(restsFile(dataDir))
  let failing = false
  return ({ config, keys, notices = [] }) => {
    for (const notice of notices) log.warn(notice)
    const last = store.last()
    return createPriceFeed({
      ...{ ...options, config, keys, quota, rests },
      ...(last === null ? {} : { memory: last.memory }),
      onSnapshot: (input, snapshot, milliseconds) => {
        onSnapshot?.(input, snapshot, milliseconds)
        try {
          store.add(input, snapshot)
          failing = false
        } catch (error) {
          if (!failing)
            log.warn('a snapshot of prices is not kept', { code: 'E_PRICES_STORE', reason: messageOf(error) })
          failing = true
        }
      },
    })
  }
}

/** The file that says until when sources asked to be left alone. */
export const restsFile = (dataDir: string): string => join(dataDir, 'prices', 'rests.json')

/** An exchange's first answer takes seconds, on a busy machine more. */
const WARM_UP_MS = 20_000
const LOOK_MS = 250

/**
 * Exchanges take seconds to answer for the first time (they list their markets), so they are asked while the rest gets
 * ready. Waits until all assets have prices, all sources have answered, or too long: a block without prices is lost
 * anyway, and one source that hangs holds up none. Never rejects.
 */
export async function warmUp(
  prices: Pick<PriceFeed, 'start' | 'priced'>,
  signal: AbortSignal,
  onError: (error: unknown) => void = () => {},
): Promise<void> {
  let over = false
  const started = prices
    .start()
    .catch((error: unknown) => {
      if (!signal.aborted) onError(error)
    })
    .finally(() => (over = true))
  const until = performance.now() + WARM_UP_MS
  while (!over && !signal.aborted && performance.now() < until && !prices.priced())
    await Promise.race([started, sleep(LOOK_MS, signal)])
}
