/** What `pegminer mine` takes over when its settings are read again. */
import type { NodeClient } from '../../factom/index.js'
import { defaultSubmissionCutoff, type Adjustable, type Miner } from '../../miner/index.js'
import type { PriceFeed, PriceSection, PriceSettings } from '../../oracle/prices/index.js'
import type { Metrics } from '../../telemetry/index.js'
import { nodesOf } from '../network/connect.js'
import type { CommandContext, CommandInput } from '../program/context.js'
import { chosenCpus, ownCpus } from '../service/cpus.js'
import { MINE_KEYS, type MineKey } from '../program/keys.js'
import { threadsOf } from '../service/machine.js'
import { isUsedOn, planOf, type MinePlan } from './plan.js'
import { warmUp, type RunPrices } from './price-setup.js'
import { createReloader, type ChangedNames, type Reloader, type ReloadOptions } from '../service/reload.js'
import type { Resources } from '../program/resources.js'

export interface MineSections {
  readonly prices: PriceSection
}
export type MineContext = CommandContext<MineKey, MineSections>
type MineInput = CommandInput<MineKey, MineSections>

export interface MineRunning {
  readonly plan: MinePlan
  readonly cores: number
  /** Most threads that there is room for. */
  readonly capacity: number
  readonly miner: Pick<Miner, 'adjust'>
  readonly client: Pick<NodeClient, 'use'>
  readonly prices: Pick<RunPrices, 'use'>
  /** Where all prices come from instead of the real exchanges. */
  readonly exchange: string | undefined
  readonly openPrices: (settings: PriceSettings) => PriceFeed
  readonly metrics: Pick<Metrics, 'tree'>
  readonly resources: Pick<Resources, 'add'>
  /** Aborted when the run ends. */
  readonly signal: AbortSignal
  readonly tell: ReloadOptions<MineKey, MineSections>['tell']
  readonly onBegin: NonNullable<ReloadOptions<MineKey, MineSections>['onBegin']>
  readonly onReload: NonNullable<ReloadOptions<MineKey, MineSections>['onReload']>
  /** Called with the new settings, for the parts besides miner and prices. */
  readonly onApply: (next: MineInput) => void
}

/** Calls that are under way may end on what has been replaced. */
const GRACE_MS = 20_000

export function createMineReloader(
  context: MineInput & Pick<MineContext, 'again'>,
  running: MineRunning,
): Reloader<MineKey, MineSections> {
  const { network } = running.plan
  return createReloader({
    given: context,
    again: context.again,
    keys: MINE_KEYS.filter((key) => isUsedOn(key, network.name)),
    liveSections: ['prices'],
    apply: (next, changed) => apply(next, changed, running),
    metrics: running.metrics,
    tell: running.tell,
    onBegin: running.onBegin,
    onReload: running.onReload,
  })
}

/** Steps that can fail come first, while nothing has changed yet. */
async function apply(
  next: MineInput,
  changed: ChangedNames,
  { miner, client, prices, ...running }: MineRunning,
): Promise<readonly string[]> {
  const plan = planOf(next.settings, next.origins)
  const { change, late } = adjustmentOf(next, changed, { ...running, plan })
  const newNodes = [...changed].some((key) => key.startsWith('factom.')) ? nodesOf(next) : undefined
  const newPrices = changed.has('prices') ? running.openPrices(settingsAt(next, running.exchange)) : undefined
  try {
    miner.adjust(change)
  } catch (error) {
    await newPrices?.close()
    throw error
  }
  running.onApply(next)
  const retire = (close: () => void | Promise<void>): void => {
    const timer = setTimeout(() => void close(), GRACE_MS).unref()
    running.resources.add(() => {
      clearTimeout(timer)
      return close()
    })
  }
  if (newNodes) retire(client.use(newNodes))
  if (newPrices) {
    await warmUp(newPrices, running.signal)
    retire(prices.use(newPrices))
  }
  return late
}

const settingsAt = ({ sections: { prices } }: MineInput, exchange: string | undefined): PriceSettings =>
  exchange === undefined ? prices.settings : prices.at(exchange)

/** What the miner is told at the start, and again when it changes. Throws if processors are named that are not ours. */
export function adjustableOf(settings: MineInput['settings'], plan: MinePlan, cores: number) {
  return {
    identity: plan.identity,
    coinbase: plan.coinbase,
    threads: threadsOf(settings['miner.threads'], cores),
    cpus: chosenCpus(settings['miner.affinity'], ownCpus()),
    nice: settings['miner.nice'],
    recordsPerBlock: plan.records,
    submissionCutoff: settings['miner.cutoff'] ?? defaultSubmissionCutoff(plan.network),
    blocks: settings['miner.blocks'],
    limits: plan.limits,
    lowCreditDays: settings['miner.lowCreditDays'],
  } satisfies Adjustable
}

const ADJUSTS: Readonly<Partial<Record<MineKey, keyof Adjustable>>> = {
  'miner.identity': 'identity',
  'miner.coinbase': 'coinbase',
  'miner.threads': 'threads',
  'miner.affinity': 'cpus',
  'miner.nice': 'nice',
  'miner.records': 'recordsPerBlock',
  'miner.cutoff': 'submissionCutoff',
  'miner.blocks': 'blocks',
  'miner.maxCreditsBlock': 'limits',
  'miner.maxCreditsDay': 'limits',
  'miner.lowCreditDays': 'lowCreditDays',
}

/** What is told to the miner, and what of it has no room before the next start. */
function adjustmentOf(
  { settings }: MineInput,
  changed: ChangedNames,
  { plan, cores, capacity }: { plan: MinePlan; cores: number; capacity: number },
): { change: Partial<Adjustable>; late: readonly string[] } {
  const all = adjustableOf(settings, plan, cores)
  const late = changed.has('miner.threads') && all.threads > capacity ? ['miner.threads'] : []
  const names = new Set(
    Object.entries(ADJUSTS).flatMap(([key, name]) => (changed.has(key) && !late.includes(key) ? [name] : [])),
  )
  const change = Object.fromEntries(
    Object.entries(all).filter(([name]) => names.has(name as keyof Adjustable)),
  )
  return { change, late }
}
