/** What a test, or the development network itself, does to the chains and their daemons. */
import * as tx from '../tx/index.js'
import type { TxOutput } from '../tx/index.js'
import { send } from './bootstrap.js'
import { pay } from './build.js'
import type { Chain } from './chain/chain.js'
import type { Daemons } from './daemons.js'
import { fail } from './errors.js'
import { GATEWAY_CALLS, isWithdrawing } from './modules/gateways.js'
import type { Network } from './network.js'
import type { DevNode } from './node.js'
import { sendTo } from './rpc/wallet-calls.js'
import type { ChainName, DevControl, DevGateway } from './types.js'

/** Output by which a depositor names his key on the asset chain. */
const CLAIM_OUTPUT = 10_000n
const FEE = 10_000n
const EARLY_HEIGHT = 100

/** As a daemon that is started with -earlytxid. */
function checkEarly(chain: Chain, txid: string): void {
  const height = chain.blockOf(txid)?.height
  if (chain.height > EARLY_HEIGHT && (height === undefined || height > EARLY_HEIGHT))
    throw fail('E_DEVKOMODO_OPTION', 'earlytx must be before block height 100 or tx does not exist')
}

export function createControl(
  network: Network,
  daemons: Daemons,
  gateways: readonly DevGateway[],
): DevControl {
  const { ledgers, nodes, user, miner } = network
  const isEmpty = network.settled.pegs?.empty === true
  const nodeOf = (chain: ChainName, operator = 0): DevNode => {
    const node = nodes[chain][operator]
    if (!node || operator >= miner) throw fail('E_DEVKOMODO_OPTION', `there is no operator ${operator}`)
    return node
  }
  const gatewayOf = (at = 0): DevGateway => {
    const gateway = gateways[at]
    if (!gateway) throw fail('E_DEVKOMODO_OPTION', `there is no gateway ${at}`)
    return gateway
  }
  const scriptOf = (address: string) => tx.addressScript(tx.readAddress(address))
  const mine = (chain: ChainName, blocks = 1, empty = false) =>
    Array.from({ length: blocks }, () => ledgers[chain].mine(empty))
  const disconnect = (chain: ChainName, depth: number) => {
    if (!Number.isInteger(depth) || depth < 1 || depth > ledgers[chain].chain.height)
      throw fail('E_DEVKOMODO_OPTION', `a reorganisation of ${depth} blocks is not possible`)
    for (let i = 0; i < depth; i++) ledgers[chain].disconnect()
  }
  return {
    mine: (chain, blocks) => mine(chain, blocks),
    isGenerating: () => ledgers.asset.generating,
    setGenerating: (on) => void (ledgers.asset.generating = on),
    disconnect,
    reorg(chain, depth, { empty = false } = {}) {
      disconnect(chain, depth)
      return mine(chain, depth + 1, empty)
    },
    height: (chain) => ledgers[chain].chain.height,
    mempool: (chain) => [...ledgers[chain].chain.mempool.keys()],
    withdraw({ gateway, amount, pubkey }) {
      const { bindTxid, coin } = gatewayOf(gateway)
      const node = nodeOf('asset', user)
      const payee = pubkey ?? (node.pubkey as string)
      return send(node, GATEWAY_CALLS['gatewayswithdraw'], [bindTxid, coin, payee, tx.coinsText(amount)])
    },
    isWithdrawing: (gateway) => isWithdrawing(nodeOf('asset', user), gatewayOf(gateway).bindTxid),
    deposit({ gateway, amount }) {
      const { depositAddress } = gatewayOf(gateway)
      const node = nodeOf('reference', user)
      const own = tx.payToPubkeyHash(tx.hash160Hex(node.pubkey as string))
      return sendTo(node, [
        { value: CLAIM_OUTPUT, script: own },
        { value: amount, script: scriptOf(depositAddress) },
      ])
    },
    pay: (chain, address, amount) =>
      sendTo(nodes[chain][chain === 'asset' && isEmpty ? 0 : miner] as DevNode, [
        { value: amount, script: scriptOf(address) },
      ]),
    balance(chain, address) {
      const state = ledgers[chain].chain
      const confirmed = [...state.indexed(address, 0), ...state.indexed(address, 1)].filter(
        ({ txid, vout }) => !state.poolSpender(txid, vout),
      )
      const waiting = [...state.mempool.keys()].flatMap((txid) =>
        (state.find(txid)?.tx.outputs ?? []).filter(
          ({ script }, vout) => state.addressOf(script) === address && !state.poolSpender(txid, vout),
        ),
      )
      return [...confirmed, ...waiting].reduce((sum, { value }) => sum + value, 0n)
    },
    drain(chain, operator, keep = 0n) {
      const node = nodeOf(chain, operator)
      const coins = node.wallet.spendable(node.chain)
      if (coins.length === 0) return
      const total = coins.reduce((sum, { value }) => sum + value, 0n)
      const own = tx.payToPubkey(node.pubkey as string)
      const outputs: TxOutput[] = [
        { value: total - keep - FEE, script: ledgers[chain].chain.params.minerScript },
        ...(keep > 0n ? [{ value: keep, script: own }] : []),
      ]
      node.submit(pay(node.chain, node.wallet, { coins, outputs, changeScript: own }))
    },
    freeze: (chain, operator) => nodeOf(chain, operator).freeze(),
    hang(chain, operator) {
      nodeOf(chain, operator).health = { state: 'hung' }
    },
    stop: (chain, operator = 0) => daemons.stop(chain, operator),
    async restart(chain, operator = 0, { loseMempool = false, earlyTxid } = {}) {
      const node = nodeOf(chain, operator)
      if (earlyTxid !== undefined) checkEarly(ledgers[chain].chain, earlyTxid)
      node.earlyTxid = earlyTxid ?? node.earlyTxid
      await daemons.stop(chain, operator)
      if (loseMempool) ledgers[chain].loseMempool()
      node.health = { state: 'well' }
      node.warmUp = null
      await daemons.start(chain, operator)
    },
    loseBlocks(chain, blocks) {
      if (!Number.isInteger(blocks) || blocks < 1 || blocks > ledgers[chain].chain.height)
        throw fail('E_DEVKOMODO_OPTION', `${blocks} blocks cannot be lost`)
      ledgers[chain].lose(blocks)
    },
    reindex: (chain) => ledgers[chain].reindex(),
    warmUp(chain, text, operator) {
      nodeOf(chain, operator).warmUp = text
    },
    market: (prices) => ledgers.asset.setMarket(prices),
    onCall: (listener) => daemons.listen(listener),
    get lockLeaks() {
      return daemons.lockLeaks
    },
    set lockLeaks(value) {
      daemons.lockLeaks = value
    },
  }
}
