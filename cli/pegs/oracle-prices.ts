/** Prices of feeds by our own oracle, as `pegminer prices` makes them: what a BTC is worth in EUR, or an ETH in BTC. */
import { problem, problemsError } from '../../config/index.js'
import { ASSETS, NEWEST_OPR } from '../../pegnet/index.js'
import { openFeed } from '../prices/parts.js'
import type { Resources } from '../program/resources.js'
import { isDev, type PegsContext } from './plan.js'

/** Between two snapshots: daemons ask every other minute. */
const REFRESH_MS = 15_000
/** For the sources to answer in; what has not answered by then has no part in the prices. */
const DEADLINE_MS = 20_000

/** Which assets a feed such as `BTC_USD` is made of, by the oracle's names. */
const assetsOf = (feed: string): readonly [string, string] => {
  const [one = '', other = ''] = feed.split('_').map((name) => (name === 'BTC' ? 'XBT' : name))
  return [one, other]
}

/** By prices in 1e-8 USD; null if one of the two has none. */
export function rateOf(prices: ReadonlyMap<string, bigint>, feed: string): number | null {
  const [one, other] = assetsOf(feed).map((asset) => Number(prices.get(asset) ?? 0n)) as [number, number]
  return one > 0 && other > 0 ? one / other : null
}

/** What a feed is worth now, kept fresh until `resources` are closed. Throws for feeds that the oracle cannot price. */
export async function openOracle(
  context: PegsContext,
  feeds: readonly string[],
  resources: Resources,
): Promise<(feed: string) => number | null> {
  if (feeds.length === 0) return () => null
  const known = ASSETS[NEWEST_OPR]
  const strange = feeds.filter((feed) => !assetsOf(feed).every((asset) => known.includes(asset)))
  if (strange.length > 0)
    throw problemsError(
      strange.map((feed) =>
        problem(
          'E_CONFIG_ARGUMENT',
          `--prices: the oracle has no price for ${feed}: give one, such as ${feed}=1.5`,
        ),
      ),
    )
  const asked = {
    'network.name': isDev(context) ? 'dev' : 'MainNet',
    'prices.recordVersion': NEWEST_OPR,
  } as const
  const { feed } = await openFeed({ ...context, settings: { ...context.settings, ...asked } }, resources, {
    assets: [...new Set(feeds.flatMap(assetsOf))],
  })
  let prices: ReadonlyMap<string, bigint> = new Map()
  const refresh = async (): Promise<void> => {
    const { signal } = context
    prices = (await feed.snapshot({ deadlineMs: DEADLINE_MS, signal })).prices
  }
  await refresh()
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => context.log.warn('no new prices', { error }))
  }, REFRESH_MS)
  resources.add(() => clearInterval(timer))
  return (name) => rateOf(prices, name)
}
