/** What becomes of staking records: told, kept in the history, and at last what their blocks decided and paid. */
import { isCoded, messageOf, wallMs } from '../../base/index.js'
import type { Publisher, PublishResult, SealedEntry } from '../../factom/index.js'
import { priceToDecimal, type OwnStake, type StakeLog } from '../../oracle/index.js'
import type { Notice } from '../run/tasks.js'
import type { StakeEvent } from './events.js'
import { stakerOf } from './record.js'

export interface StakeResultsParts {
  readonly publisher: Pick<Publisher, 'entries' | 'unsettled' | 'unfinished' | 'settle' | 'reset'>
  readonly log: Pick<StakeLog, 'own' | 'stake' | 'height'>
  /** What was paid for an entry, 1e-8 PEG; null while its block is not taken. */
  readonly paid: (entryHash: string, height: number) => bigint | null
  readonly emit: (event: StakeEvent) => void
  readonly notice: Notice
}

/** What an earlier run published is looked for too, even if that run ended before it told the history. */
export function createStakeResults({ publisher, log, paid, emit, notice }: StakeResultsParts) {
  /** Records whose result was told, while the journal may not know of it yet. */
  const reported = new Set<string>()

  const entriesOf = (results: readonly PublishResult[]): SealedEntry[] =>
    [...new Set(results.map(({ height }) => height))].flatMap((height) => publisher.entries(height))

  function heard(entries: readonly SealedEntry[]): (result: PublishResult) => void {
    const whose = new Map(entries.map((entry) => [entry.hash, stakerOf(entry) ?? '']))
    return (result) => tell(result, whose.get(result.entryHash) ?? '')
  }

  function tell(result: PublishResult, address: string): void {
    const { entryHash, height, state, credits, elapsedMs, code, reason } = result
    const status = state === 'composed' ? 'committed' : state
    const why = reason === undefined ? {} : { reason }
    keep({ entryHash, height, address, status, ...why, time: wallMs() })
    if (state === 'composed') return
    emit({
      ...{ event: 'stake.entry', height, address, entryHash, status: state },
      ...(elapsedMs === undefined ? {} : { milliseconds: elapsedMs }),
      ...(state === 'committed' ? { credits } : {}),
      ...(code === undefined ? {} : { code }),
      ...why,
    })
  }

  /** Publishing goes on without the history. */
  function keep(step: Parameters<StakeLog['own']>[0]): void {
    try {
      log.own(step)
    } catch (error) {
      notice('warn', isCoded(error) ? error.code : 'E_MINER_INTERNAL', messageOf(error))
    }
  }

  function tellGraded({ entryHash, height, address, verdict, place, grade }: OwnStake): void {
    if (reported.has(entryHash)) return
    reported.add(entryHash)
    emit({
      ...{ event: 'stake.graded', height, address, entryHash },
      ...{ verdict: verdict ?? '', place: place ?? null, grade: grade ?? null },
      payout: priceToDecimal(paid(entryHash, height) ?? 0n),
    })
  }

  const begun = publisher.unfinished()
  begun.filter(({ state }) => state === 'composed').forEach(heard(entriesOf(begun)))

  return {
    /** The listener of the publisher for these entries. */
    heard,
    /** Once the blocks up to this one are followed: what became of the records that were published for them. */
    async settle(saved: number): Promise<void> {
      if (!publisher.unsettled(saved) || (log.height() ?? -1) < saved) return
      const due = publisher.unfinished().filter(({ height }) => height <= saved)
      // The ledger takes a block in the transaction in which the history takes it, unless it has to catch up.
      if (due.some(({ entryHash, height }) => paid(entryHash, height) === null)) return
      const stakes = new Map(due.map(({ entryHash }) => [entryHash, log.stake(entryHash)]))
      const onStatus = heard(entriesOf(due))
      for (const stake of stakes.values())
        if (stake !== null && stake.block === stake.height) tellGraded(stake)
      await publisher.settle(saved, (hash) => stakes.get(hash)?.block ?? null, { onStatus })
      due.forEach(({ entryHash }) => reported.delete(entryHash))
    },
    /** The network builds this block now: records for later ones are void. */
    reset: (height: number) =>
      publisher.reset(height, { onStatus: heard(entriesOf(publisher.unfinished())) }),
  }
}
