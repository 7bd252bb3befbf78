/** Both chains and all nodes, after the events that were written down have been applied. */
import * as tx from '../tx/index.js'
import type { Policy } from './chain/accept.js'
import { Ledger } from './chain/ledger.js'
import type { ChainEvent, Store } from './chain/store.js'
import { FIRST_MARKET } from './chain/market.js'
import { seededKey } from './keys.js'
import { isLawful } from './modules/consensus.js'
import { DevNode } from './node.js'
import { readThresholds, USUAL_THRESHOLDS } from '../pegs/formulas.js'
import type { ChainName, DevKomodoOptions, DevPegsOptions, Family, GatewayOptions } from './types.js'
import { Wallet } from './wallet.js'

export const ASSET_NAME = 'PEGSDEV'
const REFERENCE_NAME = 'KMDDEV'
/** Ticker of the reference chain, as oracles and gateways call it. */
export const COIN = 'KMD'
/** First height of version-4 transactions, as on real young chains. */
const SAPLING_HEIGHT = 61
const PREMINE = 1_000_000n * 100_000_000n
const REFERENCE_REWARD = 100_000_000n
const GENESIS_TIME = 1_500_000_000

export const CHAINS = ['asset', 'reference'] as const

export interface Settled {
  readonly seed: string
  readonly family: Family
  readonly gateways: readonly GatewayOptions[]
  readonly subscriptions: number
  readonly subscription: number
  readonly dataFee: number
  readonly referenceHeight: number
  readonly walletDelayMs: number
  readonly dataCarrierSize: number
  readonly pegs?: { readonly priceWindow: number; readonly empty: boolean; readonly params?: string }
}

export function settle(options: DevKomodoOptions): Settled {
  return {
    seed: options.seed ?? 'pegminer',
    family: options.family ?? 'A',
    gateways: options.gateways ?? [{ m: 1, n: 1 }],
    subscriptions: options.subscriptions ?? 20,
    subscription: options.subscription ?? 1,
    dataFee: options.dataFee ?? 100_000,
    referenceHeight: options.referenceHeight ?? 60,
    walletDelayMs: options.walletDelayMs ?? 0,
    dataCarrierSize: options.dataCarrierSize ?? 8192,
    ...(options.pegs === undefined ? {} : { pegs: settlePegs(options.pegs) }),
  }
}

const settlePegs = ({ priceWindow = 12, empty = false, params }: DevPegsOptions) => ({
  priceWindow,
  empty,
  ...(params === undefined ? {} : { params }),
})

export interface Network {
  readonly settled: Settled
  readonly ledgers: Readonly<Record<ChainName, Ledger>>
  /** Of each operator, then of the user, then of the miner. */
  readonly nodes: Readonly<Record<ChainName, readonly DevNode[]>>
  readonly operators: number
  readonly user: number
  readonly miner: number
  /** Private keys in the order of the nodes. */
  readonly keys: readonly Uint8Array[]
  readonly append: (event: ChainEvent) => void
}

export function createNetwork(settled: Settled, store: Store, now: () => number): Network {
  const operators = Math.max(1, ...settled.gateways.map(({ n }) => n))
  const names = [...Array.from({ length: operators }, (_, i) => `operator ${i}`), 'user', 'miner']
  const keys = names.map((name) => seededKey(settled.seed, name))
  const isEmpty = settled.pegs?.empty === true
  const known = new Set<string>()
  let quiet = false
  const append = (event: ChainEvent) => {
    if (!quiet) store.append(event)
  }
  const ledger = (name: ChainName): Ledger => {
    const policy: Policy = {
      dataCarrierSize: name === 'asset' ? settled.dataCarrierSize : 8192,
      validate: isLawful,
      known,
    }
    const hasFeeds = name === 'asset' && settled.pegs !== undefined
    const minerKey = (name === 'asset' && isEmpty ? keys[0] : keys.at(-1)) as Uint8Array
    const params = {
      name: name === 'asset' ? ASSET_NAME : REFERENCE_NAME,
      saplingHeight: SAPLING_HEIGHT,
      premine: PREMINE,
      reward: name === 'asset' ? 0n : REFERENCE_REWARD,
      minerScript: tx.payToPubkey(tx.publicKeyOf(minerKey)),
      seed: settled.seed,
      genesisTime: GENESIS_TIME,
      proven: name === 'reference',
      ...(hasFeeds ? { priceWindow: settled.pegs.priceWindow } : {}),
      thresholds: readThresholds(settled.pegs?.params ?? '0,0,0') ?? USUAL_THRESHOLDS,
    }
    const market = hasFeeds ? { market: FIRST_MARKET } : {}
    const made = new Ledger({ name, params, policy, append, now, ...market })
    made.generating = !(name === 'asset' && isEmpty)
    return made
  }
  const ledgers = { asset: ledger('asset'), reference: ledger('reference') }
  const nodesOf = (name: ChainName) =>
    keys.map((key, operator) => {
      const wallet = new Wallet(now)
      const node = new DevNode({
        name,
        operator,
        ledger: ledgers[name],
        wallet,
        family: settled.family,
        hasPegs: settled.pegs !== undefined,
        known,
        now,
        append,
      })
      node.pubkey = wallet.addKey(key)
      return node
    })
  const nodes = { asset: nodesOf('asset'), reference: nodesOf('reference') }
  quiet = true
  for (const event of store.events) replay(event, ledgers, nodes)
  quiet = false
  return { settled, ledgers, nodes, operators, user: operators, miner: operators + 1, keys, append }
}

function replay(event: ChainEvent, ledgers: Network['ledgers'], nodes: Network['nodes']): void {
  switch (event.type) {
    case 'begin':
    case 'ready':
      return
    case 'key':
      return void nodes[event.chain][event.operator]?.importKey(event.value)
    case 'watch':
      return nodes[event.chain][event.operator]?.watch(event.value, event.label ?? '')
    case 'script':
      return nodes[event.chain][event.operator]?.addRedeemScript(event.value)
    case 'market':
    case 'tx':
    case 'block':
    case 'disconnect':
    case 'reconsider':
    case 'evict':
    case 'lose':
    case 'reindex':
      return ledgers[event.chain].replay(event)
  }
}
