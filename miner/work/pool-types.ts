/** What the worker pool is given and what it gives back. The implementation is `pool.ts`. */
import type { HasherOptions, SharedByteMap } from '../../lxrhash/index.js'
import type { Control } from './control.js'
import type { KnownAnswers } from './known.js'
import type { Hit, Job, WorkforceHooks, WorkforceMember } from './workforce.js'

export interface PoolOptions extends WorkforceHooks {
  readonly byteMap: SharedByteMap
  readonly threads: number
  /** Most slots that there may ever be. Default: `threads`. */
  readonly capacity?: number
  /** Hasher slot of the pool's slot 0; the others follow. */
  readonly firstHasher: number
  readonly machineId: number
  /** Processors to bind the slots to, in turn; none: the system decides. */
  readonly cpus?: readonly number[]
  /** How much the threads' nice value is above that of the process. */
  readonly nice?: number
  /** How the slots hash. Default: as is best here. */
  readonly hasher?: HasherOptions
  readonly known: KnownAnswers
  readonly onHit: (hit: Hit, slot: number) => void
  /** The module that runs in the threads. Default: `worker.js` beside this file. */
  readonly worker?: URL
  readonly timing?: Partial<PoolTiming>
}

/** All in ms. */
export interface PoolTiming {
  /** Pauses before a crashed slot is started again: the first, doubled up to the longest. */
  readonly backOff: number
  readonly backOffLimit: number
  /** How often slots are looked at, and how long one may be silent. A batch takes 2 ms, an idle slot beats each second. */
  readonly watch: number
  readonly silent: number
  /** How long a thread may take to load its code and check itself. */
  readonly boot: number
  /** How long to wait for the slots after STOP before their threads are ended. */
  readonly stop: number
}

/** `off`: it is not wanted at present. */
export type SlotState = 'off' | 'starting' | 'mining' | 'resting' | 'refused' | 'stopped'

/** While there was no sign of life, its age counts from the start. */
export interface SlotStatus extends WorkforceMember {
  readonly state: SlotState
}

export interface Pool {
  readonly control: Control
  /** Settled when each slot is mining or given up. */
  readonly ready: Promise<void>
  /**
   * Gives all slots a record. The same record hash again keeps job id, nonces and rankings, whatever happened
   * between; with another lease it goes on in that one.
   */
  publish(job: Omit<Job, 'height'>): number
  /** What is not above it is not reported any more. */
  setFloor(floor: bigint): void
  /** Slots wait for the next job. */
  clear(): void
  pause(): void
  resume(): void
  /** More slots or fewer, up to the capacity; those that stay go on undisturbed. */
  resize(threads: number): void
  /** Binds the slots anew, and sets how nice they are: their threads are replaced. */
  place(cpus: readonly number[], nice: number): void
  /** Ends a slot's thread, whatever it does, and starts another one. */
  restart(slot: number): void
  /** Those that are wanted. */
  slots(): SlotStatus[]
  readonly paused: boolean
  readonly hashes: bigint
  readonly restarts: number
  /** Publish to last slot, ms, the latest 256 job switches, oldest first. */
  readonly switchMs: readonly number[]
  /** Stops all threads, within a second. */
  stop(): Promise<void>
}
