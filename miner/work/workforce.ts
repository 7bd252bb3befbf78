/**
 * The seam between the run of a block and the hashing. A workforce is given a record and finds its best nonces; it may
 * be the threads of this machine (`local.ts`), a process, or many machines.
 */
import type { Lease } from './nonces.js'
import type { Ranked } from './ranking.js'

/** A record to work on. Record hash and height name it, on every machine. */
export interface Job {
  readonly height: number
  /** 32 bytes. */
  readonly oprHash: Uint8Array
  /** Only difficulties above it are wanted. */
  readonly floor: bigint
  /** How many of its best nonces are wanted, 1 or more. */
  readonly keep: number
  /** The part of the record's nonces that this workforce hashes. Default: all of them. */
  readonly lease?: Lease | undefined
}

/** A nonce that may be good enough. It is hashed again before it counts. */
export interface Hit {
  /** Of the record that it was found for. */
  readonly oprHash: Uint8Array
  /** All of it, as it stands in the entry. */
  readonly nonce: Uint8Array
  readonly difficulty: bigint
}

export interface Workforce {
  /**
   * Turns to a record at once. The same record again goes on where it was and keeps its best nonces; with another
   * lease it goes on in that one.
   */
  assign(job: Job): void
  /**
   * Ends the job. Resolves with the best nonces of the record, best first, at most `keep`, each of them hashed again
   * on this machine; with those that are at hand as soon as the signal is aborted. None before the first job.
   */
  collect(signal: AbortSignal): Promise<Ranked[]>
  /** Nothing hashes until `resume`; the job stays. */
  pause(): void
  resume(): void
  readonly view: WorkforceView
  /** Ends all that hashes. */
  stop(): Promise<void>
}

/** Numbers of the moment in which `view` is read. Counters only grow. */
export interface WorkforceView {
  /** What hashes: the threads of this machine, or machines. */
  readonly members: readonly WorkforceMember[]
  /** Of all members, also of those that have left. */
  readonly hashes: bigint
  /** Hits that were hashed again and found right. */
  readonly hits: number
  /** Hits that were found wrong; they are never collected. */
  readonly computeErrors: number
  /** Members that had to be started again. */
  readonly restarts: number
  /** Of the current record; 0 before the first hit. */
  readonly bestDifficulty: bigint
  /** From `assign` until the last member turned to the new record, ms: the latest samples, oldest first. */
  readonly jobSwitchMs: readonly number[]
}

export interface WorkforceMember {
  readonly slot: number
  readonly hashes: bigint
  /** Since its last sign of life. */
  readonly beatAgeMs: number
}

/** What a workforce tells its owner. */
export interface WorkforceHooks {
  readonly onNotice: (level: 'warn' | 'error', code: string, message: string) => void
  /** No member is left that may hash. */
  readonly onLost: () => void
}
