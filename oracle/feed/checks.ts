/**
 * The start-up check list of a gateway: what must be right before anything is sent, each with what to do about it.
 * docs/protocol/komodo.md#contract-calls, docs/protocol/komodo.md#gateways
 */
import { isCoded, messageOf } from '../../base/index.js'
import {
  coinsText,
  depositAddress,
  missingForHeaders,
  probe,
  pubkeyAddress,
  type CallOptions,
  type Capabilities,
  type GatewayInfo,
  type KomodoClient,
  type NodeInfo,
  type OracleInfo,
} from '../../komodo/index.js'
import type { GatewaySettings } from './config.js'
import { SYNC_SLACK } from './relay-states.js'

export interface CheckLine {
  readonly name: string
  /** `warn`: it runs, but the operator should look. `wait`: it may pass by itself. */
  readonly result: 'ok' | 'warn' | 'wait' | 'fail'
  readonly found: string
  /** What to do; '' where nothing is to be done. */
  readonly remedy: string
}

/** What a gateway needs to know to run. */
export interface Setup {
  readonly capabilities: Capabilities
  readonly oracle: OracleInfo
  readonly format: 'Ihh' | 'IhhL'
  readonly gateway: GatewayInfo | null
  readonly node: NodeInfo
}

export interface Checked {
  readonly lines: readonly CheckLine[]
  /** Null if something of it fails or was not reached. */
  readonly setup: Setup | null
  /** False: the reference daemon was not reached, and what concerns its wallet is still to be looked at. */
  readonly complete: boolean
}

/** A fee below this leaves outputs that are too small to be useful (docs/protocol/komodo.md#oracles). */
const GOOD_FEE = 100_000n

export async function checkGateway(
  settings: GatewaySettings,
  clients: { readonly asset: KomodoClient; readonly reference: KomodoClient },
  /** `mend`: puts right what can be: has the reference wallet watch the deposit address. */
  { mend, ...options }: CallOptions & { readonly mend: boolean },
): Promise<Checked> {
  const lines: CheckLine[] = []
  const say = (name: string, result: CheckLine['result'], found: string, remedy = ''): void =>
    void lines.push({ name, result, found, remedy })
  const { asset, reference } = clients
  const { pubkey, oracleTxid, bindTxid } = settings

  const node = await reach(asset, 'asset daemon', say, options)
  const other = await reach(reference, 'reference daemon', say, options)
  if (node === null) return { lines, setup: null, complete: false }

  const capabilities = await probe(asset.rpc, options)
  const missing = missingForHeaders(capabilities)
  if (missing.length > 0) {
    say(
      'methods',
      'fail',
      `it lacks ${missing.join(', ')}`,
      'use a daemon with the modules oracles and gateways',
    )
    return { lines, setup: null, complete: false }
  }
  const family = capabilities.withdrawals
  say(
    'methods',
    'ok',
    family === null ? 'headers only: no gateway signing' : `gateway calls of family ${family}`,
  )

  const oracle = await asked(() => asset.oracleInfo(oracleTxid, options))
  if (typeof oracle === 'string') {
    say('oracle', 'fail', oracle, 'give the id of the oracle as oraclescreate was sent: oracleTxid')
    return { lines, setup: null, complete: false }
  }
  const { format } = oracle
  if (format !== 'Ihh' && format !== 'IhhL') {
    say(
      'oracle',
      'fail',
      `its format is ${format}`,
      'make an oracle of the format Ihh (or IhhL for family B)',
    )
    return { lines, setup: null, complete: false }
  }
  say('oracle', 'ok', `${oracle.name}, format ${format}`)
  if (settings.headers) await checkPublisher(oracle, settings, asset, { say, options })
  await checkKey(node, settings, asset, { say, options })
  const gateway =
    bindTxid === null ? null : await checkBind(bindTxid, oracle, pubkey, asset, { say, options })
  if (bindTxid !== null && gateway === null) return { lines, setup: null, complete: false }
  if (gateway !== null && other !== null && settings.withdrawals.enabled)
    await checkSigner(gateway, settings, reference, mend, { say, options })
  say(
    'coins',
    node.balance > 10n * 20_000n ? 'ok' : 'warn',
    `${coinsText(node.balance)} in the wallet`,
    node.balance > 10n * 20_000n ? '' : `send coins to ${pubkeyAddress(pubkey)}: each header costs 0.0001`,
  )
  const failed = lines.some(({ result }) => result === 'fail')
  return {
    lines,
    setup: failed ? null : { capabilities, oracle, format, gateway, node },
    complete: other !== null,
  }
}

