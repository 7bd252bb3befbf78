/**
 * The first contents of both chains: coins, tokens, oracles, publishers, gateways. All are made by the daemons' calls.
 */
import * as tx from '../tx/index.js'
import type { NodeJson, TxOutput } from '../tx/index.js'
import { FEE, finalize, keyOutput, moduleOutput, tokenOutput } from './build.js'
import { GATEWAYS } from './keys.js'
import { bindingAt } from './modules/gateway-state.js'
import type { Binding } from './modules/gateway-state.js'
import { GATEWAY_CALLS } from './modules/gateways.js'
import { ORACLE_CALLS } from './modules/oracles.js'
import { PEGS_CALLS } from './modules/pegs.js'
import { TOKEN_CALLS, gatewayTokenCoins } from './modules/tokens.js'
import type { Call } from './modules/calls.js'
import { COIN } from './network.js'
import type { Network } from './network.js'
import type { DevNode } from './node.js'
import { sendTo } from './rpc/wallet-calls.js'
import type { ChainName } from './types.js'

const COINS = 100_000_000n
/** Tokens of each gateway; as many coins are burnt for them. */
const TOKEN_SUPPLY = 10_000n * COINS
/** What pays for the operations of a peg. */
const PEG_AMOUNT = 10_000n * COINS
/** The user's share of them. */
const GRANT = 1_000n * COINS
/** Outputs at each deposit address, and what each is worth. */
const DEPOSITS = 10
const DEPOSIT = 100n * COINS
/** Plain outputs in each wallet. */
const PURSE = { outputs: 12, value: 20n * COINS }

/** Runs a call that must succeed and sends what it built. */
export function send(node: DevNode, call: Call | undefined, params: readonly string[]): string {
  const reply: NodeJson = call ? call(node, params) : null
  const hex =
    typeof reply === 'object' && reply !== null && 'hex' in reply ? (reply as { hex: unknown }).hex : null
  if (typeof hex !== 'string')
    throw new Error(`the embedded chain refuses ${params.join(' ')}: ${JSON.stringify(reply)}`)
  return node.submit(hex)
}

export function bootstrap(network: Network) {
  const { ledgers, settled } = network
  const isEmpty = settled.pegs?.empty === true
  if (!isEmpty) fillPurses(network, 'asset')
  fillPurses(network, 'reference')
  const bound = isEmpty ? [] : bindGateways(network)
  const addresses = new Set(bound.map(({ depositAddress }) => depositAddress))
  for (const address of addresses) {
    const script = tx.addressScript(tx.readAddress(address))
    payTo(
      network,
      'reference',
      Array.from({ length: DEPOSITS }, () => ({ value: DEPOSIT, script })),
    )
  }
  for (const binding of bound) {
    grant(network, binding)
    ledgers.asset.mine()
  }
  const pegsTxid = settled.pegs && !isEmpty ? openPeg(network, bound) : null
  if (!isEmpty) ledgers.asset.mine()
  while (ledgers.reference.chain.height < settled.referenceHeight) ledgers.reference.mine()
  ledgers.reference.mine()
  const gateways = bound.map(({ txid, tokenId, op, depositAddress }) => ({
    tokenId,
    oracleTxid: op.oracleTxid,
    bindTxid: txid,
    coin: op.coin,
    m: op.m,
    n: op.n,
    depositAddress,
    pubkeys: op.pubkeys,
  }))
  return { gateways, pegsTxid }
}

const payTo = ({ nodes, miner }: Network, chain: ChainName, outputs: readonly TxOutput[]): string =>
  sendTo(nodes[chain][miner] as DevNode, outputs)

/** Coins for everybody, from the height on at which transactions are of the version of today. */
function fillPurses(network: Network, chain: ChainName): void {
  const { ledgers, keys } = network
  const { params } = ledgers[chain].chain
  // Not of now: so the work for them is always the same.
  for (let height = 1; height <= params.saplingHeight; height++)
    ledgers[chain].mine(true, params.genesisTime + 60 * height)
  const purses = keys
    .slice(0, -1)
    .map(tx.publicKeyOf)
    .flatMap((pubkey) => Array.from({ length: PURSE.outputs }, () => keyOutput(pubkey, PURSE.value)))
  payTo(network, chain, purses)
  ledgers[chain].mine()
}

