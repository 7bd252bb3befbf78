/**
 * Takes records from state to state: reveal, commit, acknowledgement, each step journalled. The reveal goes first: it
 * costs nothing, and the node holds it until its commit comes. So a node that refuses reveals is paid nothing, and the
 * end of this process at any moment leaves no payment without its entry.
 */
import { awaitAck, checkTime, deliverCommit, deliverReveal } from './delivery.js'
import type { DeliveryClient, DeliveryRun } from './delivery.js'
import type { Journal } from './journal.js'
import { createLimiter, type Limiter } from './limit.js'
import { DRY, endedBy, resultOf, type PublishResult, type SettleOptions } from './outcome.js'
import { isFinal, type PublishRecord, type RecordStage } from './record.js'
import { signalUntil, type Timing } from './timing.js'

export interface SenderOptions {
  readonly client: DeliveryClient
  readonly journal: Pick<Journal, 'put'>
  readonly timing: Timing
  /** Records between commit and reveal at once. Default 8. */
  readonly parallel?: number | undefined
  /** Everything but sending: records are missed. */
  readonly dryRun: boolean
  /** Told when a step that was done could not be journalled. */
  readonly onError?: ((error: unknown) => void) | undefined
}

export interface SendOptions extends SettleOptions {
  /** `monotonicMs`. Nothing is sent from then on. Without it each step is tried for 10 s. */
  readonly deadline?: number
}

const PARALLEL = 8
/** The share of a commit's remembered duration that is left after each later commit, and after each block. */
const FADING = 0.8
const FORGETTING = 0.5

/** What the records of one call share. */
interface PublishRun extends DeliveryRun {
  readonly slots: Limiter
  /** Composed by this call: nothing of them has left yet. */
  readonly fresh: ReadonlySet<string>
  /** How long a commit took, ms; rather the longest than the mean. */
  readonly pace: { ms: number }
  readonly notify: (record: PublishRecord) => void
}

export function createSender({
  client,
  journal,
  timing,
  parallel = PARALLEL,
  dryRun,
  onError,
}: SenderOptions) {
  const pace = { ms: 0 }
  /** Records on their way: two calls never drive the same one. */
  const underWay = new Map<string, Promise<PublishRecord>>()

  /** A step that was done but could not be journalled is done again after a restart, which costs nothing. */
  async function note(
    moved: readonly PublishRecord[],
    notify: (record: PublishRecord) => void,
  ): Promise<void> {
    try {
      await journal.put(moved)
    } catch (error) {
      onError?.(error)
    }
    for (const record of moved) notify(record)
  }

  async function move(record: PublishRecord, stage: RecordStage, run: PublishRun): Promise<PublishRecord> {
    const moved = { ...record, stage }
    await note([moved], run.notify)
    return moved
  }

  /** Takes one record as far as it goes; its last stage. Throws only for faults of the program. */
  async function drive(start: PublishRecord, run: PublishRun): Promise<PublishRecord> {
    if (dryRun) return move(start, DRY, run)
    let record = start
    let sent = !run.fresh.has(start.entryHash)
    try {
      if (record.stage.state === 'composed' || record.stage.state === 'committed') {
        await run.slots(async () => {
          await deliverReveal(client, record, run)
          if (record.stage.state === 'committed') return
          // A commit that would come too late is paid in vain.
          if (!sent) checkTime(run, run.deadline - run.pace.ms)
          const begun = timing.monotonicMs()
          await deliverCommit(client, record, run, () => (sent = true))
          run.pace.ms = Math.max(timing.monotonicMs() - begun, run.pace.ms * FADING)
        })
        if (record.stage.state === 'composed') run.notify({ ...record, stage: { state: 'committed' } })
        record = await move(record, { state: 'revealed' }, run)
      }
      if (record.stage.state === 'revealed') {
        await awaitAck(client, record, run)
        record = await move(record, { state: 'acknowledged' }, run)
      }
      return record
    } catch (error) {
      const end = endedBy(error, record.stage.state, sent)
      return end === null ? record : await move(record, end, run)
    }
  }

  async function send(
    records: readonly PublishRecord[],
    fresh: ReadonlySet<string>,
    given: SendOptions,
  ): Promise<PublishResult[]> {
    const deadline = given.deadline ?? Infinity
    const until = signalUntil(deadline, given.signal, timing)
    const begun = timing.monotonicMs()
    pace.ms *= FORGETTING
    const run: PublishRun = {
      signal: until.signal,
      outer: given.signal,
      deadline,
      timing,
      fresh,
      pace,
      slots: createLimiter(parallel),
      notify: (record) => given.onStatus?.({ ...resultOf(record), elapsedMs: timing.monotonicMs() - begun }),
    }
    const driven = records.map(async (record) => {
      if (isFinal(record)) return record
      const driving = underWay.get(record.entryHash) ?? drive(record, run)
      underWay.set(record.entryHash, driving)
      return driving.finally(() => underWay.delete(record.entryHash))
    })
    try {
      const outcomes = await Promise.allSettled(driven)
      return outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return resultOf(outcome.value)
      })
    } finally {
      until.release()
    }
  }

  return {
    /**
     * Takes records as far as they go; resolves with what has become of each. `fresh`: hashes of those of which nothing
     * has left yet.
     */
    send,
    /** Journals records that have come further, then tells of each. */
    note,
    /** Whether a record is on its way. */
    isDriving: (entryHash: string) => underWay.has(entryHash),
    /** Settled when none is. */
    idle: () => Promise.allSettled(underWay.values()),
  }
}
