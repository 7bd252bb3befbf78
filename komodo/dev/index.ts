/**
 * The embedded pair of Komodo chains: an asset chain with oracles and gateways, and the reference chain that they
 * mirror, each with daemons that speak komodod's JSON-RPC on loopback. True transactions, signed and checked; kept in a
 * directory; blocks by a timer or by hand.
 */
import { bootstrap } from './bootstrap.js'
import { openStore } from './chain/store.js'
import type { Store } from './chain/store.js'
import { createControl } from './control.js'
import { startDaemons } from './daemons.js'
import { fail } from './errors.js'
import { messageOf, wallMs } from '../../base/index.js'
import { ASSET_NAME, CHAINS, COIN, createNetwork, settle } from './network.js'
import type { Network, Settled } from './network.js'
import { readThresholds } from '../pegs/formulas.js'
import type { ChainName, DevGateway, DevKomodo, DevKomodoOptions, DevOperator } from './types.js'
import * as tx from '../tx/index.js'

export { DEV_KOMODO_ERRORS } from './errors.js'
export { FEED_NAMES } from './chain/market.js'
export type * from './types.js'

const MAX_KEYS = 15
/** Of the file in which the chains are kept. */
const FORMAT = 2
const BLOCK_SECONDS: Readonly<Record<ChainName, number>> = { asset: 1, reference: 2 }

/**
 * Starts or continues both chains. Throws `E_DEVKOMODO_OPTION`, `E_DEVKOMODO_LOCKED`, `E_DEVKOMODO_DAMAGED`,
 * `E_DEVKOMODO_STORE`, `E_DEVKOMODO_PORT`.
 */
export async function startDevKomodo(options: DevKomodoOptions): Promise<DevKomodo> {
  const settled = settle(options)
  checkOptions(settled, options)
  const now = options.now ?? wallMs
  const store = openStore(options.dataDir)
  try {
    const { network, gateways, pegsTxid } = openNetwork(settled, store, now)
    for (const chain of CHAINS)
      for (const node of network.nodes[chain].slice(0, network.miner))
        node.wallet.delayMs = settled.walletDelayMs
    for (const node of network.nodes.reference) node.addressIndex = options.referenceIndex ?? true
    const daemons = await startDaemons(network, options.port ?? 0)
    const control = createControl(network, daemons, gateways)
    const timers = options.manual ? [] : CHAINS.map((chain) => startBlocks(network, chain, options))
    let closed: Promise<void> | null = null
    const close = (): Promise<void> => {
      closed ??= (async () => {
        for (const timer of timers) clearInterval(timer)
        options.signal?.removeEventListener('abort', onAbort)
        await daemons.close()
        store.close()
      })()
      return closed
    }
    const onAbort = () => void close()
    options.signal?.addEventListener('abort', onAbort)
    if (options.signal?.aborted) onAbort()
    const operatorOf = (at: number): DevOperator => {
      const key = network.keys[at] as Uint8Array
      const pubkey = tx.publicKeyOf(key)
      return {
        pubkey,
        wif: tx.encodeWif(key),
        address: tx.pubkeyAddress(pubkey),
        asset: daemons.access('asset', at),
        reference: daemons.access('reference', at),
      }
    }
    const operators = Array.from({ length: network.operators }, (_, at) => operatorOf(at))
    const [first] = operators as [DevOperator]
    const [gateway] = gateways as [DevGateway?]
    return {
      asset: first.asset,
      reference: first.reference,
      pubkey: first.pubkey,
      operators,
      user: operatorOf(network.user),
      gateways,
      oracleTxid: gateway?.oracleTxid ?? '',
      bindTxid: gateway?.bindTxid ?? '',
      pegsTxid,
      format: settled.family === 'B' ? 'IhhL' : 'Ihh',
      assetName: ASSET_NAME,
      coin: COIN,
      control,
      close,
    }
  } catch (error) {
    store.close()
    throw error
  }
}

function openNetwork(settled: Settled, store: Store, now: () => number) {
  const begun = JSON.stringify(settled)
  const [first] = store.events
  const ready = store.events.find((event) => event.type === 'ready')
  if (ready && first?.type === 'begin') {
    if (first.format !== FORMAT)
      throw fail(
        'E_DEVKOMODO_DAMAGED',
        'the directory is of an earlier version: remove it, the chains begin anew',
      )
    if (first.options !== begun)
      throw fail('E_DEVKOMODO_DAMAGED', `the directory was begun with other options: ${first.options}`)
    const { gateways, pegsTxid = null } = ready
    return { network: createNetwork(settled, store, now), gateways, pegsTxid }
  }
  store.reset()
  store.append({ type: 'begin', format: FORMAT, options: begun })
  const network = createNetwork(settled, { ...store, events: [] }, now)
  const { gateways, pegsTxid } = bootstrap(network)
  store.append({ type: 'ready', gateways, ...(pegsTxid === null ? {} : { pegsTxid }) })
  return { network, gateways, pegsTxid }
}

function startBlocks({ ledgers }: Network, chain: ChainName, options: DevKomodoOptions): NodeJS.Timeout {
  const seconds = options.blockSeconds?.[chain] ?? BLOCK_SECONDS[chain]
  return setInterval(() => {
    try {
      if (ledgers[chain].generating) ledgers[chain].mine()
    } catch (error) {
      options.onError?.(error instanceof Error ? error : new Error(messageOf(error)))
    }
  }, seconds * 1000)
}

function checkOptions(settled: Settled, options: DevKomodoOptions): void {
  const { gateways, subscriptions, subscription, dataFee, referenceHeight, walletDelayMs, dataCarrierSize } =
    settled
  const need = (holds: boolean, text: string) => {
    if (!holds) throw fail('E_DEVKOMODO_OPTION', text)
  }
  need(gateways.length >= 1 && gateways.length <= 8, 'there are 1 to 8 gateways')
  for (const { m, n } of gateways)
    need(
      Number.isInteger(m) && Number.isInteger(n) && m >= 1 && m <= n && n <= MAX_KEYS,
      'a gateway is m of n, at most 15',
    )
  need(
    Number.isInteger(subscriptions) && subscriptions >= 0 && subscriptions <= 1000,
    'subscriptions are 0 to 1000',
  )
  need(subscription >= 0.001 && subscription <= 1000, 'a subscription is 0.001 to 1000 coins')
  need(Number.isInteger(dataFee) && dataFee >= 10_000, 'the fee for data is at least 10000 satoshis')
  need(
    Number.isInteger(referenceHeight) && referenceHeight >= 0 && referenceHeight <= 100_000,
    'the height is 0 to 100000',
  )
  const window = settled.pegs?.priceWindow ?? 1
  need(Number.isInteger(window) && window >= 1 && window <= 1441, 'the window of prices is 1 to 1441 blocks')
  need(readThresholds(settled.pegs?.params ?? '0,0,0') !== null, 'params are three numbers of 0 to 100')
  need(settled.pegs === undefined || settled.family !== 'B', 'pegs of family B are not played')
  need(walletDelayMs >= 0 && dataCarrierSize > 0, 'delays and sizes are positive')
  for (const chain of CHAINS) {
    const seconds = options.blockSeconds?.[chain] ?? BLOCK_SECONDS[chain]
    need(seconds > 0 && seconds <= 86_400, 'a block lasts more than 0 and at most 86400 seconds')
  }
  const port = options.port ?? 0
  need(Number.isInteger(port) && port >= 0 && port <= 65_000, 'the port is a number from 0 to 65000')
}