type Say = (name: string, result: CheckLine['result'], found: string, remedy?: string) => void
interface Way {
  readonly say: Say
  readonly options: CallOptions
}

async function reach(
  client: KomodoClient,
  name: string,
  say: Say,
  options: CallOptions,
): Promise<NodeInfo | null> {
  try {
    const info = await client.nodeInfo(options)
    const { blocks, headers } = await client.chainInfo(options)
    const behind = headers - blocks
    const synced = behind <= SYNC_SLACK
    say(
      name,
      synced ? 'ok' : 'wait',
      `${client.name} at block ${blocks}${synced ? '' : `, ${behind} behind`}`,
      synced ? '' : 'it syncs: headers are published when it is done',
    )
    return info
  } catch (error) {
    if (isCoded(error) && error.code === 'E_KOMODO_ABORTED') throw error
    const wait = isCoded(error) && error.retryable
    say(
      name,
      wait ? 'wait' : 'fail',
      messageOf(error),
      'start it, and check conf file, URL, user and password',
    )
    return null
  }
}

/** The reply, or what the daemon said instead. */
async function asked<T>(call: () => Promise<T>): Promise<T | string> {
  try {
    return await call()
  } catch (error) {
    if (
      isCoded(error) &&
      (error.code === 'E_KOMODO_CC' || error.code === 'E_KOMODO_RPC' || error.code === 'E_KOMODO_SHAPE')
    )
      return error.message
    throw error
  }
}

async function checkPublisher(
  oracle: OracleInfo,
  { pubkey }: GatewaySettings,
  asset: KomodoClient,
  { say, options }: Way,
): Promise<void> {
  const own = oracle.registered.find(({ publisher }) => publisher === pubkey)
  if (own === undefined)
    return say(
      'publisher',
      'wait',
      `${pubkey.slice(0, 16)}… is not registered, or not confirmed yet`,
      'oraclesfund, oraclesregister and oraclessubscribe, once: pegminer feed register',
    )
  const baton = own.batonTxid === null ? null : await asset.transaction(own.batonTxid, options)
  if (baton?.orphaned === true)
    return say(
      'publisher',
      'fail',
      `its baton ${own.batonTxid ?? ''} stands in a block that is lost: the address index is damaged`,
      'wait until the daemon has synced with its peers; if it has none, start it with -reindex',
    )
  const fee = `fee ${coinsText(own.dataFee)}, funds ${coinsText(own.funds)}`
  if (own.dataFee < GOOD_FEE)
    say(
      'publisher',
      'warn',
      fee,
      'the fee is small; leave it all the same: registering again cuts off what is published',
    )
  else if (own.funds < own.dataFee && baton?.confirmations === 0)
    say('publisher', 'ok', `${fee}; headers are under way, their change comes with the next block`)
  else if (own.funds < own.dataFee)
    say('publisher', 'warn', fee, 'subscribe with oraclessubscribe, or let funds.auto do it')
  else say('publisher', 'ok', fee)
}

