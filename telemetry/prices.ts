/** Prices and their sources as metrics. */
import type { MetricTree } from './instruments.js'
import type { PriceNumbers, SourceNumbers } from './sources.js'

const STATUSES = ['ok', 'thin', 'held', 'policy', 'failed'] as const
const CIRCUIT = { closed: 0, 'half-open': 1, open: 2 }

/** The last snapshot, at each scrape. */
export function copyPrices({ oracle }: MetricTree, prices: PriceNumbers | null, now: number): void {
  if (prices === null) return
  const gauges = [
    oracle.price,
    oracle.priceTime,
    oracle.sourcesUsed,
    oracle.spread,
    oracle.voteAge,
    oracle.deviation,
  ]
  for (const gauge of [...gauges, oracle.stablecoin, oracle.status, oracle.outliers, oracle.sourceUp])
    gauge.reset()
  for (const [asset, found] of prices.assets) {
    for (const status of STATUSES) oracle.status.set({ asset, status }, status === found.status ? 1 : 0)
    if (found.status === 'failed') continue
    oracle.price.set({ asset }, Number(found.units) / 1e8)
    oracle.priceTime.set({ asset }, prices.takenAt / 1000)
    oracle.sourcesUsed.set({ asset }, found.votes.length)
    oracle.spread.set({ asset }, found.spread)
    oracle.voteAge.set({ asset }, found.ageMs / 1000)
    if (found.deviation !== null) oracle.deviation.set({ asset }, found.deviation)
  }
  for (const [name, { units }] of prices.indices)
    if (units > 0n) oracle.stablecoin.set({ coin: name.split('/')[0] ?? name }, Number(units) / 1e8)
  for (const { name: source } of prices.sources) oracle.outliers.set({ source }, 0)
  for (const [source, assets] of prices.outliers) oracle.outliers.set({ source }, assets.length)
  oracle.missing.set(prices.missing.size)
  for (const { name: source, ok, ageMs } of prices.sources) {
    oracle.sourceUp.set({ source }, ok ? 1 : 0)
    if (ageMs !== null) oracle.sourceTime.set({ source }, (now - ageMs) / 1000)
  }
}

/** What is counted with each snapshot. */
export function countSnapshot({ oracle }: MetricTree, snapshot: PriceNumbers, milliseconds: number): void {
  oracle.snapshots.inc({ result: snapshot.complete ? 'complete' : 'incomplete' })
  oracle.snapshotSeconds.observe(milliseconds / 1000)
  for (const [asset, { rejected }] of snapshot.assets)
    for (const { reason } of rejected) oracle.rejected.inc({ asset, reason: reason.code })
}

/** How sources are treated, at each scrape. */
export function copySources({ oracle }: MetricTree, sources: readonly SourceNumbers[]): void {
  for (const gauge of [oracle.circuit, oracle.callsMonth, oracle.skew, oracle.quota]) gauge.reset()
  for (const { name: source, state, requests, maxPerMonth } of sources) {
    oracle.circuit.set({ source }, CIRCUIT[state.circuit])
    oracle.callsMonth.set({ source }, requests)
    if (state.skewMs !== null) oracle.skew.set({ source }, state.skewMs / 1000)
    if (maxPerMonth !== null) oracle.quota.set({ source }, maxPerMonth)
  }
}
