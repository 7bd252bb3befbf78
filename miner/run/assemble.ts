/** Puts the parts of a run together. Everything that can fail at the start fails here, before a thread runs. */
import { join } from 'node:path'
import { isCoded, messageOf } from '../../base/index.js'
import { createPublisher, type Publisher, type PublisherOptions } from '../../factom/index.js'
import { createHasher } from '../../lxrhash/index.js'
import {
  createGradedHistory,
  type FollowProgress,
  type GradedHistory,
  type OprBlock,
  type PriceSnapshot,
} from '../../oracle/index.js'
import { createConductor, type Conductor } from './conductor.js'
import { createCrew, type Crew } from '../work/local.js'
import type { EntryEvent, MinerEvent, NoticeEvent } from '../events.js'
import { createGatherer } from './gather.js'
import { capacityOf, type MinerModules, type MinerOptions } from './interface.js'
import type { PoolTiming } from '../work/pool-types.js'
import { createRivals, type Rivals } from '../rivals.js'
import { createSubmitter } from './submit.js'

/** For tests and measurements; nothing that an operator sets. */
export interface MinerTuning {
  /** The module that runs in the threads. */
  readonly worker?: URL
  readonly pool?: Partial<PoolTiming>
  /** How often the `hashrate` event comes, ms. Default 10,000. */
  readonly hashrateMs?: number
}

/** What exists while a run lasts. */
export interface Run {
  readonly crew: Crew
  readonly rivalCrew: Crew | null
  readonly publishers: readonly Publisher[]
  readonly conductor: Conductor
  readonly history: GradedHistory
}

/** What the run tells its owner. */
export interface RunHooks {
  /** Ends everything that asks the node. */
  readonly signal: AbortSignal
  readonly emit: (event: MinerEvent) => void
  readonly notice: (level: NoticeEvent['level'], code: string, message: string) => void
  readonly onEntry: (event: EntryEvent) => void
  /** `guarded`: whether the last winners were known, so that prices could be held against theirs. */
  readonly onPrices: (height: number, snapshot: PriceSnapshot, guarded: boolean) => void
  readonly onFunds: (balance: number) => void
  /** New graded blocks; `published` tells the hashes of our own entries for a height. */
  readonly onGraded: (blocks: readonly OprBlock[], published: (height: number) => string[]) => void
  /** No thread is fit to mine. */
  readonly onLost: () => void
}

/**
 * Throws E_FACTOM_JOURNAL, E_LXR_…, E_HISTORY_…; then no thread was started. `options` may change while the run lasts
 * (`Adjustable`): what of them is used later is read then.
 */
export function assemble(options: MinerOptions, given: MinerModules & MinerTuning, hooks: RunHooks): Run {
  const { network, threads, machineId } = options
  const capacity = capacityOf(options)
  const { client, ecKey, byteMap, prices } = given
  const { notice, signal } = hooks
  const stateDir = join(options.dataDir, 'miner')

  const verifier = createHasher(byteMap, capacity)
  const history = createGradedHistory({
    client,
    network,
    difficulty: (oprHash, nonce) => verifier.difficulty(oprHash, nonce),
    dir: options.dataDir,
    signal,
    onNotice: ({ code, message }) => notice('warn', code, message),
    onProgress: tellCatchUp(notice),
  })
  const publisherOf = (name: string, given: Pick<PublisherOptions, 'limits' | 'dryRun'> = {}): Publisher =>
    createPublisher({
      client,
      key: ecKey,
      journal: join(stateDir, name),
      ...given,
      onError: (error) => notice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
    })
  const { dryRun = false } = options
  const limits = {
    get block() {
      return options.limits?.block
    },
    get day() {
      return options.limits?.day
    },
  }
  const publisher = publisherOf(dryRun ? 'dry-run.jsonl' : 'journal.jsonl', { limits, dryRun })
  const rivalPublisher = options.rivals > 0 ? publisherOf('rivals.jsonl') : null

  interface CrewSize {
    readonly threads: number
    readonly capacity: number
    readonly firstHasher: number
    readonly cpus: readonly number[]
  }
  const crewOf = (size: CrewSize, onLost: () => void): Crew =>
    createCrew({
      byteMap,
      verifier,
      ...size,
      machineId,
      nice: options.nice ?? 0,
      onNotice: notice,
      onLost,
      worker: given.worker,
      timing: given.pool,
    })
  const cpus = options.cpus ?? []
  const crew = crewOf({ threads, capacity, firstHasher: 0, cpus }, () => {
    notice('error', 'E_MINER_NO_WORKERS', 'no thread is fit to mine')
    hooks.onLost()
  })
  const rivals = rivalPublisher === null ? null : rivalsOf(rivalPublisher)

  function rivalsOf(publisher: Publisher): { crew: Crew; rivals: Rivals } {
    const rivalCrew = crewOf({ threads: 1, capacity: 1, firstHasher: capacity + 1, cpus: [] }, () =>
      notice('warn', 'E_MINER_NO_WORKERS', 'there will be no rivals'),
    )
    const ownHashes = (): bigint => crew.pool.hashes
    const rivals = createRivals({ count: options.rivals, network, crew: rivalCrew, publisher, ownHashes })
    return { crew: rivalCrew, rivals }
  }

  const conductor = createConductor({
    network,
    terms: () => options,
    gatherer: createGatherer({
      network,
      client,
      history,
      prices,
      ecAddress: ecKey.address,
      submissionCutoff: () => options.submissionCutoff,
      onGraded: (blocks) => hooks.onGraded(blocks, (height) => publisher.published(height)),
      onPrices: hooks.onPrices,
      onFunds: hooks.onFunds,
    }),
    crew,
    submitter: createSubmitter({ publisher, onEntry: hooks.onEntry }),
    rivals: rivals?.rivals ?? null,
    emit: hooks.emit,
  })
  return {
    crew,
    rivalCrew: rivals?.crew ?? null,
    publishers: rivalPublisher === null ? [publisher] : [publisher, rivalPublisher],
    conductor,
    history,
  }
}

/** A block or two a time is the usual way; what takes longer is told now and then. */
const CATCH_UP_MS = 10_000

function tellCatchUp(notice: RunHooks['notice']): (progress: FollowProgress) => void {
  let last = 0
  return ({ height, to, blocks, milliseconds }) => {
    if (blocks === 1) last = 0
    if (milliseconds - last < CATCH_UP_MS || height === to) return
    last = milliseconds
    const rate = ((blocks * 1000) / milliseconds).toFixed(1)
    notice(
      'info',
      'E_MINER_FOLLOWING',
      `block ${height} of ${to} graded, ${rate} blocks/s; mining waits for it`,
    )
  }
}
