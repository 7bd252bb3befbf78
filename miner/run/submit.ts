/** Publishes a block's best nonces, best first, and tells how each entry fares. */
import {
  sealEntry,
  type PlaceOf,
  type Publisher,
  type PublishOptions,
  type PublishResult,
} from '../../factom/index.js'
import { hexOfBytes, hexOfDifficulty, type EntryEvent } from '../events.js'
import type { Ranked } from '../work/ranking.js'
import { entryOf, type MinedRecord } from './record.js'

export interface SubmitOptions {
  readonly publisher: Pick<Publisher, 'publish' | 'resume' | 'published' | 'unsettled' | 'settle' | 'reset'>
  /** Where our entries are, as far as the chain is followed. */
  readonly chain: {
    /** Rejects if the chain cannot be followed up to there. */
    readonly sync: (toHeight: number) => Promise<void>
    readonly placeOf: PlaceOf
    /** From now on it is looked for in the blocks that are followed. */
    readonly expect: (entry: Pick<PublishResult, 'entryHash' | 'height' | 'state'>) => void
  }
  readonly onEntry: (event: EntryEvent) => void
}

export interface Submission {
  readonly record: MinedRecord
  /** Best first. */
  readonly best: readonly Ranked[]
  /** How many entries the block may have of ours, with those of earlier calls and runs. */
  readonly limit: number
  /** Entry credits that there are. */
  readonly credits: number
  /** Ends it at once; nothing is sent afterwards. */
  readonly signal: AbortSignal
  /** `monotonicMs`: nothing is sent from then on. */
  readonly deadline: number
  /** UNIX ms by the node; undefined: not known. */
  readonly networkMs: number | undefined
}

export type Submitter = ReturnType<typeof createSubmitter>

/** What is told late is about these many blocks back at most. */
const REMEMBERED_BLOCKS = 2

export function createSubmitter({ publisher, chain, onEntry }: SubmitOptions) {
  /** Nonce and difficulty by entry hash: the publisher does not know them. */
  const proofs = new Map<string, Ranked & { readonly height: number }>()

  function onStatus(result: PublishResult): void {
    const { height, entryHash: hash, state, credits, elapsedMs, code, reason } = result
    // Before it is sent: whether the node has it may never be known.
    if (state === 'composed') return chain.expect(result)
    const proof = proofs.get(hash)
    onEntry({
      event: 'entry',
      height,
      entryHash: hash,
      nonce: proof === undefined ? '' : hexOfBytes(proof.nonce),
      difficulty: proof === undefined ? '' : hexOfDifficulty(proof.difficulty),
      status: state,
      ...(state === 'committed' ? { credits } : {}),
      ...(elapsedMs === undefined ? {} : { milliseconds: elapsedMs }),
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    })
  }

  function forget(below: number): void {
    for (const [hash, { height }] of proofs) if (height < below) proofs.delete(hash)
  }

  return {
    /** Resolves with how many entries the publisher took; it counts them. Rejects if its journal fails. */
    async submit({ record, best, limit, credits, signal, deadline, networkMs }: Submission): Promise<number> {
      const { height } = record
      const entries = best.map((ranked) => sealEntry(entryOf(record, ranked)))
      forget(height - REMEMBERED_BLOCKS)
      entries.forEach(({ hash }, rank) => proofs.set(hash, { ...(best[rank] as Ranked), height }))
      const options = { records: limit, credits, signal, deadline, networkMs, onStatus }
      const results = await publisher.publish(height, entries, options)
      return results.length
    },
    /** Finishes what an earlier run has paid for in this block; how many entries it had. */
    async recover(height: number, limits: Pick<PublishOptions, 'signal' | 'deadline'>): Promise<number> {
      const before = publisher.published(height).length
      if (before > 0) await publisher.resume(height, { ...limits, onStatus })
      return before
    },
    /** Whether entries of blocks up to this one have no final state yet. */
    unsettled: (savedHeight: number) => publisher.unsettled(savedHeight),
    /** They get it once these blocks are followed. Rejects if the node cannot be asked. */
    async settle(savedHeight: number, signal: AbortSignal): Promise<void> {
      try {
        await chain.sync(savedHeight)
      } catch {
        // Grading follows the chain too, and tells what is wrong. It is asked again with the next minute.
        return
      }
      await publisher.settle(savedHeight, (hash) => chain.placeOf(hash), { signal, onStatus })
    },
    /** The network builds this block now: what was published for later ones is void. */
    reset: (height: number) => publisher.reset(height, { onStatus }),
  }
}
