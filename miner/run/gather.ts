/** Fetches what a record needs (winners, prices, funds) and tells each as a fact of the schedule, failures too. */
import { isCoded, messageOf, retried } from '../../base/index.js'
import type { Network } from '../../pegnet/index.js'
import type { FactomClient } from '../../factom/index.js'
import { ASSETS, type GradedHistory, type OprBlock } from '../../oracle/index.js'
import type { PriceFeed, PriceSnapshot, WinnersView } from '../../oracle/prices/index.js'
import type { MinerErrorCode } from '../errors.js'
import { difficultyFloor } from './floor.js'
import { whyUnminable } from './minable.js'
import type { FailedFact, FundsFact, PricesFact, Step, WinnersFact } from './schedule.js'

export interface GatherOptions {
  readonly network: Network
  readonly client: Pick<FactomClient, 'entryCreditBalance'>
  readonly history: Pick<GradedHistory, 'sync' | 'previousWinners' | 'difficulties'> & {
    readonly query: Pick<GradedHistory['query'], 'ratesAt'>
  }
  readonly prices: Pick<PriceFeed, 'config' | 'snapshot'>
  /** The entry credit address that pays. */
  readonly ecAddress: string
  readonly submissionCutoff: () => number
  /** Told about blocks that were graded on the way. */
  readonly onGraded: (blocks: readonly OprBlock[]) => void
  /** `guarded`: whether the last winners were known, so that prices could be held against theirs. */
  readonly onPrices: (height: number, snapshot: PriceSnapshot, guarded: boolean) => void
  readonly onFunds: (balance: number) => void
}

export type Fact = WinnersFact | PricesFact | FundsFact | FailedFact

export interface Gatherer {
  /** Never rejects: what goes wrong becomes a `failed` fact. */
  gather(step: Step, block: GatherBlock): Promise<Fact>
  /** Grades all saved blocks up to this height. Rejects if that cannot be done yet. */
  sync(toHeight: number): Promise<void>
}

export interface GatherBlock {
  readonly height: number
  readonly blockSeconds: number
  readonly signal: AbortSignal
}

/** The reference's tries for the last block, which may be readable a moment after it is announced. */
const SYNC_TRIES = 3
const SYNC_PAUSE_MS = 200
/** Prices may take less time in a shorter block, but always this much. */
const SHORTEST_PRICES_MS = 800

const FAILURE: Record<Step, MinerErrorCode> = {
  winners: 'E_MINER_WINNERS',
  prices: 'E_MINER_PRICES',
  funds: 'E_MINER_FUNDS',
}

export function createGatherer(options: GatherOptions): Gatherer {
  const { network, client, history, prices } = options
  /** The sync under way, so that grading and asking for winners are one walk. */
  let syncing: { readonly toHeight: number; readonly done: Promise<void> } | null = null

  const syncTo = (toHeight: number): Promise<void> =>
    retried(
      async () => options.onGraded(await history.sync(toHeight)),
      (error, failures) =>
        failures < SYNC_TRIES && isCoded(error) && error.retryable ? SYNC_PAUSE_MS : null,
    )

  function sync(toHeight: number): Promise<void> {
    if (syncing?.toHeight === toHeight) return syncing.done
    const done = syncTo(toHeight).finally(() => {
      if (syncing?.done === done) syncing = null
    })
    syncing = { toHeight, done }
    return done
  }

  async function winners({ height }: GatherBlock): Promise<Fact> {
    if (height > 0) await sync(height - 1)
    const { winners, height: winnersFrom } = history.previousWinners(height)
    const floor = difficultyFloor(history.difficulties(height), options.submissionCutoff())
    return { type: 'winners', height, winners, winnersFrom, floor }
  }

  /**
   * The prices of the winners that `height` has to name; null if there never were any. Throws while that is not known.
   */
  async function winnersBefore(height: number): Promise<WinnersView | null> {
    if (height > 0) await sync(height - 1)
    const { height: from } = history.previousWinners(height)
    const said = from === null ? null : history.query.ratesAt(from)
    return said && { height: said.height, records: said.winners, best: said.prices, median: said.medians }
  }

  /**
   * Waits for the last winners, which the record must name anyway. Only if they cannot be had are prices taken without
   * them.
   */
  async function takePrices({ height, blockSeconds, signal }: GatherBlock): Promise<Fact> {
    const reason = whyUnminable(network, height)
    if (reason !== null) return { type: 'failed', height, step: 'prices', code: 'E_MINER_RECORD', reason }
    const deadlineMs = Math.max(
      SHORTEST_PRICES_MS,
      (prices.config.snapshot.deadlineSeconds * 1000 * blockSeconds) / 600,
    )
    const version = network.oprVersionAt(height)
    const last = winnersBefore(height).catch(() => undefined)
    const snapshot = await prices.snapshot({ deadlineMs, signal, height, version, winners: last })
    options.onPrices(height, snapshot, snapshot.winners !== null || (await last) === null)
    const assets = ASSETS[version]
    const lacking = assets.filter((asset) => !((snapshot.prices.get(asset) ?? 0n) > 0n))
    if (lacking.length > 0) {
      // The reason is the same at each attempt, so it is told once; `missing` of the event says why for each asset.
      const reason = `${lacking.length} of ${assets.length} assets have no price: ${lacking.join(' ')}`
      return { type: 'failed', height, step: 'prices', code: 'E_MINER_PRICES', reason }
    }
    return { type: 'prices', height, prices: assets.map((asset) => snapshot.prices.get(asset) as bigint) }
  }

  async function funds({ height, signal }: GatherBlock): Promise<Fact> {
    const balance = await client.entryCreditBalance(options.ecAddress, signal)
    options.onFunds(balance)
    return { type: 'funds', height, balance }
  }

  const STEPS: Record<Step, (block: GatherBlock) => Promise<Fact>> = { winners, prices: takePrices, funds }

  return {
    sync,
    async gather(step, block) {
      try {
        return await STEPS[step](block)
      } catch (error) {
        const { height } = block
        return { type: 'failed', height, step, code: FAILURE[step], reason: messageOf(error) }
      }
    },
  }
}
