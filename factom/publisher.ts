/**
 * Publishes records: commit, reveal, acknowledgement, each step journalled, so that a crash at any point neither
 * pays twice nor forgets. A commit is signed once; when it has to be sent again, the same bytes go out, which the
 * network charges at most once.
 */
import { isCoded } from '../config/index.js'
import type { EcKey } from './address.js'
import type { Ack } from './client.js'
import { composeEntryCommit } from './commit.js'
import { awaitAck, deliverCommit, deliverReveal, Stop, unconfirmed } from './delivery.js'
import type { DeliveryClient, DeliveryRun } from './delivery.js'
import { encodeEntry, entryCost, entryHash } from './entry.js'
import type { Entry } from './entry.js'
import { openJournal } from './journal.js'
import { createLimiter } from './limit.js'
import type { Limiter } from './limit.js'
import { isFinal, mayBeSent, recordFacts } from './record.js'
import type { PublishRecord, RecordStage, RecordState } from './record.js'
import { REAL_TIME, signalUntil } from './timing.js'
import type { Timing } from './timing.js'

export interface PublisherOptions {
  readonly client: DeliveryClient
  /** Pays for the records. */
  readonly key: EcKey
  /** The journal's file. One publisher at a time. */
  readonly journal: string
  /** Records between commit and reveal at once. Default 4. */
  readonly parallel?: number
  /** Told when a step that was done could not be journalled; publishing goes on. */
  readonly onError?: (error: unknown) => void
  readonly timing?: Timing
}

export interface PublishOptions {
  /** Stops at once and leaves the records as they are, to be resumed. */
  readonly signal?: AbortSignal
  /** UNIX ms. Nothing is sent from then on; what is unfinished fails. Without it each step is tried for 10 s. */
  readonly deadline?: number
  /** Told each new state but the first (`composed`). */
  readonly onStatus?: (status: PublishResult) => void
}

export interface PublishResult {
  readonly height: number
  readonly entryHash: string
  /** Not final (`acknowledged` or `failed`) only where the signal stopped the work. */
  readonly state: RecordState
  /** Entry credits that the record costs once its commit is in. */
  readonly credits: number
  /** Of its commit. */
  readonly txid: string
  /** Whether the commit may have reached the node. */
  readonly sent: boolean
  /** Of `failed`: `E_FACTOM_…` and a sentence. */
  readonly code?: string
  readonly reason?: string
}

export interface Publisher {
  /**
   * Publishes records for the block under construction, the best first. Entries that are in the journal already are
   * taken up where they are; unfinished records of earlier blocks fail first. Throws `E_FACTOM_JOURNAL` or
   * `E_FACTOM_ENTRY` before anything is sent; what happens to a single record is in its result.
   */
  publish(height: number, entries: readonly Entry[], options?: PublishOptions): Promise<PublishResult[]>
  /** Takes up what an earlier run left unfinished for this block. Results of all records of the block. */
  resume(height: number, options?: PublishOptions): Promise<PublishResult[]>
  /** Hashes of the entries that were sent, or may have been, for this block, in any run; the best first. */
  published(height: number): string[]
  close(): Promise<void>
}

const PARALLEL = 4

/** What the records of one call share. */
interface PublishRun extends DeliveryRun {
  readonly slots: Limiter
  /** Composed by this call: nothing of them has left yet. */
  readonly fresh: ReadonlySet<string>
  readonly notify: (record: PublishRecord) => void
}

