/** The metrics of a run: one typed tree on a registry of its own. */
import type { Counter } from 'prom-client'

import { wallMs } from '../base/index.js'
import { createInstruments, promClient, type MetricTree } from './instruments.js'
import { copyPrices, copySources, countSnapshot } from './prices.js'
import {
  ENTRY_RESULTS,
  isStalled,
  MINER_STATES,
  NODE_STATES,
  type LedgerBlockNumbers,
  type LedgerNumbers,
  type MinerNumbers,
  type PriceNumbers,
  type SourceNumbers,
} from './sources.js'

export type Metrics = ReturnType<typeof createMetrics>

export interface MetricsOptions {
  readonly version: string
  readonly network: string
  /** Also those of the process: CPU, memory, event loop, garbage collection. Default: yes. */
  readonly process?: boolean
  readonly now?: () => number
}

export function createMetrics(options: MetricsOptions) {
  const { collectDefaultMetrics, Registry } = promClient()
  const registry = new Registry()
  const tree = createInstruments(registry)
  if (options.process ?? true) collectDefaultMetrics({ register: registry })
  const now = options.now ?? wallMs
  let miner: MinerNumbers | undefined
  let feed: { sources(): readonly SourceNumbers[] } | undefined
  let ledger: () => LedgerNumbers | null = () => null
  let samples: readonly number[] = []

  tree.buildInfo.set({ version: options.version, node: process.versions.node, network: options.network }, 1)

  return {
    tree,
    registry,
    /** The miner whose numbers are copied at each scrape. */
    observe(numbers: MinerNumbers): void {
      miner = numbers
      for (const state of MINER_STATES) tree.miner.state.set({ state }, state === 'waiting' ? 1 : 0)
      for (const result of ENTRY_RESULTS) tree.miner.entries.inc({ result }, 0)
      for (const state of ['working', 'stalled']) tree.miner.threads.set({ state }, 0)
    },
    /** One finished call of the node; fits `onCall` of the Factom client. */
    factomCall({ method, milliseconds, result }: { method: string; milliseconds: number; result: string }) {
      tree.factom.requests.inc({ method, result })
      tree.factom.requestSeconds.observe({ method }, milliseconds / 1000)
    },
    /** A step of one of our records; fits the miner's `entry` event. */
    entryStep({ status: result, milliseconds }: { status: string; milliseconds?: number }) {
      if (milliseconds !== undefined) tree.miner.entrySeconds.observe({ result }, milliseconds / 1000)
    },
    /** One finished round of questions to a price source; fits `onPoll` of the price feed. */
    pricePoll({ source, milliseconds, code }: { source: string; milliseconds: number; code?: string }) {
      tree.oracle.requests.inc({ source, result: code ?? 'ok' })
      tree.oracle.requestSeconds.observe({ source }, milliseconds / 1000)
    },
    /** One finished snapshot. */
    priceSnapshot: (snapshot: PriceNumbers, milliseconds: number): void =>
      countSnapshot(tree, snapshot, milliseconds),
    /** The price feed whose sources are looked at with each scrape. */
    observePrices(observed: { sources(): readonly SourceNumbers[] }): void {
      feed = observed
    },
    /** A block that the ledger has taken. */
    ledgerBlock({ milliseconds, verdicts, conversions }: LedgerBlockNumbers): void {
      tree.ledger.blockSeconds.observe(milliseconds / 1000)
      for (const [verdict, count] of verdicts) tree.ledger.entries.inc({ verdict }, count)
      for (const [ticker, target, count] of conversions)
        tree.ledger.conversions.inc({ ticker, target }, count)
    },
    /** The ledger whose numbers are copied at each scrape; null: there is none yet. */
    observeLedger(read: () => LedgerNumbers | null): void {
      ledger = read
    },
    /** The text that Prometheus reads. Numbers that live elsewhere are copied now. */
    render(): Promise<string> {
      copyLedger(tree, ledger())
      if (feed) copySources(tree, feed.sources())
      if (miner) {
        copyMiner(tree, miner)
        copyPrices(tree, miner.prices, now())
        for (const ms of newSamples(samples, miner.jobSwitchMs)) tree.miner.jobSwitch.observe(ms / 1000)
        samples = [...miner.jobSwitchMs]
      }
      return registry.metrics()
    },
  }
}

function copyLedger({ ledger: tree }: MetricTree, numbers: LedgerNumbers | null): void {
  if (numbers === null) return
  const { height, nodeHeight, evenAt, supply } = numbers
  if (height !== null) tree.height.set(height)
  if (height !== null && nodeHeight !== null) tree.lag.set(Math.max(0, nodeHeight - height))
  if (evenAt !== null) tree.evenTime.set(evenAt / 1000)
  for (const [ticker, amount] of supply) tree.supply.set({ ticker }, Number(amount) / 1e8)
}

function copyMiner({ miner: tree, factom }: MetricTree, miner: MinerNumbers): void {
  tree.hashes.reset()
  for (const { slot, hashes } of miner.threads) tree.hashes.inc({ thread: slot }, Number(hashes))
  const stalled = miner.threads.filter(isStalled).length
  tree.threads.set({ state: 'working' }, miner.threads.length - stalled)
  tree.threads.set({ state: 'stalled' }, stalled)
  for (const state of MINER_STATES) tree.state.set({ state }, state === miner.state ? 1 : 0)
  for (const result of ENTRY_RESULTS) setTotal(tree.entries, miner.entries[result], { result })
  setTotal(tree.restarts, miner.restarts)
  setTotal(tree.hits, miner.hits)
  setTotal(tree.computeErrors, miner.computeErrors)
  setTotal(tree.blocks, miner.blocks)
  setTotal(tree.winners, miner.places)
  setTotal(tree.reward, Number(miner.reward) / 1e8)
  setTotal(tree.credits, miner.creditsSpent)
  if (miner.networkHashrate !== null) tree.networkHashrate.set(miner.networkHashrate)
  if (miner.expected !== null) {
    tree.expectedPlace.set(miner.expected.place)
    tree.expectedSeconds.set(miner.expected.seconds)
  }
  tree.bestDifficulty.set(Number(miner.bestDifficulty))
  if (miner.height !== null) factom.height.set(miner.height)
  if (miner.minute !== null) factom.minute.set(miner.minute)
  if (miner.entryCredits !== null) factom.entryCredits.set(miner.entryCredits)
  if (miner.creditDays !== null) factom.creditDays.set(miner.creditDays)
  for (const state of NODE_STATES) factom.nodeState.set({ state }, state === miner.node.state ? 1 : 0)
}

/** A counter can only be increased; the total is kept elsewhere, so it starts anew at each scrape. */
function setTotal<L extends string>(counter: Counter<L>, total: number, labels?: Record<L, string>): void {
  if (labels === undefined) {
    counter.reset()
    counter.inc(total)
    return
  }
  counter.remove(labels)
  counter.inc(labels, total)
}

/** What `current` holds beyond `previous`, both being the latest of one growing list. */
export function newSamples(previous: readonly number[], current: readonly number[]): readonly number[] {
  for (let gone = 0; gone < previous.length; gone++) {
    const kept = previous.length - gone
    if (kept <= current.length && previous.slice(gone).every((sample, k) => sample === current[k]))
      return current.slice(kept)
  }
  return current
}
