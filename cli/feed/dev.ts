/**
 * The embedded pair of Komodo chains for `pegminer feed --network dev`, with a user who withdraws twice: an amount that
 * is paid at once, and one that waits for `feed approve`.
 */
import { startDevKomodo, type DevKomodo } from '../../komodo/dev/index.js'
import { coinsText } from '../../komodo/index.js'
import { readFeedConfig, type FeedConfig, type FeedEvent } from '../../oracle/feed/index.js'
import { fail } from '../program/errors.js'
import type { Resources } from '../program/resources.js'
import { startOrFind, tellWhere } from '../network/running.js'

export interface FeedDevOptions {
  readonly dataDir: string
  readonly depth: number | undefined
  /** Seconds. */
  readonly poll: number | undefined
  readonly onError: (error: Error) => void
}

export interface FeedDev {
  readonly config: FeedConfig
  /** Is given the feed's events; the embedded user acts on them. */
  readonly hear: (event: FeedEvent) => void
}

/** The first withdrawal, in coins, and the second one, which the operator must approve. */
const AMOUNT = 200_000_000n
const LARGE_AMOUNT = 2_000_000_000n
/** In coins, as the configuration says it. */
const APPROVE_ABOVE = 10
/** Headers before the first withdrawal. */
const AFTER = 3

/** Starts both chains; `resources` closes them. */
export async function startFeedDev(options: FeedDevOptions, resources: Resources): Promise<FeedDev> {
  const chains = await start(options)
  resources.add(() => chains.close())
  tellWhere(options.dataDir, sectionOf(chains), resources)
  return { config: configOf(sectionOf(chains), options), hear: createFeedUser(chains.control) }
}

/**
 * What the embedded user does at the feed's events. The chain takes one withdrawal at a time: while one of an earlier
 * run is under way, the user waits until it is over.
 */
export function createFeedUser(
  control: Pick<DevKomodo['control'], 'isWithdrawing' | 'withdraw'>,
): FeedDev['hear'] {
  let headers = 0
  let hasAsked = false
  return (event) => {
    if (event.event === 'header') headers++
    const isPaid =
      event.event === 'withdrawal' && event.state === 'done' && event.amount === coinsText(AMOUNT)
    if ((!isPaid && (hasAsked || headers < AFTER)) || control.isWithdrawing()) return
    hasAsked = true
    control.withdraw({ amount: isPaid ? LARGE_AMOUNT : AMOUNT })
  }
}

/** For commands that look at a feed: the chains of the one that runs, or else those that the last one left behind. */
export async function findFeedDev(options: FeedDevOptions, resources: Resources): Promise<FeedConfig> {
  const found = await startOrFind(() => start(options), {
    folder: options.dataDir,
    locked: 'E_DEVKOMODO_LOCKED',
  })
  if ('running' in found) return configOf(found.running, options)
  resources.add(() => found.started.close())
  return configOf(sectionOf(found.started), options)
}

const start = ({ dataDir, onError }: FeedDevOptions): Promise<DevKomodo> =>
  startDevKomodo({ dataDir, onError })

/** The chains as the section `feed` of a configuration file would say it. */
function sectionOf(chains: DevKomodo): Readonly<Record<string, unknown>> {
  const { assetName, coin, asset, reference, oracleTxid, bindTxid, pubkey } = chains
  return {
    gateways: [
      {
        ...{ name: 'dev', oracleTxid, bindTxid, pubkey, timeout: 10 },
        asset: { name: assetName, ...asset },
        reference: { name: coin, ...reference },
        withdrawals: { approveAbove: APPROVE_ABOVE },
      },
    ],
  }
}

function configOf(section: Readonly<Record<string, unknown>>, { depth, poll }: FeedDevOptions): FeedConfig {
  const result = readFeedConfig(section)
  if ('problems' in result)
    throw fail('E_CLI_INTERNAL', `the embedded gateway: ${JSON.stringify(result.problems)}`)
  const own = { pollMs: (poll ?? 1) * 1000, ...(depth === undefined ? {} : { depth }) }
  return { ...result.value, gateways: result.value.gateways.map((gateway) => ({ ...gateway, ...own })) }
}
