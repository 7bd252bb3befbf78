/** The numbers of a run, read live from its parts. */
import type { NodeHealth } from '../../factom/index.js'
import { expectationOf } from '../../oracle/index.js'
import type { PriceSnapshot } from '../../oracle/prices/index.js'
import type { Meter } from '../work/meter.js'
import type { Run } from './assemble.js'
import type { CreditWatch } from './credits.js'
import type { MinerView, RunOptions } from './interface.js'
import type { Tally } from './tally.js'

/** What changes while a run lasts and belongs to no part of it. */
export interface RunState {
  /** Null before it has begun. */
  run: Run | null
  stopped: boolean
  paused: boolean
  /** The first height that the clock told. */
  firstSeen: number | null
  prices: PriceSnapshot | null
  entryCredits: number | null
  node: NodeHealth
  networkHashrate: number | null
}

export interface ViewParts {
  readonly state: Readonly<RunState>
  readonly options: Pick<RunOptions, 'network'>
  readonly tally: Tally
  readonly meter: Meter
  readonly creditWatch: CreditWatch
  readonly ecPublic: string
}

/** The time from block to block by the clock, or what the network is said to have. */
export function blockSecondsOf(
  { run }: Readonly<RunState>,
  { network }: Pick<RunOptions, 'network'>,
): number {
  return run?.conductor.at?.blockSeconds ?? network.blockSeconds
}

export function createView({ state, options, tally, meter, creditWatch, ecPublic }: ViewParts): MinerView {
  return {
    get state() {
      if (state.stopped) return 'stopped'
      if (state.paused) return 'paused'
      return state.run?.conductor.phase === 'mining' ? 'mining' : 'waiting'
    },
    get threads() {
      return state.run?.workforce.view.members ?? []
    },
    get height() {
      return state.run?.conductor.at?.height ?? null
    },
    get minute() {
      return state.run?.conductor.at?.minute ?? null
    },
    entries: tally.entries,
    get hits() {
      return state.run?.workforce.view.hits ?? 0
    },
    get computeErrors() {
      return state.run?.workforce.view.computeErrors ?? 0
    },
    get restarts() {
      return state.run?.workforce.view.restarts ?? 0
    },
    get blocks() {
      return tally.blocks
    },
    get places() {
      return tally.places
    },
    get reward() {
      return tally.reward
    },
    get record() {
      return state.run?.conductor.record ?? null
    },
    get bestDifficulty() {
      return state.run?.workforce.view.bestDifficulty ?? 0n
    },
    get jobSwitchMs() {
      return state.run?.workforce.view.jobSwitchMs ?? []
    },
    get prices() {
      return state.prices
    },
    get entryCredits() {
      return state.entryCredits
    },
    get skipped() {
      return tally.skipped
    },
    get creditDays() {
      return creditWatch.days
    },
    get creditsSpent() {
      return tally.credits
    },
    get networkHashrate() {
      return state.networkHashrate
    },
    get expected() {
      const { m15, s60, s10 } = meter.rate().windows
      const blockSeconds = blockSecondsOf(state, options)
      return expectationOf({ own: m15 ?? s60 ?? s10, network: state.networkHashrate, blockSeconds })
    },
    get node() {
      return state.node
    },
    ecPublic,
  }
}
