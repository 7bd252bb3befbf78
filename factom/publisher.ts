/**
 * Publishes records: reveal, commit, acknowledgement, and at last the saved block, journalled, so that a crash at any
 * point neither pays twice nor forgets. A commit is signed once; when it has to be sent again, the same bytes go out,
 * which the network charges at most once.
 *
 * The reveal goes first: it costs nothing, and the node holds it until its commit comes. So a node that refuses
 * reveals is paid nothing, and the end of this process at any moment leaves no payment without its entry.
 */
import { bookedAt, isCoded, messageOf, spentIn } from '../base/index.js'
import type { EcKey } from './address.js'
import { allot } from './allotment.js'
import { composeEntryCommit } from './commit.js'
import { awaitAck, checkTime, deliverCommit, deliverReveal, isClosed, isRefusal, Stop } from './delivery.js'
import type { DeliveryClient, DeliveryRun } from './delivery.js'
import { sealEntry } from './entry.js'
import type { Entry, SealedEntry } from './entry.js'
import { openJournal } from './journal.js'
import { createLimiter } from './limit.js'
import type { Limiter } from './limit.js'
import { isFinal, mayBeSent, recordFacts } from './record.js'
import type { PublishRecord, RecordStage, RecordState } from './record.js'
import { settleRecords } from './settlement.js'
import type { SettlementClient } from './settlement.js'
import { momentOf, REAL_TIME, signalUntil } from './timing.js'
import type { Timing } from './timing.js'

export interface PublisherOptions {
  readonly client: DeliveryClient & SettlementClient
  /** Pays for the records. */
  readonly key: EcKey
  /** The journal's file. One publisher at a time. */
  readonly journal: string
  /** Records between commit and reveal at once. Default 8. */
  readonly parallel?: number
  /** Most entry credits for the records of a block, and of a day (UTC). Default: no limit. */
  readonly limits?: { readonly block?: number | undefined; readonly day?: number | undefined }
  /** Everything but sending: records are composed, signed and journalled, and missed. */
  readonly dryRun?: boolean
  /** Told when a step that was done could not be journalled; publishing goes on. */
  readonly onError?: (error: unknown) => void
  readonly timing?: Timing
}

export interface SettleOptions {
  /** Stops at once and leaves the records as they are, to be resumed. */
  readonly signal?: AbortSignal
  /** Told each new state but the first (`composed`). */
  readonly onStatus?: (status: PublishResult) => void
}

export interface PublishOptions extends SettleOptions {
  /** Most records of the block, with those of earlier calls and runs. Default: no limit. */
  readonly records?: number
  /** Entry credits that the address has: no more is spent. Default: no limit. */
  readonly credits?: number
  /** `monotonicMs`. Nothing is sent from then on. Without it each step is tried for 10 s. */
  readonly deadline?: number
  /**
   * The network's time, UNIX ms: what commits are dated with. It refuses those that are an hour off. Default: the wall
   * clock's.
   */
  readonly networkMs?: number | undefined
}

export interface PublishResult {
  readonly height: number
  readonly entryHash: string
  /** Not final (`landed` or `missed`) until the block is saved and `settle` has looked into it. */
  readonly state: RecordState
  /** Entry credits that the record costs once its commit is in. */
  readonly credits: number
  /** Of its commit; `''` if none was signed. */
  readonly txid: string
  /** Whether the commit may have reached the node. */
  readonly sent: boolean
  /** From the call of `publish` or `resume` to this state, ms. Not known for what `settle` tells. */
  readonly elapsedMs?: number
  /** Of `missed`: `E_FACTOM_…` and a sentence. */
  readonly code?: string
  readonly reason?: string
}

export interface Publisher {
  /**
   * Publishes records for the block under construction, the best first, as many as `records`, `credits` and the limits
   * of spending allow. Entries that are in the journal already are taken up where they are. Resolves when all are
   * acknowledged, or the time is over, with the results of those published and those that a limit of spending refused.
   * Throws `E_FACTOM_JOURNAL` or `E_FACTOM_ENTRY` before anything is sent; what happens to a single record is in its
   * result.
   */
  publish(
    height: number,
    entries: readonly (Entry | SealedEntry)[],
    options?: PublishOptions,
  ): Promise<PublishResult[]>
  /** Takes up what an earlier run left unfinished for this block. Results of all records of the block. */
  resume(height: number, options?: PublishOptions): Promise<PublishResult[]>
  /** Whether records of blocks up to this one have no final state yet. */
  unsettled(savedHeight: number): boolean
  /**
   * Looks for them in the saved blocks: each lands or is missed. Results of those that got a final state. Throws what
   * goes wrong with the node; nothing has changed then.
   */
  settle(savedHeight: number, options?: SettleOptions): Promise<PublishResult[]>
  /**
   * The network was reset and builds block `height` now: records above it belong to a chain that is gone. They are
   * missed and forgotten.
   */
  reset(height: number, options?: SettleOptions): Promise<void>
  /** Hashes of the entries that were sent, or may have been, for this block, in any run; the best first. */
  published(height: number): string[]
  close(): Promise<void>
}

const PARALLEL = 8
/** What is left of an earlier commit's duration with each later one, and with each block. */
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

