/**
 * Publishes staking records, one for each address and block, and says before what an address can expect. When that
 * happens stands in `schedule.ts`, for which addresses in `compose.ts`, what becomes of it in `results.ts`.
 */
import { messageOf, pauseAfter, retried, within } from '../../base/index.js'
import type { FactomClient, NodeState, Publisher } from '../../factom/index.js'
import { priceToDecimal, STAKING_RULES, type StakeLog } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { createScheduleRunner } from '../run/schedule-runner.js'
import { createTasks, type Notice } from '../run/tasks.js'
import { composeStakes, skipped, type Standing } from './compose.js'
import type { StakeEvent } from './events.js'
import { whyUnstakable, type SignerOf } from './record.js'
import { createStakeResults } from './results.js'
import { advanceStake, FIRST_STATE, type StakeAction } from './schedule.js'

/** What the ledger says. */
export interface StakeLedger {
  /** Before the block of this height; null while the ledger is not at the block before it. */
  standings(addresses: readonly string[], height: number): ReadonlyMap<string, Standing> | null
  /** What was paid for an entry, 1e-8 PEG; null while its block is not taken. */
  paid(entryHash: string, height: number): bigint | null
}

export interface StakerOptions {
  readonly network: Network
  /** Each once. */
  readonly addresses: readonly string[]
  readonly signerOf: SignerOf
  readonly client: Pick<FactomClient, 'entryCreditBalance'>
  /** The entry credit address that pays. */
  readonly ecAddress: string
  /** With a journal of its own. */
  readonly publisher: Publisher
  readonly log: Pick<StakeLog, 'own' | 'stake' | 'lastStaking' | 'height'>
  readonly ledger: StakeLedger
  readonly emit: (event: StakeEvent) => void
  readonly notice: Notice
}

export type Staker = ReturnType<typeof createStaker>

/** A node that a run begins with may be so many blocks behind the one of the last run. */
const FIRST_SLACK = 2
const FUNDS_MS = 10_000
/** Between two questions for the credits, until the block is over. */
const PAUSES = { first: 250, factor: 2, cap: 5000 }

export function createStaker(options: StakerOptions) {
  const { network, addresses, signerOf, publisher, log, ledger, emit, notice } = options
  const tasks = createTasks(notice)
  const runner = createScheduleRunner({ initial: FIRST_STATE, advance: advanceStake }, perform, notice)
  const fate = createStakeResults({
    ...{ publisher, log, emit, notice },
    paid: (entryHash, at) => ledger.paid(entryHash, at),
  })
  let open = new AbortController()
  let settling: Promise<void> | null = null
  let height = -1
  let stopped = false

  function perform(action: StakeAction): void {
    switch (action.do) {
      case 'recover':
        open = new AbortController()
        return track(recover(action.height, open.signal))
      case 'look':
        return look(action.height)
      case 'publish':
        return track(publish(action, open.signal))
      case 'close':
        return open.abort()
      case 'skip':
        return emit(skipped(action.height, null, action))
    }
  }

  const track = (work: Promise<unknown>): void => void tasks.track('E_MINER_PUBLISH', work)

  async function recover(at: number, signal: AbortSignal): Promise<void> {
    const before = publisher.entries(at)
    if (before.length > 0) await publisher.resume(at, { signal, onStatus: fate.heard(before) })
  }

  function look(at: number): void {
    const standings = ledger.standings(addresses, at)
    if (standings === null) return
    const records = log.lastStaking()?.valid ?? null
    for (const [address, { rank, balance }] of standings)
      emit({
        ...{ event: 'stake.standing', height: at, address, rank },
        balance: priceToDecimal(balance),
        entitled: rank !== null,
        payout: priceToDecimal(rank === null ? 0n : (STAKING_RULES.payouts[0] ?? 0n)),
        records,
      })
    runner.dispatch({ type: 'looked', height: at })
  }

  async function publish(
    { height: at, prices }: Extract<StakeAction, { do: 'publish' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const standings = ledger.standings(addresses, at)
    const published = publisher.entries(at)
    const { entries, skipped: left } = composeStakes({
      ...{ network, height: at, standings, published, signerOf, prices },
    })
    left.forEach(emit)
    if (entries.length === 0) return
    const { client, ecAddress } = options
    let credits: number
    let reason = 'the node did not say in time what the address has'
    try {
      credits = await retried(
        () => within(FUNDS_MS, signal, (soon) => client.entryCreditBalance(ecAddress, soon)),
        (error, failures) => {
          reason = messageOf(error)
          return pauseAfter(failures - 1, PAUSES)
        },
        { signal },
      )
    } catch {
      if (!stopped) emit(skipped(at, null, { code: 'E_MINER_FUNDS', reason }))
      return
    }
    if (credits <= 0) {
      const reason = 'the entry credit address has no credits'
      return emit(skipped(at, null, { code: 'E_MINER_NO_CREDITS', reason }))
    }
    await publisher.publish(at, entries, { credits, signal, onStatus: fate.heard(entries) })
  }

  function results(): void {
    if (settling !== null || height < 0) return
    settling = tasks.track('E_MINER_PUBLISH', fate.settle(height - 1)).finally(() => (settling = null))
  }

  return {
    /** The clock moved. */
    tick(at: { readonly height: number; readonly minute: number; readonly node: NodeState }): void {
      if (at.node === 'ok') {
        if (height < 0) track(fate.reset(at.height + FIRST_SLACK))
        else if (at.height < height) track(fate.reset(at.height))
        height = at.height
      }
      runner.dispatch({ type: 'minute', ...at, unstakable: whyUnstakable(network, at.height) })
      results()
    },
    /** Prices were taken for a block, in the order of the assets of staking records. */
    prices: (at: number, prices: readonly bigint[]) =>
      runner.dispatch({ type: 'prices', height: at, prices }),
    /** Blocks were followed: looks up what became of the records in them. */
    results,
    /** Ends what is under way and waits for it. */
    async stop(): Promise<void> {
      stopped = true
      runner.stop()
      tasks.hush()
      open.abort()
      await tasks.done()
    },
  }
}
