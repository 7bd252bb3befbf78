/** The miner on the threads of this machine: a run (`run/`) and the workforce that it is given (`work/local.ts`). */
import { portableHasher, type SharedByteMap } from '../lxrhash/index.js'
import type { Following, RunAdjustable, RunModules, RunOptions, Session } from './run/interface.js'
import { failed, isWithin, refuse, runProblems } from './run/options.js'
import { createSession, type RunTuning } from './run/session.js'
import { createLocalWorkforce, type LocalWorkforce } from './work/local.js'
import { PREFIX_LIMIT } from './work/nonces.js'
import type { PoolTiming } from './work/pool-types.js'

export interface MinerOptions extends RunOptions {
  /** 0 to 255; machines with different ids and equal records never search the same space (`work/nonces.ts`). */
  readonly machineId: number
  /** Worker threads, 1 to 256. */
  readonly threads: number
  /** Most threads that `adjust` may ask for later. Default: `threads`. */
  readonly capacity?: number | undefined
  /** Numbers of processors that the threads are bound to, one each in turn. Default: the system decides. */
  readonly cpus?: readonly number[] | undefined
  /** How far the threads' nice value lies above that of the process, 0 to 19. Default 0. */
  readonly nice?: number | undefined
}

/** What can be changed while it runs. Threads turn up, go and move at once; for the rest see `RunAdjustable`. */
export type Adjustable = RunAdjustable & Pick<MinerOptions, 'threads' | 'cpus' | 'nice'>

export interface MinerModules extends Pick<RunModules, 'client' | 'ecKey' | 'prices'> {
  /** At least `minerSlots(options)` slots. */
  readonly byteMap: SharedByteMap
  /** What takes part in following the chain, given what checks proofs of work. Default: nothing. */
  readonly following?: (difficulty: RunModules['difficulty']) => Following
}

/** For tests and measurements; nothing that an operator sets. */
export interface MinerTuning extends RunTuning {
  /** The module that runs in the threads. */
  readonly worker?: URL
  readonly pool?: Partial<PoolTiming>
}

export interface Miner extends Session {
  /** Throws E_MINER_OPTIONS with all that is wrong; nothing has changed then. */
  adjust(change: Partial<Adjustable>): void
  /** Ends a hashing thread and starts another in its place. */
  restartThread(slot: number): void
}

/** Throws E_MINER_OPTIONS. Nothing is started before `run`. */
export function createMiner(given: MinerOptions, modules: MinerModules, tuning: MinerTuning = {}): Miner {
  const { byteMap, client, ecKey, prices } = modules
  checkOptions(given, byteMap.slots)
  const capacity = capacityOf(given)
  const verifier = portableHasher(byteMap, capacity)
  let options = given
  let local: LocalWorkforce | null = null
  const difficulty: RunModules['difficulty'] = (oprHash, nonce) => verifier.difficulty(oprHash, nonce)
  const session = createSession(
    given,
    {
      ...{ client, ecKey, prices, difficulty },
      ...(modules.following ? { following: modules.following(difficulty) } : {}),
      workforce: (hooks) =>
        (local = createLocalWorkforce({
          ...{ byteMap, verifier, capacity, firstHasher: 0 },
          threads: options.threads,
          machineId: options.machineId,
          cpus: options.cpus ?? [],
          nice: options.nice ?? 0,
          ...hooks,
          worker: tuning.worker,
          timing: tuning.pool,
        })),
    },
    tuning,
  )
  return {
    ...session,
    adjust(change) {
      const next = { ...options, ...change }
      checkOptions(next, byteMap.slots)
      options = next
      const { threads, cpus, nice, ...rest } = change
      session.adjust(rest)
      if (threads !== undefined) local?.resize(threads)
      if (cpus !== undefined || nice !== undefined) local?.place(next.cpus ?? [], next.nice ?? 0)
    },
    restartThread: (slot) => local?.restart(slot),
  }
}

/** Hasher slots that a miner needs: one a thread, and one to check hits. */
export function minerSlots(options: Pick<MinerOptions, 'threads' | 'capacity'>): number {
  return capacityOf(options) + 1
}

/** Throws E_MINER_OPTIONS with all that is wrong. `hasherSlots` are those of the ByteMap. */
export function checkOptions(options: MinerOptions, hasherSlots: number): void {
  const { machineId, threads, cpus = [], nice = 0 } = options
  const capacity = capacityOf(options)
  const needed = minerSlots(options)
  refuse([
    ...runProblems(options),
    ...failed([
      [isWithin(machineId, 0, PREFIX_LIMIT - 1), `machine id must be 0 to ${PREFIX_LIMIT - 1}`],
      [cpus.every((cpu) => isWithin(cpu, 0, 1023)), 'processors must be numbers from 0 to 1023'],
      [isWithin(nice, 0, 19), 'nice must be 0 to 19'],
      [isWithin(threads, 1, PREFIX_LIMIT), `threads must be 1 to ${PREFIX_LIMIT}`],
      [threads <= capacity, `there is room for ${capacity} threads, not for ${threads}`],
      [hasherSlots >= needed, `the ByteMap has room for ${hasherSlots} hashers, ${needed} are needed`],
    ]),
  ])
}

/** Most threads that there may ever be; the slots of the others come after theirs. */
function capacityOf({ threads, capacity }: Pick<MinerOptions, 'threads' | 'capacity'>): number {
  return capacity ?? threads
}
