/** What a run is given and what it gives back. The implementation is `session.ts`. */
import type { Network } from '../../pegnet/index.js'
import type { EcKey, FactomClient, JournalMirror, NodeHealth } from '../../factom/index.js'
import type { Expectation, GradedHistoryOptions } from '../../oracle/index.js'
import type { PriceFeed, PriceSnapshot } from '../../oracle/prices/index.js'
import type { EntryStatus, MinerEvent, StoppedEvent } from '../events.js'
import type { Workforce, WorkforceHooks, WorkforceMember } from '../work/workforce.js'
import type { SkippedBlocks } from './tally.js'

export interface RunOptions {
  readonly network: Network
  /** The miner's name in its records: letters, digits and commas. */
  readonly identity: string
  /** Factoid address (FA…) that rewards are paid to. */
  readonly coinbase: string
  /** How many entries to publish a block, at most. 25 are graded alone. */
  readonly recordsPerBlock: number
  /** Publish only what would be among this many best of the network, by the last block's estimate; <= 0: all. */
  readonly submissionCutoff: number
  /** End after this many graded blocks: every block that is graded during the run counts from the first height
   * that the run mined, ours in it or not. Undefined: go on until interrupted. */
  readonly blocks?: number | undefined
  /** Most entry credits to spend a block and a day (UTC). Default: no limit. */
  readonly limits?: { readonly block?: number | undefined; readonly day?: number | undefined } | undefined
  /** A person is warned when the entry credits last for less than so many days. Default 3; 0: never. */
  readonly lowCreditDays?: number | undefined
  /** Do everything but send. */
  readonly dryRun?: boolean | undefined
  /** Folder of the miner's own state: journals and graded blocks. */
  readonly dataDir: string
  /** Pause between two questions for the minute, ms. Default: the clock's. */
  readonly pollMs?: number | undefined
}

/**
 * What can be changed while it runs. The limits of spending hold at once; all else from the next record on, so that a
 * block is published as it was begun.
 */
export type RunAdjustable = Pick<
  RunOptions,
  'identity' | 'coinbase' | 'recordsPerBlock' | 'submissionCutoff' | 'blocks' | 'limits' | 'lowCreditDays'
>

export type Following = Pick<GradedHistoryOptions, 'consumers' | 'stakersAt' | 'winnersAt'>

/** What a record was made of, besides identity and address. */
export interface RecordBasis {
  readonly height: number
  readonly oprHash: Uint8Array
  readonly winners: readonly string[]
  readonly winnersFrom: number | null
  readonly floor: bigint
  /** 1e-8 USD, in the order of the version's assets. */
  readonly prices: readonly bigint[]
}

/** For a process that takes a block over in its middle: it makes the same record, whose nonces are half found. */
export interface Handover {
  keep(basis: RecordBasis): void
  /** What another process kept for this height. */
  recall(height: number): RecordBasis | null
}

export interface RunModules {
  readonly client: FactomClient
  readonly ecKey: EcKey
  readonly prices: PriceFeed
  /** Of a record's nonce, hashed on this thread: what grading asks for. */
  readonly difficulty: (oprHash: Uint8Array, nonce: Uint8Array) => bigint
  /** What takes part in following the chain, behind the history. */
  readonly following?: Following
  /** Keeps the publisher's journal in a second place. */
  readonly mirror?: JournalMirror | undefined
  readonly handover?: Handover | undefined
  /** Opens what hashes; called once, when nothing else can fail any more. */
  readonly workforce: (hooks: WorkforceHooks) => Workforce
}

/** What a record was made of. */
export interface RecordContents {
  readonly height: number
  /** The winners that it names. */
  readonly winners: readonly string[]
  /** 1e-8 USD, in the order of the version's assets. */
  readonly prices: readonly bigint[]
}

/** Numbers for metrics and a status line; read live, never copied. */
export interface MinerView {
  readonly state: 'waiting' | 'mining' | 'paused' | 'stopped'
  readonly threads: readonly WorkforceMember[]
  readonly height: number | null
  readonly minute: number | null
  readonly entries: Readonly<Record<EntryStatus, number>>
  /** Hits that the main thread recomputed and found right. */
  readonly hits: number
  /** Hits that it found wrong; never published. */
  readonly computeErrors: number
  /** Worker threads that had to be started again. */
  readonly restarts: number
  /** Graded blocks of this run. */
  readonly blocks: number
  readonly places: number
  /** 1e-8 PEG. */
  readonly reward: bigint
  /** What is being mined; null if nothing is. */
  readonly record: RecordContents | null
  /** Of the current record; 0 before the first hit. */
  readonly bestDifficulty: bigint
  /** Publish to last worker, ms: the latest samples, oldest first. */
  readonly jobSwitchMs: readonly number[]
  readonly prices: PriceSnapshot | null
  /** Blocks in a row that were skipped, and why the last one was; null after a block with records of ours. */
  readonly skipped: SkippedBlocks | null
  readonly entryCredits: number | null
  /** For how many days they last at this pace; null before the first look, or if nothing is spent. */
  readonly creditDays: number | null
  /** Entry credits that this run has paid. */
  readonly creditsSpent: number
  /** Hashes a second of the whole network, estimated from the last graded block; null: not known. */
  readonly networkHashrate: number | null
  /** What our hashrate can expect of the network's; null while one of them is not known. */
  readonly expected: Expectation | null
  readonly node: NodeHealth
  readonly ecPublic: string
}

export type Stopped = StoppedEvent

/** One run of the miner. */
export interface Session {
  /**
   * Mines until the signal is aborted, enough blocks are graded, or nothing can hash any more. Call it once. Rejects
   * only if it cannot start (E_FACTOM_JOURNAL, E_LXR_…, E_HISTORY_…); whatever fails later is an event.
   */
  run(signal: AbortSignal): Promise<Stopped>
  /** Ends the run as its signal does; the summary says that it was asked for. */
  stop(): void
  /** Returns the way to stop listening. */
  on(listener: (event: MinerEvent) => void): () => void
  pause(): void
  resume(): void
  /** Throws E_MINER_OPTIONS with all that is wrong; nothing has changed then. */
  adjust(change: Partial<RunAdjustable>): void
  readonly view: MinerView
}