async function checkKey(
  node: NodeInfo,
  { pubkey }: GatewaySettings,
  asset: KomodoClient,
  { say, options }: Way,
): Promise<void> {
  const address = pubkeyAddress(pubkey)
  if (node.pubkey === null)
    return say('key', 'fail', 'the asset daemon runs without -pubkey', `start it with -pubkey=${pubkey}`)
  if (node.pubkey !== pubkey)
    return say(
      'key',
      'fail',
      `the asset daemon's -pubkey is ${node.pubkey}`,
      `start it with -pubkey=${pubkey}`,
    )
  const { mine } = await asset.address(address, options)
  if (!mine)
    return say('key', 'fail', `its wallet lacks the key of ${address}`, 'importprivkey on the asset daemon')
  say('key', 'ok', `${address} is in the wallet`)
}

async function checkBind(
  bindTxid: string,
  oracle: OracleInfo,
  pubkey: string,
  asset: KomodoClient,
  { say, options }: Way,
): Promise<GatewayInfo | null> {
  const gateway = await asked(() => asset.gatewayInfo(bindTxid, options))
  if (typeof gateway === 'string') {
    say('gateway', 'fail', gateway, 'give the id of the transaction of gatewaysbind: bindTxid')
    return null
  }
  const fail = (found: string, remedy: string): null => {
    say('gateway', 'fail', found, remedy)
    return null
  }
  if (gateway.oracleTxid !== oracle.txid)
    return fail('it is bound to another oracle', `oracleTxid must be ${gateway.oracleTxid}`)
  if (gateway.coin !== oracle.name)
    return fail(
      `its coin is ${gateway.coin}, the oracle's name ${oracle.name}`,
      'deposits can never be proved: bind a token to an oracle of the same name',
    )
  const { m, n, pubkeys, versions } = gateway
  if (n !== pubkeys.length || m < 1 || m > n) return fail('its keys do not fit M and N', 'check the daemon')
  const derived = depositAddress(m, pubkeys, versions)
  if (derived !== gateway.deposit)
    return fail(
      `the daemon says the deposits go to ${gateway.deposit}, its keys make ${derived}`,
      'do not use this daemon: it names another address',
    )
  const signer = pubkeys.includes(pubkey)
  say(
    'gateway',
    'ok',
    `${gateway.coin}, ${m} of ${n}, deposits to ${gateway.deposit}${signer ? '' : '; this key is no signer'}`,
  )
  return gateway
}

/** The reference node must know the deposit address, and hold the key that signs. */
async function checkSigner(
  gateway: GatewayInfo,
  { pubkey }: GatewaySettings,
  reference: KomodoClient,
  mend: boolean,
  { say, options }: Way,
): Promise<void> {
  if (!gateway.pubkeys.includes(pubkey)) return
  const own = pubkeyAddress(pubkey, gateway.versions)
  const { mine } = await reference.address(own, options)
  if (!mine)
    return say(
      'signing',
      'warn',
      `the reference wallet lacks the key of ${own}: withdrawals cannot be signed`,
      'dumpprivkey on the asset daemon, importprivkey on the reference daemon',
    )
  const deposit = await reference.address(gateway.deposit, options)
  const known = deposit.mine || deposit.watched
  // A wallet that only watches the address of several keys cannot sign for it: it lacks the redeem script.
  const signs = gateway.n === 1 || deposit.redeemScript
  if (known && signs) return say('signing', 'ok', `the reference wallet holds the key of ${own}`)
  if (!mend)
    return say(
      'signing',
      'warn',
      known
        ? `the reference wallet watches ${gateway.deposit}, and lacks the script to sign for it`
        : `the reference wallet does not watch ${gateway.deposit}`,
      `nothing: the feed ${known ? 'adds it (addmultisigaddress)' : 'imports it'} when it starts`,
    )
  if (!signs) await reference.watchMultisig(gateway.m, gateway.pubkeys, options)
  if (known) return say('signing', 'ok', `the reference wallet can sign for ${gateway.deposit} from now on`)
  await reference.watch(gateway.deposit, gateway.n > 1 ? '' : 'deposits', options)
  say(
    'signing',
    'warn',
    `${gateway.deposit} is watched from now on`,
    'if it got coins before, start the reference daemon once with -rescan',
  )
}