/** Throws `E_FACTOM_JOURNAL` if the journal cannot be opened. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { client, key } = options
  const timing = options.timing ?? REAL_TIME
  const journal = openJournal(options.journal)
  /** Records on their way: two calls never drive the same one. */
  const underWay = new Map<string, Promise<PublishRecord>>()

  function recordsOf(height: number): PublishRecord[] {
    const records = [...journal.records.values()].filter((record) => record.height === height)
    return records.sort((a, b) => a.rank - b.rank)
  }

  /** Signs commits for the entries that are not known yet. Hashes in the order of the entries, each once. */
  function compose(
    height: number,
    entries: readonly Entry[],
  ): { hashes: Set<string>; fresh: PublishRecord[] } {
    const hashes = new Set<string>()
    const fresh: PublishRecord[] = []
    const rank = recordsOf(height).length
    for (const entry of entries) {
      const raw = encodeEntry(entry)
      const hash = entryHash(raw)
      if (!hashes.has(hash) && !journal.records.has(hash)) {
        const commit = composeEntryCommit({
          entryHash: hash,
          credits: entryCost(raw),
          timeMs: timing.now(),
          key,
        })
        fresh.push({ ...recordFacts(height, rank + fresh.length, raw, commit), stage: { state: 'composed' } })
      }
      hashes.add(hash)
    }
    return { hashes, fresh }
  }

  /** A step that was done but could not be journalled is done again after a restart, which costs nothing. */
  async function note(
    moved: readonly PublishRecord[],
    notify: (record: PublishRecord) => void,
  ): Promise<void> {
    try {
      await journal.put(moved)
    } catch (error) {
      options.onError?.(error)
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
    let record = start
    let sent = !run.fresh.has(start.entryHash)
    let last: Ack | null = null
    try {
      await run.slots(async () => {
        if (record.stage.state === 'composed') {
          await deliverCommit(client, record, run, () => (sent = true))
          record = await move(record, { state: 'committed' }, run)
        }
        if (record.stage.state === 'committed') {
          await deliverReveal(client, record, run)
          record = await move(record, { state: 'revealed' }, run)
        }
      })
      await awaitAck(client, record, run, (ack) => (last = ack))
      return await move(record, { state: 'acknowledged' }, run)
    } catch (error) {
      if (isInterruption(error)) return record
      return await move(record, endedBy(error, record.stage.state, { sent, last }), run)
    }
  }

  async function driveAll(
    records: readonly PublishRecord[],
    fresh: ReadonlySet<string>,
    given: PublishOptions,
  ) {
    const deadline = given.deadline ?? Infinity
    const until = signalUntil(deadline, given.signal, timing)
    const run: PublishRun = {
      signal: until.signal,
      outer: given.signal,
      deadline,
      timing,
      fresh,
      inTurn: createLimiter(1),
      slots: createLimiter(options.parallel ?? PARALLEL),
      notify: (record) => given.onStatus?.(resultOf(record)),
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

  /** Records of blocks that are over fail, unless a call is still busy with them. */
  async function settleBefore(height: number, given: PublishOptions): Promise<void> {
    const over = [...journal.records.values()]
      .filter((record) => record.height < height && !isFinal(record) && !underWay.has(record.entryHash))
      .map((record) => {
        const stage = endedBy(new Stop('late'), record.stage.state, { sent: true, last: null })
        return { ...record, stage }
      })
    if (over.length > 0) await note(over, (record) => given.onStatus?.(resultOf(record)))
  }

  return {
    async publish(height, entries, given = {}) {
      await settleBefore(height, given)
      const { hashes, fresh } = compose(height, entries)
      if (fresh.length > 0) await journal.put(fresh)
      const records = [...hashes].map((hash) => journal.records.get(hash) as PublishRecord)
      return driveAll(records, new Set(fresh.map(({ entryHash }) => entryHash)), given)
    },
    async resume(height, given = {}) {
      await settleBefore(height, given)
      return driveAll(recordsOf(height), new Set(), given)
    },
    published: (height) =>
      recordsOf(height)
        .filter(mayBeSent)
        .map((record) => record.entryHash),
    async close() {
      await Promise.allSettled(underWay.values())
      await journal.close()
    },
  }
}

/** The caller stopped, or the client was closed: the record stays as it is. */
function isInterruption(error: unknown): boolean {
  return error instanceof Stop
    ? error.why === 'interrupted'
    : isCoded(error) && error.code === 'E_FACTOM_ABORTED'
}

/** The final stage of a record that goes no further because of `error`. */
function endedBy(
  error: unknown,
  state: RecordState,
  known: { sent: boolean; last: Ack | null },
): RecordStage {
  if (error instanceof Stop) {
    if (state === 'revealed') return unconfirmed(known.last)
    return { state: 'failed', code: 'E_FACTOM_LATE', reason: lateReason(state, known.sent), sent: known.sent }
  }
  if (!isCoded(error)) throw error
  return { state: 'failed', code: error.code, reason: error.message, sent: known.sent }
}

function lateReason(state: RecordState, sent: boolean): string {
  if (!sent) return 'its block was over before it could be sent'
  if (state === 'composed') return 'its block was over before the node answered its commit'
  return 'paid, but its block was over before the node took its reveal'
}

function resultOf({ height, entryHash, credits, txid, stage }: PublishRecord): PublishResult {
  const facts = { height, entryHash, state: stage.state, credits, txid }
  if (stage.state !== 'failed') return { ...facts, sent: stage.state !== 'composed' }
  return { ...facts, sent: stage.sent, code: stage.code, reason: stage.reason }
}
