/**
 * Publishes records: reveal, commit, acknowledgement, and at last the place in the chain, journalled, so that a crash at any
 * point neither pays twice nor forgets. A commit is signed once; when it has to be sent again, the same bytes go out,
 * which the network charges at most once. What is published stands in `composition.ts`, how in `sender.ts`.
 */
import type { EcKey } from './address.js'
import { composeRecords, recordsOf } from './composition.js'
import type { DeliveryClient } from './delivery.js'
import { sealedEntry, type Entry, type SealedEntry } from './entry.js'
import { openJournal, type JournalMirror } from './journal.js'
import { GONE, resultOf, type PublishResult, type SettleOptions } from './outcome.js'
import { isFinal, mayBeSent, type PublishRecord } from './record.js'
import { createSender, type SendOptions } from './sender.js'
import { settleRecords, type PlaceOf, type SettlementClient } from './settlement.js'
import { momentOf, REAL_TIME, type Timing } from './timing.js'

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
  /** Keeps the journal in a second place as well. */
  readonly mirror?: JournalMirror | undefined
  /** Everything but sending: records are composed, signed and journalled, and missed. */
  readonly dryRun?: boolean
  /** Told when a step that was done could not be journalled; publishing goes on. */
  readonly onError?: (error: unknown) => void
  readonly timing?: Timing
}

export interface PublishOptions extends SendOptions {
  /** Most records of the block, with those of earlier calls and runs. Default: no limit. */
  readonly records?: number
  /** Entry credits that the address has: no more is spent. Default: no limit. */
  readonly credits?: number
  /**
   * The network's time, UNIX ms: what commits are dated with. It refuses those that are an hour off. Default: the wall
   * clock's.
   */
  readonly networkMs?: number | undefined
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
   * Gives them their final state, once the caller has followed the chain up to this height: each has landed where
   * `placeOf` says, or is missed. Results of those that got one. Throws what goes wrong with the node; nothing has
   * changed then.
   */
  settle(savedHeight: number, placeOf: PlaceOf, options?: SettleOptions): Promise<PublishResult[]>
  /** All records that have no final state yet. */
  unfinished(): PublishResult[]
  /** Forgets records that are missed: their entries can be published anew, each with a new commit. */
  forget(entryHashes: readonly string[]): Promise<void>
  /**
   * The network was reset and builds block `height` now: records above it belong to a chain that is gone. They are
   * missed and forgotten.
   */
  reset(height: number, options?: SettleOptions): Promise<void>
  /** Hashes of the entries that were sent, or may have been, for this block, in any run; the best first. */
  published(height: number): string[]
  /** Those entries themselves. */
  entries(height: number): SealedEntry[]
  close(): Promise<void>
}

/** Throws `E_FACTOM_JOURNAL` if the journal cannot be opened. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { client, key, limits = {}, dryRun = false, parallel, onError } = options
  const timing = options.timing ?? REAL_TIME
  const journal = openJournal(options.journal, () => momentOf(timing), options.mirror)
  const sender = createSender({ client, journal, timing, parallel, dryRun, onError })

  function unsettledUpTo(savedHeight: number): PublishRecord[] {
    return [...journal.records.values()].filter(
      (record) => record.height <= savedHeight && !isFinal(record) && !sender.isDriving(record.entryHash),
    )
  }

  const sentFor = (height: number): PublishRecord[] => recordsOf(height, journal).filter(mayBeSent)

  return {
    async publish(height, entries, given = {}) {
      const { hashes, fresh, refused } = composeRecords(entries, journal, {
        height,
        bounds: {
          records: given.records ?? Infinity,
          credits: given.credits ?? Infinity,
          block: limits.block ?? Infinity,
          day: limits.day ?? Infinity,
        },
        key,
        timeMs: given.networkMs ?? timing.wallMs(),
        now: momentOf(timing),
      })
      if (fresh.length > 0) await journal.put(fresh)
      const records = hashes.flatMap((hash) => journal.records.get(hash) ?? [])
      for (const result of [...fresh.map(resultOf), ...refused]) given.onStatus?.(result)
      const results = await sender.send(records, new Set(fresh.map((record) => record.entryHash)), given)
      const found = new Map([...results, ...refused].map((result) => [result.entryHash, result]))
      return hashes.flatMap((hash) => found.get(hash) ?? [])
    },
    resume: (height, given = {}) => sender.send(recordsOf(height, journal), new Set(), given),
    unsettled: (savedHeight) => unsettledUpTo(savedHeight).length > 0,
    async settle(savedHeight, placeOf, { signal, onStatus } = {}) {
      const due = unsettledUpTo(savedHeight)
      if (due.length === 0) return []
      const settled = await settleRecords(client, due, { placeOf, signal })
      await sender.note(settled, (record) => onStatus?.(resultOf(record)))
      return settled.map(resultOf)
    },
    unfinished: () => unsettledUpTo(Infinity).map(resultOf),
    async forget(entryHashes) {
      const missed = entryHashes.filter((hash) => journal.records.get(hash)?.stage.state === 'missed')
      if (missed.length > 0) await journal.discard(missed)
    },
    async reset(height, { onStatus } = {}) {
      const gone = [...journal.records.values()].filter((record) => record.height > height)
      const unfinished = gone.filter((record) => !isFinal(record))
      await sender.note(
        unfinished.map((record) => ({ ...record, stage: GONE })),
        (record) => onStatus?.(resultOf(record)),
      )
      if (gone.length > 0) await journal.discard(gone.map((record) => record.entryHash))
    },
    published: (height) => sentFor(height).map((record) => record.entryHash),
    entries: (height) => sentFor(height).map((record) => sealedEntry(record.raw)),
    async close() {
      await sender.idle()
      await journal.close()
    },
  }
}
