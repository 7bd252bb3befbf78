/** What the parts of a run report: it becomes events, numbers of the view, and lines of the history. */
import type { PriceFeed } from '../../oracle/prices/index.js'
import type { MinerEvent } from '../events.js'
import type { RunHooks } from './assemble.js'
import type { CreditWatch } from './credits.js'
import type { RunOptions } from './interface.js'
import { createPriceNews } from './price-news.js'
import type { Tally } from './tally.js'
import type { Notice } from './tasks.js'
import { blockSecondsOf, type RunState } from './view.js'

export interface HookParts {
  /** Changed while the run lasts. */
  readonly options: Pick<RunOptions, 'network' | 'blocks'>
  readonly state: RunState
  readonly tally: Tally
  readonly creditWatch: CreditWatch
  readonly prices: Pick<PriceFeed, 'config' | 'sources'>
  /** The entry credit address. */
  readonly ecAddress: string
  readonly emit: (event: MinerEvent) => void
  readonly notice: Notice
  /** Enough blocks are graded. */
  readonly onEnough: () => void
}

export function createHooks(
  parts: HookParts,
): Pick<RunHooks, 'onEntry' | 'onPrices' | 'onFunds' | 'onGraded'> {
  const { options, state, tally, creditWatch, prices, emit, notice } = parts
  const tellPrices = createPriceNews({
    versionAt: (height) => options.network.oprVersionAt(height),
    ...{ prices, emit, notice },
  })

  return {
    onEntry(event) {
      tally.entry(event)
      const { entryHash, height, status, reason, nonce, difficulty } = event
      state.run?.keepOwn({
        ...{ entryHash, height, nonce, difficulty, status },
        ...(reason === undefined ? {} : { reason }),
      })
      emit(event)
    },
    onPrices(height, taken, guarded) {
      state.prices = taken
      tellPrices(height, taken, guarded)
    },
    onFunds(balance) {
      state.entryCredits = balance
      const warning = creditWatch.look(balance, blockSecondsOf(state, options), performance.now())
      if (warning !== null) notice('warn', 'E_MINER_LOW_CREDITS', `${parts.ecAddress} has ${warning}`)
    },
    /** Blocks from before the run are told only if records of ours, by an earlier run, are in them. */
    onGraded(blocks, published) {
      for (const block of blocks) {
        state.networkHashrate = block.hashPower ?? state.networkHashrate
        const ours = new Set(published(block.height))
        if (ours.size === 0 && block.height < (state.firstSeen ?? 0)) continue
        const firstMined = state.run?.conductor.firstMined ?? null
        emit(tally.graded(block, ours, firstMined !== null && block.height >= firstMined))
      }
      if (options.blocks !== undefined && tally.blocks >= options.blocks) parts.onEnough()
    },
  }
}
