/** Which of the entries on offer become records of a block, each with its signed commit; and which are too dear. Pure. */
import { bookedAt, spentIn, type Moment } from '../base/index.js'
import type { EcKey } from './address.js'
import { allot, type Bounds } from './allotment.js'
import { composeEntryCommit } from './commit.js'
import { sealEntry, type Entry, type SealedEntry } from './entry.js'
import type { Journal } from './journal.js'
import { tooDear, type PublishResult } from './outcome.js'
import { mayBeSent, recordFacts, type PublishRecord } from './record.js'

/** What was published before. */
export type Published = Pick<Journal, 'records' | 'spent'>

export interface CompositionTerms {
  readonly height: number
  readonly bounds: Bounds
  readonly key: EcKey
  /** What the commits are dated with, UNIX ms. */
  readonly timeMs: number
  readonly now: Moment
}

export interface Composition {
  /** The hashes of all entries on offer, each once, in their order. */
  readonly hashes: readonly string[]
  /** The new records. */
  readonly fresh: readonly PublishRecord[]
  readonly refused: readonly PublishResult[]
}

/** The records of a block, in the order of sending. */
export function recordsOf(height: number, { records }: Pick<Published, 'records'>): PublishRecord[] {
  const found = [...records.values()].filter((record) => record.height === height)
  return found.sort((a, b) => a.rank - b.rank)
}

/** Signs commits for the entries that are not known yet and may be published. In order, each entry once. */
export function composeRecords(
  entries: readonly (Entry | SealedEntry)[],
  known: Published,
  { height, bounds, key, timeMs, now }: CompositionTerms,
): Composition {
  const before = recordsOf(height, known)
  const sent = before.filter(mayBeSent)
  const unique = new Map(entries.map(sealEntry).map((entry) => [entry.hash, entry]))
  const unknown = [...unique.values()].filter(({ hash }) => !known.records.has(hash))
  const { publish, refuse, limit } = allot(
    unknown.map(({ credits }) => credits),
    bounds,
    {
      records: sent.length,
      block: sent.reduce((sum, { credits }) => sum + credits, 0),
      day: Number(spentIn('day', known.spent(), now)),
    },
  )
  const at = bookedAt('day', known.spent(), now)
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