/** Throws `E_FACTOM_JOURNAL` if the journal cannot be opened. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { client, key, limits = {}, dryRun = false } = options
  const timing = options.timing ?? REAL_TIME
  const journal = openJournal(options.journal, () => momentOf(timing))
  const pace = { ms: 0 }
  /** Records on their way: two calls never drive the same one. */
  const underWay = new Map<string, Promise<PublishRecord>>()

  function recordsOf(height: number): PublishRecord[] {
    const records = [...journal.records.values()].filter((record) => record.height === height)
    return records.sort((a, b) => a.rank - b.rank)
  }

  /** Signs commits for the entries that are not known yet and may be published. In order, each entry once. */
  function compose(height: number, entries: readonly (Entry | SealedEntry)[], given: PublishOptions) {
    const before = recordsOf(height)
    const sent = before.filter(mayBeSent)
    const unique = new Map(entries.map(sealEntry).map((entry) => [entry.hash, entry]))
    const unknown = [...unique.values()].filter(({ hash }) => !journal.records.has(hash))
    const { publish, refuse, limit } = allot(
      unknown.map(({ credits }) => credits),
      {
        records: given.records ?? Infinity,
        credits: given.credits ?? Infinity,
        block: limits.block ?? Infinity,
        day: limits.day ?? Infinity,
      },
      {
        records: sent.length,
        block: sent.reduce((sum, { credits }) => sum + credits, 0),
        day: Number(spentIn('day', journal.spent(), momentOf(timing))),
      },
    )
    const at = bookedAt('day', journal.spent(), momentOf(timing))
    const timeMs = given.networkMs ?? timing.wallMs()
    const fresh = unknown.slice(0, publish).map((entry, index): PublishRecord => {
      const commit = composeEntryCommit({ entryHash: entry.hash, credits: entry.credits, timeMs, key })
      return {
        ...recordFacts({ height, rank: before.length + index, at }, entry, commit),
        stage: { state: 'composed' },
      }
    })
    const refused = unknown
      .slice(publish, publish + refuse)
      .map(({ hash, credits }) => tooDear({ height, entryHash: hash, credits }, limit))
    return { hashes: [...unique.keys()], fresh, refused }
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

  async function driveAll(
    records: readonly PublishRecord[],
    fresh: ReadonlySet<string>,
    given: PublishOptions,
  ) {
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
      slots: createLimiter(options.parallel ?? PARALLEL),
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

  function unsettledUpTo(savedHeight: number): PublishRecord[] {
    return [...journal.records.values()].filter(
      (record) => record.height <= savedHeight && !isFinal(record) && !underWay.has(record.entryHash),
    )
  }

  return {
    async publish(height, entries, given = {}) {
      const { hashes, fresh, refused } = compose(height, entries, given)
      if (fresh.length > 0) await journal.put(fresh)
      const records = hashes.flatMap((hash) => journal.records.get(hash) ?? [])
      for (const result of refused) given.onStatus?.(result)
      const results = await driveAll(records, new Set(fresh.map((record) => record.entryHash)), given)
      const found = new Map([...results, ...refused].map((result) => [result.entryHash, result]))
      return hashes.flatMap((hash) => found.get(hash) ?? [])
    },
    resume: (height, given = {}) => driveAll(recordsOf(height), new Set(), given),
    unsettled: (savedHeight) => unsettledUpTo(savedHeight).length > 0,
    async settle(savedHeight, { signal, onStatus } = {}) {
      const due = unsettledUpTo(savedHeight)
      if (due.length === 0) return []
      const settled = await settleRecords(client, due, { savedHeight, signal })
      const moved = settled.map(({ record, stage }) => ({ ...record, stage }))
      await note(moved, (record) => onStatus?.(resultOf(record)))
      return moved.map(resultOf)
    },
    async reset(height, { onStatus } = {}) {
      const gone = [...journal.records.values()].filter((record) => record.height > height)
      const unfinished = gone.filter((record) => !isFinal(record))
      await note(
        unfinished.map((record) => ({ ...record, stage: GONE })),
        (record) => onStatus?.(resultOf(record)),
      )
      if (gone.length > 0) await journal.discard(gone.map((record) => record.entryHash))
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

const DRY: RecordStage = {
  state: 'missed',
  code: 'E_FACTOM_DRY_RUN',
  reason: 'a dry run: composed and signed, but not sent',
  sent: false,
}

const GONE: RecordStage = {
  state: 'missed',
  code: 'E_FACTOM_RESET',
  reason: 'the network was reset: the chain that it was made for is gone',
  sent: true,
}

/** The final stage of a record that goes no further because of `error`; `null` if its block will tell. */
function endedBy(error: unknown, state: RecordState, sent: boolean): RecordStage | null {
  if (error instanceof Stop) {
    if (error.why === 'interrupted' || state !== 'composed' || sent) return null
    const reason = 'its block was over before it could be sent'
    return { state: 'missed', code: 'E_FACTOM_LATE', reason, sent }
  }
  if (!isCoded(error)) throw error
  if (isClosed(error)) return null
  if (isRefusal(error)) return { state: 'missed', code: error.code, reason: messageOf(error), sent }
  throw error
}

function tooDear(
  facts: Pick<PublishResult, 'height' | 'entryHash' | 'credits'>,
  limit: string,
): PublishResult {
  const reason = `the limit of ${limit} is reached`
  return { ...facts, state: 'missed', txid: '', sent: false, code: 'E_FACTOM_SPENDING', reason }
}

function resultOf({ height, entryHash, credits, txid, stage }: PublishRecord): PublishResult {
  const facts = { height, entryHash, state: stage.state, credits, txid }
  if (stage.state !== 'missed') return { ...facts, sent: stage.state !== 'composed' }
  return { ...facts, sent: stage.sent, code: stage.code, reason: stage.reason }
}
