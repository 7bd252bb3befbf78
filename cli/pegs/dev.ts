/**
 * The embedded chains of `pegminer pegs --network dev`: they are mined while a command waits, so that nothing depends on
 * how fast the machine is. The feed runs beside as soon as a gateway is bound.
 */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { wallMs } from '../../base/index.js'
import { startDevKomodo, type DevKomodo } from '../../komodo/dev/index.js'
import { peekJournal, readPlan, type PegPlan } from '../../komodo/index.js'
import { createFeed } from '../../oracle/feed/index.js'
import { fail } from '../program/errors.js'
import type { Resources } from '../program/resources.js'
import { devFeedConfig } from './feed-config.js'

export interface PegsDev {
  readonly chains: DevKomodo
  readonly plan: PegPlan
  /** Blocks come, and the feed gets its turn. */
  readonly pause: () => Promise<void>
  /** Blocks come again, and the embedded user has some coins for fees. */
  readonly welcome: () => Promise<void>
}

const GATEWAY = { token: 'KMD', supply: '100000', price: 'KMD_BTC,BTC_USD,*,1', subscriptions: 10 }
const PEG_COINS = '100000'
/** Blocks of the asset chain for one of the reference chain, whose work takes longer to find. */
const BLOCKS_A_REFERENCE_BLOCK = 3
/** What the embedded user is given for fees, in as many payments. */
const GIFTS = 3
const GIFT = 10_000_000n
/** Long enough for the feed to answer, ms. */
const TURN_MS = 30

export async function startPegsDev(
  { dataDir, onError }: { readonly dataDir: string; readonly onError: (error: Error) => void },
  journal: (plan: PegPlan) => string,
  { resources, signal }: { readonly resources: Resources; readonly signal: AbortSignal },
): Promise<PegsDev> {
  const chains = await startDevKomodo({
    dataDir: join(dataDir, 'pegs', 'komodo'),
    manual: true,
    pegs: { empty: true },
    onError,
  })
  resources.add(() => chains.close())
  const plan = planOf(chains)
  const feed = createDevFeed({ chains, plan, folder: join(dataDir, 'pegs', 'feed'), file: journal(plan) })
  resources.add(() => feed.close())
  let ticks = 0
  const pause = async (): Promise<void> => {
    signal.throwIfAborted()
    feed.start()
    ticks++
    if (chains.control.isGenerating()) chains.control.mine('asset')
    if (ticks % BLOCKS_A_REFERENCE_BLOCK === 0) chains.control.mine('reference')
    await wait(feed.runs ? TURN_MS : 1)
  }
  const welcome = async (): Promise<void> => {
    const { control, user } = chains
    control.setGenerating(true)
    if (control.balance('asset', user.address) > 0n) return
    for (let k = 0; k < GIFTS; k++) control.pay('asset', user.address, GIFT)
    await pause()
  }
  return { chains, plan, pause, welcome }
}

function planOf({ assetName, asset, reference, coin, pubkey }: DevKomodo): PegPlan {
  const read = readPlan({
    asset: { name: assetName, ...asset },
    reference: { name: coin, ...reference },
    ...{ pubkey, amount: PEG_COINS, gateways: [GATEWAY] },
  })
  if ('problems' in read) throw fail('E_CLI_INTERNAL', `the embedded plan: ${JSON.stringify(read.problems)}`)
  return read.value
}

interface DevFeedOptions {
  readonly chains: DevKomodo
  readonly plan: PegPlan
  readonly folder: string
  /** What the creation has written down. */
  readonly file: string
}

/** Publishes headers and pays withdrawals of the embedded gateway, once it is bound and its peg is there. */
function createDevFeed({ chains, plan, folder, file }: DevFeedOptions) {
  const end = new AbortController()
  let running: Promise<unknown> | null = null
  return {
    get runs() {
      return running !== null
    },
    start(): void {
      if (running !== null) return
      const facts = peekJournal(file)?.facts ?? {}
      const config = facts['restarted'] === undefined ? null : devFeedConfig(plan, facts, chains)
      if (config === null) return
      const feed = createFeed({
        gateways: config.gateways,
        dataDir: folder,
        lockFolder: folder,
        ...{ dryRun: false, once: false, headers: null, withdrawals: null, report: null },
        sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
        now: wallMs,
      })
      running = feed.run(end.signal).catch(() => undefined)
    },
    async close(): Promise<void> {
      end.abort()
      await running
    },
  }
}
