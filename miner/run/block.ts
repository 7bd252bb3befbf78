/** The record of the block at hand: built and given to the workforce, collected in minute 9, handed to the publisher. */
import { messageOf, monotonicMs, within } from '../../base/index.js'
import type { Network } from '../../pegnet/index.js'
import type { MinuteEvent } from '../../factom/index.js'
import { hexOfBytes, hexOfDifficulty, type MinerEvent } from '../events.js'
import type { Ranked } from '../work/ranking.js'
import type { Workforce } from '../work/workforce.js'
import type { Gatherer } from './gather.js'
import type { Handover, RecordBasis, RecordContents } from './interface.js'
import { buildRecord, type MinedRecord } from './record.js'
import type { Action, ScheduleEvent } from './schedule.js'
import type { Submitter } from './submit.js'

export interface RecordTerms {
  readonly identity: string
  readonly coinbase: string
  /** Most records to publish of the block. */
  readonly recordsPerBlock: number
}

export interface BlockParts {
  readonly network: Network
  /** What holds for the next record. */
  readonly terms: () => RecordTerms
  readonly gatherer: Pick<Gatherer, 'gather'>
  readonly workforce: Pick<Workforce, 'assign' | 'collect'>
  readonly submitter: Pick<Submitter, 'submit' | 'recover'>
  readonly handover?: Handover | undefined
  readonly emit: (event: MinerEvent) => void
  readonly dispatch: (event: ScheduleEvent) => void
  /** The clock's last word. */
  readonly at: () => MinuteEvent | null
}

/** The record at hand. */
interface AtHand {
  readonly facts: RecordContents
  readonly record: MinedRecord
  /** Most entries of it. */
  readonly limit: number
  /** Its best nonces, from minute 9 on. */
  readonly best: readonly Ranked[]
}

/** Publishing ends this long before the minute does: what leaves later may reach the node in the next block. */
const MARGIN_MS = 250
const MARGIN_SHARE = 0.02
/** Minute 9 begins with collecting: for so long at most, and in short blocks for a fifth of the minute. */
const COLLECT_MS = 1000
const COLLECT_SHARE = 0.2
/** With it, collecting does not wait. */
const NOW = AbortSignal.abort()

export function createBlockWork(parts: BlockParts) {
  const { network, gatherer, workforce, submitter, emit, dispatch, at } = parts
  let firstMined: number | null = null
  let atHand: AtHand | null = null
  let publishing = new AbortController()

  /** The record, or why there can be none. */
  function build({ height, winners, prices }: RecordContents): MinedRecord | { readonly reason: string } {
    const { identity, coinbase } = parts.terms()
    try {
      return buildRecord({ network, identity, coinbase, height, winners, prices })
    } catch (error) {
      return { reason: messageOf(error) }
    }
  }

  function assign(basis: Omit<RecordBasis, 'oprHash'>, record: MinedRecord): void {
    const { height, winners, prices, floor, winnersFrom } = basis
    const { oprHash } = record
    const limit = parts.terms().recordsPerBlock
    atHand = { facts: { height, winners, prices }, record, limit, best: [] }
    firstMined ??= height
    parts.handover?.keep({ height, oprHash, winners, winnersFrom, floor, prices })
    workforce.assign({ height, oprHash, floor, keep: limit })
    emit({ event: 'job', height, oprHash: hexOfBytes(oprHash), floor: hexOfDifficulty(floor), winnersFrom })
  }

  /** Goes on with the record that another process left for this block, if it is one that this one would sign. */
  function takeUp(height: number): boolean {
    const kept = parts.handover?.recall(height)
    if (kept == null) return false
    const record = build(kept)
    if ('reason' in record) return false
    if (Buffer.compare(record.oprHash, kept.oprHash) !== 0) return false
    assign(kept, record)
    return true
  }

  /** The best nonces and, in the same time, what the entry credits are now. */
  async function gatherUp(height: number, signal: AbortSignal) {
    const blockSeconds = at()?.blockSeconds ?? network.blockSeconds
    const most = Math.min(COLLECT_MS, minuteMs(blockSeconds) * COLLECT_SHARE)
    const [best, funds] = await within(most, signal, (soon) =>
      Promise.all([
        workforce.collect(soon),
        gatherer.gather('funds', { height, blockSeconds, signal: soon }),
      ]),
    )
    return { best, balance: funds.type === 'funds' ? funds.balance : null }
  }

  async function publishRecord(credits: number): Promise<void> {
    if (atHand === null) return
    const { record, best, limit } = atHand
    atHand = null
    const { signal } = publishing
    const now = at()
    const networkMs = now === null ? undefined : Math.round(monotonicMs() + now.nodeAheadMs)
    const deadline = deadlineOf(now)
    await submitter.submit({ record, best, limit, credits, signal, deadline, networkMs })
  }

  return {
    mine({
      height,
      winners: { winners, winnersFrom, floor },
      prices,
    }: Extract<Action, { do: 'mine' }>): void {
      if (takeUp(height)) return
      const basis = { height, winners, winnersFrom, floor, prices }
      const record = build(basis)
      if ('reason' in record)
        return dispatch({ type: 'failed', height, step: 'record', code: 'E_MINER_RECORD', ...record })
      assign(basis, record)
    },
    /** The best nonces and, in the same time, what the entry credits are now. */
    async collect(height: number): Promise<void> {
      publishing = new AbortController()
      const { signal } = publishing
      const { best, balance } = await gatherUp(height, signal)
      if (signal.aborted) return
      const found = atHand === null ? 0 : best.length
      if (atHand !== null) atHand = { ...atHand, best }
      dispatch({ type: 'collected', height, found, balance })
    },
    /** Publishes what was collected, as far as the entry credits go. */
    publish: publishRecord,
    /** Finishes what an earlier run may have paid for. */
    async recover(height: number): Promise<void> {
      publishing = new AbortController()
      const { signal } = publishing
      const count = await submitter.recover(height, { signal, deadline: deadlineOf(at()) })
      const message = `block ${height}: ${count} entries of an earlier run finished`
      if (count > 0) emit({ event: 'notice', level: 'info', code: 'E_MINER_RECOVERED', message })
      // The job of this run, which came too late for a record, has been thrown away: it must be over before another
      // begins.
      await workforce.collect(NOW)
      if (signal.aborted || !takeUp(height)) return
      const { best, balance } = await gatherUp(height, signal)
      if (atHand === null || balance === null || signal.aborted) return
      atHand = { ...atHand, best }
      await publishRecord(balance)
    },
    /** Nothing more is sent. */
    close: () => publishing.abort(),
    /** Stops hashing and throws the record away. */
    async drop(): Promise<void> {
      atHand = null
      await workforce.collect(NOW)
    },
    /** Null if there is none. */
    get record(): RecordContents | null {
      return atHand?.facts ?? null
    },
    /** The first height that anything was mined for. */
    get firstMined(): number | null {
      return firstMined
    },
  }
}

const minuteMs = (blockSeconds: number): number => blockSeconds * 100

/** The end of minute 9, a little earlier, `monotonicMs`. */
function deadlineOf(at: MinuteEvent | null): number {
  if (at === null) return Infinity
  return at.endsAt - Math.min(MARGIN_MS, minuteMs(at.blockSeconds) * MARGIN_SHARE)
}
