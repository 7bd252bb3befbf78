/** Staking, put together: its journal, its account of its own records, and beside a miner its clock and prices. */
import { join } from 'node:path'
import { isCoded, messageOf } from '../../base/index.js'
import { createPublisher, type EcKey, type FactomClient } from '../../factom/index.js'
import { HISTORY_FILE, openStakeLog } from '../../oracle/index.js'
import type { RunOptions, Session } from '../run/interface.js'
import { createStaker, type Staker, type StakerOptions } from './staker.js'

export interface StakingSetup extends Pick<
  StakerOptions,
  'network' | 'addresses' | 'signerOf' | 'ledger' | 'emit' | 'notice'
> {
  readonly client: FactomClient
  readonly ecKey: EcKey
  /** Folder of the history of graded blocks; the journal lies below it. */
  readonly dataDir: string
  readonly dryRun?: boolean | undefined
  /** Of spending; they count staking records alone. */
  readonly limits?: RunOptions['limits']
}

/** Throws E_FACTOM_JOURNAL (one program stakes for a data directory at a time), E_HISTORY_…. */
export function startStaking(setup: StakingSetup): Staker {
  const { client, ecKey, dataDir, dryRun = false, limits, notice } = setup
  const publisher = createPublisher({
    client,
    key: ecKey,
    journal: join(dataDir, 'stake', dryRun ? 'dry-run.jsonl' : 'journal.jsonl'),
    ...(limits === undefined ? {} : { limits }),
    dryRun,
    onError: (error) => notice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
  })
  const log = openStakeLog(join(dataDir, HISTORY_FILE))
  const staker = createStaker({ ...setup, ecAddress: ecKey.address, publisher, log })
  return {
    ...staker,
    async stop() {
      await staker.stop()
      await publisher.close()
      log.close()
    },
  }
}

/** Staking with the minutes of a miner and the prices of its records. Returns the way to end that. */
export function stakeBeside(
  miner: Pick<Session, 'on'> & { readonly view: Pick<Session['view'], 'node' | 'record'> },
  staker: Pick<Staker, 'tick' | 'prices' | 'results'>,
): () => void {
  return miner.on((event) => {
    if (event.event === 'block')
      staker.tick({ height: event.height, minute: event.minute, node: miner.view.node.state })
    if (event.event === 'graded') staker.results()
    const { record } = miner.view
    if (event.event === 'job' && record !== null) staker.prices(record.height, record.prices)
  })
}
