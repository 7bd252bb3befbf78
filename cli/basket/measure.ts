/** What is measured of a basket that is kept, and where it is served. */
import { ageMs, wallMs } from '../../base/index.js'
import type { Basket, Book, KeepEvent } from '../../desk/index.js'
import { isOver } from '../../ledger/index.js'
import { basketChecks, createMetrics, type BasketPulse, type MetricTree } from '../../telemetry/index.js'
import type { Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { metricsRoutes, onPort, serveMetrics } from '../service/serve-metrics.js'
import type { BasketContext } from './context.js'
import { missingOf } from './view.js'

/** After those of the miner, the feed, a watched peg and watched markets: all may run on one machine. */
const PORT = 9472

const usd = (worth: bigint): number => Number(worth) / 1e16

export function createMeasures(network: string, basket: Basket, book: Pick<Book, 'spentToday'>) {
  const metrics = createMetrics({ version: versionOf(), network })
  const { basket: tree } = metrics.tree
  let at: number | null = null
  let [waits, missing]: [string | null, number | null] = [null, null]
  tree.limit.set(Number(basket.run.mostADay) / 1e8)
  if (basket.band !== null) tree.band.set(basket.band)
  const pulse = (): BasketPulse => ({ lookAgeMs: at === null ? null : ageMs(at, wallMs()), waits, missing })
  return {
    hear(event: KeepEvent): void {
      count(tree, event)
      tree.spent.set(Number(book.spentToday()) / 1e8)
      if (event.kind === 'waiting') waits = event.reason
      if (event.kind !== 'looked') return
      at = wallMs()
      waits = null
      missing = usd(missingOf(event.decision))
      measure(tree, event)
    },
    /** Where they are served, as text for people. Throws what `serveMetrics` throws. */
    async serve(context: BasketContext, resources: Resources): Promise<string> {
      const { settings } = context
      const { server, text } = await serveMetrics(
        onPort(context, PORT),
        {
          ...metricsRoutes(metrics),
          live: () => [{ name: 'running', ok: true, found: 'it looks at each block' }],
          ready: () => basketChecks(pulse()),
        },
        { hosts: () => settings['telemetry.hosts'] },
      )
      if (server) resources.add(() => server.close())
      return text
    },
  }
}

type Tree = MetricTree['basket']

function measure(tree: Tree, { height, decision }: Extract<KeepEvent, { kind: 'looked' }>): void {
  tree.lookTime.set(wallMs() / 1000)
  tree.height.set(height)
  tree.drift.set(decision.drift)
  tree.missing.set(usd(missingOf(decision)))
  // A token without a price is not shown with what it was before.
  tree.held.reset()
  tree.wanted.reset()
  for (const { ticker: token, worth, wanted } of decision.lines) {
    tree.held.set({ token }, usd(worth))
    tree.wanted.set({ token }, usd(wanted))
  }
}

/** What is still on its way is told at each look, and not counted. */
function count({ conversions }: Tree, event: KeepEvent): void {
  switch (event.kind) {
    case 'sent':
      return conversions.inc({ fate: event.state === 'missed' ? 'missed' : 'sent' })
    case 'limited':
      return conversions.inc({ fate: 'limited' })
    case 'earlier': {
      const { fate } = event.earlier
      if (isOver(fate)) conversions.inc({ fate: fate.kind })
      return
    }
    default:
      return
  }
}
