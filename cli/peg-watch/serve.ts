/** What a running peg-watch serves: metrics, checks, and the page with its data. */
import { ageMs, isoTime, wallMs } from '../../base/index.js'
import {
  createPegWatchPages,
  gainOf,
  lookNews,
  PEG_WATCH_API,
  worthNow,
  type Look,
  type PaperAccount,
} from '../../desk/index.js'
import { createMetrics, pegWatchChecks, type MetricTree } from '../../telemetry/index.js'
import type { Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { metricsRoutes, onPort, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'
import type { PegWatchContext } from './context.js'
import { freeText, remarksOf, tokenFacts, tradeFacts, usdText } from './view.js'

/** After those of the miner, the feed and a watched peg: all may run on one machine. */
const PORT = 9471
/** How often it is looked whether there is a new look, and for how many pages at once. */
const NEWS = { event: 'look', everyMs: 500, most: 100 }

export interface Shown {
  show(look: Look, paper: PaperAccount | null): void
}

export async function serve(
  context: PegWatchContext,
  exchanges: readonly string[],
  resources: Resources,
): Promise<Shown> {
  const { settings, output } = context
  const metrics = createMetrics({ version: versionOf(), network: settings['network.name'] })
  let last: { readonly at: number; readonly silent: readonly string[]; readonly shown: object } | null = null
  const shown = (): object | null => last?.shown ?? null
  const routes = {
    ...metricsRoutes(metrics),
    live: () => [{ name: 'running', ok: true, found: 'it watches' }],
    ready: () =>
      pegWatchChecks({
        lookAgeMs: last === null ? null : ageMs(last.at, wallMs()),
        silent: last?.silent ?? [],
      }),
    pages: createPegWatchPages(shown),
    news: { [`${PEG_WATCH_API}/events`]: { ...NEWS, next: lookNews(shown) } },
  }
  const { server } = await serveMetrics(onPort(context, PORT), routes, {
    hosts: () => settings['telemetry.hosts'],
  })
  if (server) resources.add(() => server.close())
  output.event({ event: 'peg-watch.serving', url: server?.url ?? null })
  if (server) factPrinter(output)('page', `${server.url}/peg-watch  (Prometheus: ${server.url}/metrics)`)
  return {
    show(look, paper) {
      const counts = new Map(
        exchanges.map((name) => [name, look.markets.filter(({ exchange }) => exchange === name).length]),
      )
      const silent = [...counts].flatMap(([name, count]) => (count === 0 ? [name] : []))
      last = { at: wallMs(), silent, shown: pageOf(look, paper) }
      measure(metrics.tree, look, { counts, paper })
    },
  }
}

function measure(
  { pegWatch }: MetricTree,
  { tokens, trades }: Look,
  { counts, paper }: { readonly counts: ReadonlyMap<string, number>; readonly paper: PaperAccount | null },
): void {
  pegWatch.lookTime.set(wallMs() / 1000)
  for (const [exchange, count] of counts) pegWatch.books.set({ exchange }, count)
  // A token whose market is away is not shown with what it was before.
  pegWatch.premium.reset()
  pegWatch.depth.reset()
  for (const { token, premium, depth } of tokens) {
    pegWatch.premium.set({ token }, premium)
    pegWatch.depth.set({ token }, Number(depth) / 1e16)
  }
  const [first] = trades
  pegWatch.gain.set(first ? Number(gainOf(first)) / 1e16 : 0)
  pegWatch.trades.set(trades.length)
  if (paper) pegWatch.paper.set(Number(worthNow(paper)) / 1e16)
}

/** Of the curve on the page. */
const POINTS = 300

function pageOf(look: Look, paper: PaperAccount | null): object {
  const { height, tokens, trades, closed, troubles } = look
  const withRemarks = (trade: Look['trades'][number]) => ({ ...tradeFacts(trade), remarks: remarksOf(trade) })
  return {
    ...{ at: isoTime(wallMs() / 1000), height, tokens: tokens.map(tokenFacts), troubles },
    ...{ trades: trades.slice(0, 10).map(withRemarks), closed: closed && withRemarks(closed) },
    free: freeText(trades),
    paper: paper && {
      ...{ capital: usdText(paper.capital), gained: usdText(paper.gained), count: paper.count },
      ...{ usd: usdText(worthNow(paper)), open: paper.open.length },
      points: paper.worth
        .slice(-POINTS)
        .map(({ height: at, money }) => ({ height: at, usd: usdText(money) })),
    },
  }
}