function bindGateways(network: Network): Binding[] {
  const { ledgers, nodes, settled, keys } = network
  const pubkeys = keys.map(tx.publicKeyOf)
  const node = (at: number) => nodes.asset[at] as DevNode
  const each = BigInt(Math.round(settled.subscription * 1e8))
  payTo(network, 'asset', [
    ...settled.gateways.map(() => keyOutput(pubkeys[0] as string, TOKEN_SUPPLY + 3n * FEE)),
    ...settled.gateways.flatMap(({ n }) =>
      pubkeys
        .slice(0, n)
        .map((pubkey) => keyOutput(pubkey, (each + 3n * FEE) * BigInt(settled.subscriptions))),
    ),
  ])
  ledgers.asset.mine()
  const tokenIds = settled.gateways.map((_, i) => createToken(network, i))
  ledgers.asset.mine()
  const gateways = settled.gateways.map((options, i) => ({
    options,
    tokenId: tokenIds[i] as string,
    oracleTxid: createOracle(network, i),
  }))
  ledgers.asset.mine()
  for (const { options, oracleTxid } of gateways) {
    for (let at = 0; at < options.n; at++) send(node(at), ORACLE_CALLS['oraclesfund'], [oracleTxid])
    for (let at = 0; at < options.n; at++)
      send(node(at), ORACLE_CALLS['oraclesregister'], [oracleTxid, String(settled.dataFee)])
    for (let at = 0; at < options.n; at++)
      for (let k = 0; k < settled.subscriptions; k++)
        send(node(at), ORACLE_CALLS['oraclessubscribe'], [
          oracleTxid,
          pubkeys[at] as string,
          String(settled.subscription),
        ])
  }
  ledgers.asset.mine()
  return gateways.map(({ options: { m, n }, tokenId, oracleTxid }) => {
    const params = [
      tokenId,
      oracleTxid,
      COIN,
      TOKEN_SUPPLY.toString(),
      String(m),
      String(n),
      ...pubkeys.slice(0, n),
    ]
    const bindTxid = send(node(0), GATEWAY_CALLS['gatewaysbind'], [...params, '60', '85', '188'])
    ledgers.asset.mine()
    return bindingAt(ledgers.asset.chain, bindTxid) as Binding
  })
}

/** All gateways in one peg. */
function openPeg(network: Network, bound: readonly Binding[]): string {
  const { ledgers, nodes, keys } = network
  payTo(network, 'asset', [keyOutput(tx.publicKeyOf(keys[0] as Uint8Array), PEG_AMOUNT + 3n * FEE)])
  ledgers.asset.mine()
  const bindTxids = bound.map(({ txid }) => txid)
  const params = [(PEG_AMOUNT / COINS).toString(), String(bindTxids.length), ...bindTxids]
  return send(nodes.asset[0] as DevNode, PEGS_CALLS['pegscreate'], params)
}

/** Of a peg the description says the price; the second gateway's tokens are dearer. */
const EXPRESSIONS = ['KMD_BTC,BTC_USD,*,1', 'ETH_BTC,BTC_USD,*,1'] as const

function createToken({ nodes, settled }: Network, i: number): string {
  const name = i === 0 ? COIN : settled.pegs && i === 1 ? `${COIN}E` : `${COIN}${i + 1}`
  const supply = (TOKEN_SUPPLY / COINS).toString()
  return send(nodes.asset[0] as DevNode, TOKEN_CALLS['tokencreate'], [
    name,
    supply,
    settled.pegs === undefined ? `token of gateway ${i + 1}` : (EXPRESSIONS[i] ?? EXPRESSIONS[0]),
  ])
}

function createOracle({ nodes, settled }: Network, i: number): string {
  const format = settled.family === 'B' ? 'IhhL' : 'Ihh'
  return send(nodes.asset[0] as DevNode, ORACLE_CALLS['oraclescreate'], [
    COIN,
    `blockheaders ${i + 1}`,
    format,
  ])
}

/**
 * Gives tokens to the user, as a claim would, but without a deposit: no header is published yet that could prove one.
 */
function grant({ nodes, ledgers, user, keys }: Network, binding: Binding): void {
  const node = nodes.asset[user] as DevNode
  const { chain } = ledgers.asset
  const destination = tx.publicKeyOf(keys[user] as Uint8Array)
  const [coin] = gatewayTokenCoins(chain, binding.tokenId)
  const normals = node.wallet.pick(chain, 2n * FEE, 1)
  if (!coin || !normals) throw new Error('the gateway of the embedded chain holds no tokens')
  const blobs = [
    {
      id: tx.GATEWAY_BLOB,
      raw: '',
      op: {
        op: 'gateway-claim',
        bindTxid: binding.txid,
        coin: binding.op.coin,
        depositTxid: tx.ZERO_ID,
        destination,
        amount: GRANT,
      },
    },
  ] as const
  const hex = finalize(chain, node.wallet, {
    normals,
    modules: [
      { coin, condition: tx.tokenCondition(GATEWAYS.code, GATEWAYS.pubkey), privateKey: GATEWAYS.privateKey },
    ],
    outputs: [
      moduleOutput(tx.EVAL.tokens, destination, GRANT),
      tokenOutput(GATEWAYS.code, GATEWAYS.pubkey, coin.value - GRANT),
    ],
    op: { op: 'token-transfer', tokenId: binding.tokenId, owners: [destination], blobs },
    changePubkey: destination,
  })
  ledgers.asset.submit(hex)
}
