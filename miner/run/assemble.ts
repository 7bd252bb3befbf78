/** Puts the parts of a run together. Everything that can fail at the start fails here, before a thread runs. */
import { join } from 'node:path'
import { isCoded, messageOf } from '../../base/index.js'
import { createPublisher, type Publisher, type PublishResult } from '../../factom/index.js'
import { createGradedHistory, type GradedHistory, type OprBlock } from '../../oracle/index.js'
import type { PriceSnapshot } from '../../oracle/prices/index.js'
import { tellCatchUp } from './catch-up.js'
import { createConductor, type Conductor } from './conductor.js'
import type { EntryEvent, MinerEvent } from '../events.js'
import { createGatherer } from './gather.js'
import type { RunModules, RunOptions } from './interface.js'
import { createKeepOwn, type KeepOwn } from './keep-own.js'
import { createSubmitter } from './submit.js'
import type { Notice } from './tasks.js'
import type { Workforce } from '../work/workforce.js'

/** What exists while a run lasts. */
export interface Run {
  readonly workforce: Workforce
  readonly publisher: Publisher
  readonly conductor: Conductor
  readonly history: GradedHistory
  readonly keepOwn: KeepOwn
}

/** What the run tells its owner. */
export interface RunHooks {
  /** Ends everything that asks the node. */
  readonly signal: AbortSignal
  readonly emit: (event: MinerEvent) => void
  readonly notice: Notice
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
 * Throws E_FACTOM_JOURNAL, E_LXR_…, E_HISTORY_…; then nothing hashes yet. `options` may change while the run lasts
 * (`RunAdjustable`): what of them is used later is read then.
 */
export function assemble(options: RunOptions, modules: RunModules, hooks: RunHooks): Run {
  const { network, dryRun = false } = options
  const { client, ecKey, prices, difficulty, following } = modules
  const { notice, signal } = hooks

  const history = createGradedHistory({
    client,
    network,
    difficulty,
    dir: options.dataDir,
    ...following,
    signal,
    onNotice: ({ code, message }) => notice('warn', code, message),
    onProgress: tellCatchUp(notice),
  })
  const limits = {
    get block() {
      return options.limits?.block
    },
    get day() {
      return options.limits?.day
    },
  }
  const publisher = createPublisher({
    client,
    key: ecKey,
    journal: join(options.dataDir, 'miner', dryRun ? 'dry-run.jsonl' : 'journal.jsonl'),
    limits,
    dryRun,
    mirror: modules.mirror,
    onError: (error) => notice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
  })
  const keepOwn = createKeepOwn(history, notice)
  const expect = ({
    entryHash,
    height,
    state,
  }: Pick<PublishResult, 'entryHash' | 'height' | 'state'>): void =>
    keepOwn({ entryHash, height, status: state === 'composed' ? 'committed' : state })
  // What an earlier run published, even if that run ended before it told the history.
  publisher.unfinished().forEach(expect)
  const workforce = modules.workforce({
    onNotice: notice,
    onLost: () => {
      notice('error', 'E_MINER_NO_WORKERS', 'no thread is fit to mine')
      hooks.onLost()
    },
  })
  const gatherer = createGatherer({
    network,
    client,
    history,
    prices,
    ecAddress: ecKey.address,
    submissionCutoff: () => options.submissionCutoff,
    onGraded: (blocks) => hooks.onGraded(blocks, (height) => publisher.published(height)),
    onPrices: hooks.onPrices,
    onFunds: hooks.onFunds,
  })
  const conductor = createConductor({
    network,
    terms: () => options,
    gatherer,
    workforce,
    submitter: createSubmitter({
      publisher,
      chain: {
        sync: (height) => gatherer.sync(height),
        placeOf: (hash) => history.query.placeOf(hash),
        expect,
      },
      onEntry: hooks.onEntry,
    }),
    emit: hooks.emit,
    handover: modules.handover,
  })
  return { workforce, publisher, conductor, history, keepOwn }
}
