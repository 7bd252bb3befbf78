/**
 * The calls that a relay and a gateway signer need, typed and checked. One client per daemon; asset chain and
 * reference chain speak the same language. docs/protocol/komodo.md#contract-calls
 */
import { isCoded } from '../base/index.js'
import { fail } from './errors.js'
import { readRawHeader, type RawHeader } from './header.js'
import type { Outpoint } from './inspect.js'
import { buildReasonOf } from './reasons.js'
import { createRpc, RPC_CODES, rpcCodeOf, type CallOptions, type Rpc, type RpcOptions } from './rpc.js'
import {
  bad,
  coinsNumber,
  flagOf,
  hashOf,
  hexOf,
  integerOf,
  listOf,
  objectOf,
  printable,
  satOf,
  textOf,
  type Json,
} from './shape.js'
import { coinsText, txidOf } from './tx/index.js'

export interface ChainInfo {
  readonly blocks: number
  readonly headers: number
  readonly bestBlock: string
}

export interface Registration {
  readonly publisher: string
  /** Address of the baton outputs. */
  readonly baton: string
  /** The newest data (or register) transaction as the daemon sees it; null if it sees none. */
  readonly batonTxid: string | null
  /** Satoshis. */
  readonly funds: bigint
  readonly dataFee: bigint
}

export interface OracleInfo {
  readonly txid: string
  readonly name: string
  readonly format: string
  readonly registered: readonly Registration[]
}

export interface GatewayInfo {
  readonly m: number
  readonly n: number
  readonly pubkeys: readonly string[]
  readonly coin: string
  readonly oracleTxid: string
  readonly deposit: string
  readonly tokenId: string
  /** Version bytes of the reference coin's addresses. */
  readonly versions: {
    readonly pubkey: number
    readonly script: number
    readonly wif: number
    readonly taddr: number
  }
}

export interface AddressUtxo {
  readonly txid: string
  readonly vout: number
  readonly sat: bigint
  /** 0 for an output that a disconnected block gave back (docs/protocol/komodo.md#batons). */
  readonly height: number
}

export interface KnownTransaction {
  readonly hex: string
  /** 0 in the mempool. */
  readonly confirmations: number
  /** Null in the mempool, and for one that only a dead block holds. */
  readonly height: number | null
  /** True if it stands in a block that is no longer in the chain. */
  readonly orphaned: boolean
}

export interface WalletUtxo {
  readonly txid: string
  readonly vout: number
  readonly sat: bigint
  readonly address: string
  readonly script: string
  readonly confirmations: number
  readonly spendable: boolean
  /** What a block made. */
  readonly coinbase: boolean
}

/** One member of the lists of withdrawals to sign. */
export interface PendingWithdrawal {
  readonly withdrawTxid: string
  readonly markerAddress: string
  readonly payAddress: string
  readonly amount: bigint
  readonly confirmed: boolean
  /** Where the next signature refers to: the withdrawal itself or the last partial transaction. */
  readonly lastTxid: string
  readonly signs: number
  /** What the co-signers before us made of it. */
  readonly hex: string | null
  /** Family B: this node has signed already, or there are enough signatures. */
  readonly done: boolean
}

/** One member of the lists of completely signed withdrawals. */
export interface SignedWithdrawal {
  readonly completeTxid: string
  readonly withdrawTxid: string
  readonly markerAddress: string
  readonly payAddress: string
  readonly confirmed: boolean
  readonly hex: string
}

export interface WithdrawalList<T> {
  /** Whether the node's key is one of the gateway's. */
  readonly signer: boolean
  readonly items: readonly T[]
}

export interface SignedRaw {
  readonly hex: string
  readonly complete: boolean
}

export interface NodeInfo {
  readonly name: string
  /** The node's `-pubkey`; null if none is set. */
  readonly pubkey: string | null
  readonly blocks: number
  readonly connections: number
  /** Satoshis in the wallet. */
  readonly balance: bigint
  /** UNIX seconds of the last block; null if the daemon does not say. */
  readonly tipTime: number | null
}

export type KomodoClient = ReturnType<typeof createKomodoClient>

const NO_ID = '0'.repeat(64)
const MAX_ITEMS = 10_000

export function createKomodoClient(options: RpcOptions | { readonly rpc: Rpc }) {
  const rpc = 'rpc' in options ? options.rpc : createRpc(options)
  const { name } = rpc
  const at = (method: string): string => `${method} at ${name}`

  /** A contract call: every parameter a string, or the daemon may freeze (docs/protocol/komodo.md#lock-leaks). */
  async function cc(method: string, params: readonly string[], given?: CallOptions): Promise<unknown> {
    for (const param of params as readonly unknown[])
      if (typeof param !== 'string' || param === '')
        throw fail('E_KOMODO_PARAMETER', `${at(method)}: every parameter is a text that is not empty`)
    return rpc.call(method, params, given)
  }

  /** A contract call that builds a transaction. Throws `E_KOMODO_CC` with `details.reason`, see `reasons.ts`. */
  async function build(method: string, params: readonly string[], given?: CallOptions): Promise<string> {
    const reply = await cc(method, params, given)
    const found = (typeof reply === 'object' && reply !== null ? reply : {}) as Json
    const { hex } = found
    if (found['result'] === 'success' && typeof hex === 'string' && /^([0-9a-f]{2}){10,}$/i.test(hex))
      return hex.toLowerCase()
    const said = typeof found['error'] === 'string' ? printable(found['error'], 200) : ''
    const nothing = reply === null || reply === ''
    const text = said || (nothing ? 'nothing was built' : 'the reply holds no transaction')
    throw fail('E_KOMODO_CC', `${at(method)}: ${text}`, {
      details: { reason: reply === null ? 'no-key' : buildReasonOf(text), text },
    })
  }

  /** A contract call that reads. */
  async function read(method: string, params: readonly string[], given?: CallOptions): Promise<Json> {
    const reply = objectOf(await cc(method, params, given), at(method))
    if (
      reply['result'] === 'error' ||
      (typeof reply['error'] === 'string' && reply['result'] !== 'success')
    ) {
      const text = printable(String(reply['error']), 200)
      throw fail('E_KOMODO_CC', `${at(method)}: ${text}`, { details: { reason: buildReasonOf(text), text } })
    }
    return reply
  }

  async function withdrawals<T>(
    method: string,
    key: string,
    [bind, coin, given]: readonly [string, string, CallOptions | undefined],
    itemOf: (item: Json, where: string) => T,
  ): Promise<WithdrawalList<T>> {
    const where = at(method)
    const reply = await read(method, [bind, coin], given)
    if (reply['coin'] !== coin) throw bad(where, `the list is not one of ${coin}`)
    const items = listOf(reply[key], where, MAX_ITEMS).map((item) => itemOf(objectOf(item, where), where))
    return { signer: reply['queueflag'] === 1 || reply['queueflag'] === true, items }
  }

  return {
    name,
    rpc,
    close: () => rpc.close(),

    /** Also tells the watch over the daemon's health which height it saw. */
    async chainInfo(given?: CallOptions): Promise<ChainInfo> {
      const where = at('getblockchaininfo')
      const reply = objectOf(await rpc.call('getblockchaininfo', [], given), where)
      const blocks = integerOf(reply['blocks'], `${where}: blocks`)
      rpc.sawHeight(blocks)
      return {
        blocks,
        headers: Number.isSafeInteger(reply['headers']) ? (reply['headers'] as number) : blocks,
        bestBlock: hashOf(reply['bestblockhash'], `${where}: bestblockhash`),
      }
    },
    async nodeInfo(given?: CallOptions): Promise<NodeInfo> {
      const where = at('getinfo')
      const reply = objectOf(await rpc.call('getinfo', [], given), where)
      const { pubkey } = reply
      return {
        name: typeof reply['name'] === 'string' ? printable(reply['name'], 80) : '',
        pubkey:
          typeof pubkey === 'string' && /^0[23][0-9a-f]{64}$/i.test(pubkey) ? pubkey.toLowerCase() : null,
        blocks: integerOf(reply['blocks'], `${where}: blocks`),
        connections: Number.isSafeInteger(reply['connections']) ? (reply['connections'] as number) : 0,
        balance: reply['balance'] === undefined ? 0n : satOf(reply['balance'], `${where}: balance`),
        tipTime: Number.isSafeInteger(reply['tiptime']) ? (reply['tiptime'] as number) : null,
      }
    },
    async blockHash(height: number, given?: CallOptions): Promise<string> {
      return hashOf(await rpc.call('getblockhash', [height], given), at('getblockhash'))
    },
    /** The bytes of a header, which hash to its name, and what they say. Throws `E_KOMODO_HEADER` if they do not. */
    async header(hash: string, given?: CallOptions): Promise<RawHeader> {
      const where = at('getblockheader')
      const hex = hexOf(await rpc.call('getblockheader', [hash, false], given), where)
      return readRawHeader(hex, hash)
    },
    async mempool(given?: CallOptions): Promise<readonly string[]> {
      const where = at('getrawmempool')
      return listOf(await rpc.call('getrawmempool', [], given), where).map((txid) => hashOf(txid, where))
    },
    /** Null if the node knows no such transaction. */
    async transaction(txid: string, given?: CallOptions): Promise<KnownTransaction | null> {
      const where = at('getrawtransaction')
      try {
        const reply = objectOf(await rpc.call('getrawtransaction', [txid, 1], given), where)
        const raw = reply['rawconfirmations'] ?? reply['confirmations'] ?? 0
        const height = Number.isSafeInteger(reply['height']) ? (reply['height'] as number) : null
        const confirmations = integerOf(raw, `${where}: confirmations`)
        const inBlock = typeof reply['blockhash'] === 'string'
        const hex = hexOf(reply['hex'], `${where}: hex`)
        if (txidOf(hex) !== txid) throw bad(where, `the bytes are not those of ${txid}`)
        return {
          hex,
          confirmations: Math.max(0, confirmations),
          height: height !== null && height > 0 && confirmations > 0 ? height : null,
          orphaned: inBlock && confirmations <= 0,
        }
      } catch (error) {
        if (rpcCodeOf(error) === RPC_CODES.address) return null
        throw error
      }
    },
    /** Outputs of contract addresses need `contract`. */
    async utxos(address: string, contract: boolean, given?: CallOptions): Promise<readonly AddressUtxo[]> {
      const where = at('getaddressutxos')
      const params = [{ addresses: [address] }, ...(contract ? [1] : [])]
      return listOf(await rpc.call('getaddressutxos', params, given), where).map((item) => {
        const utxo = objectOf(item, where)
        return {
          txid: hashOf(utxo['txid'], `${where}: txid`),
          vout: integerOf(utxo['outputIndex'], `${where}: outputIndex`),
          sat: BigInt(integerOf(utxo['satoshis'], `${where}: satoshis`)),
          height: integerOf(utxo['height'], `${where}: height`),
        }
      })
    },
    /** The wallet's outputs with at least `least` confirmations, of these addresses or of all. */
    async unspent(
      least: number,
      addresses?: readonly string[],
      given?: CallOptions,
    ): Promise<readonly WalletUtxo[]> {
      const where = at('listunspent')
      const params = addresses === undefined ? [least, 99_999_999] : [least, 99_999_999, addresses]
      return listOf(await rpc.call('listunspent', params, given), where).map((item) => {
        const utxo = objectOf(item, where)
        return {
          txid: hashOf(utxo['txid'], `${where}: txid`),
          vout: integerOf(utxo['vout'], `${where}: vout`),
          sat: satOf(utxo['amount'], `${where}: amount`),
          address: typeof utxo['address'] === 'string' ? utxo['address'] : '',
          script: hexOf(utxo['scriptPubKey'], `${where}: scriptPubKey`),
          confirmations: integerOf(
            utxo['rawconfirmations'] ?? utxo['confirmations'],
            `${where}: confirmations`,
          ),
          spendable: utxo['spendable'] === true,
          coinbase: utxo['generated'] === true,
        }
      })
    },
    /** Whether an output stands unspent in the chain; with `mempool` what waits there counts too. */
    async isUnspent({ txid, vout }: Outpoint, given?: CallOptions & { mempool?: boolean }): Promise<boolean> {
      const reply = await rpc.call('gettxout', [txid, vout, given?.mempool ?? false], given)
      if (reply === null) return false
      objectOf(reply, at('gettxout'))
      return true
    },
    async address(address: string, given?: CallOptions) {
      const reply = objectOf(await rpc.call('validateaddress', [address], given), at('validateaddress'))
      return {
        valid: flagOf(reply['isvalid'], at('validateaddress')),
        mine: reply['ismine'] === true,
        watched: reply['iswatchonly'] === true,
        /** Of an address of several keys: whether the wallet has the script that signing needs. */
        redeemScript: typeof reply['hex'] === 'string' && reply['hex'] !== '',
      }
    },
    async watch(address: string, label: string, given?: CallOptions): Promise<void> {
      await rpc.call('importaddress', [address, label, false], given)
    },
    async watchMultisig(m: number, pubkeys: readonly string[], given?: CallOptions): Promise<string> {
      return textOf(await rpc.call('addmultisigaddress', [m, pubkeys], given), at('addmultisigaddress'))
    },
    /** `expiry` 0: the node's own. Outputs come in the order given. */
    async createRaw(
      inputs: readonly { readonly txid: string; readonly vout: number }[],
      outputs: readonly (readonly [address: string, sat: bigint])[],
      expiry: number,
      given?: CallOptions,
    ): Promise<string> {
      const amounts = Object.fromEntries(outputs.map(([address, sat]) => [address, coinsNumber(sat)]))
      const plain = inputs.map(({ txid, vout }) => ({ txid, vout }))
      const params = expiry === 0 ? [plain, amounts] : [plain, amounts, 0, expiry]
      return hexOf(await rpc.call('createrawtransaction', params, given), at('createrawtransaction'))
    },
    async signRaw(hex: string, given?: CallOptions): Promise<SignedRaw> {
      const where = at('signrawtransaction')
      const reply = objectOf(await rpc.call('signrawtransaction', [hex], given), where)
      return { hex: hexOf(reply['hex'], `${where}: hex`), complete: reply['complete'] === true }
    },
    /** The id as the daemon says it. See `reasons.ts` for what goes wrong. */
    async send(hex: string, given?: CallOptions): Promise<string> {
      return hashOf(await rpc.call('sendrawtransaction', [hex], given), at('sendrawtransaction'))
    },

    async oracleInfo(oracleTxid: string, given?: CallOptions): Promise<OracleInfo> {
      const where = at('oraclesinfo')
      const reply = await read('oraclesinfo', [oracleTxid], given)
      const registered = listOf(reply['registered'], `${where}: registered`, MAX_ITEMS).map((item) => {
        const one = objectOf(item, where)
        const baton = hashOf(one['batontxid'], `${where}: batontxid`)
        return {
          publisher: textOf(one['publisher'], `${where}: publisher`).toLowerCase(),
          baton: textOf(one['baton'], `${where}: baton`),
          batonTxid: baton === NO_ID ? null : baton,
          funds: satOf(one['funds'], `${where}: funds`),
          dataFee: satOf(one['datafee'], `${where}: datafee`),
        }
      })
      const txid = hashOf(reply['txid'], `${where}: txid`)
      if (txid !== oracleTxid) throw bad(where, 'the reply is about another oracle')
      return {
        txid,
        name: printable(textOf(reply['name'], `${where}: name`), 64),
        format: printable(textOf(reply['format'], `${where}: format`), 64),
        registered,
      }
    },
    async gatewayInfo(bindTxid: string, given?: CallOptions): Promise<GatewayInfo> {
      const where = at('gatewaysinfo')
      const reply = await read('gatewaysinfo', [bindTxid], given)
      const number = (key: string): number => integerOf(reply[key], `${where}: ${key}`)
      const pubkeys = listOf(reply['pubkeys'], `${where}: pubkeys`, 15).map((key) =>
        textOf(key, `${where}: pubkeys`).toLowerCase(),
      )
      return {
        m: number('M'),
        n: number('N'),
        pubkeys,
        coin: textOf(reply['coin'], `${where}: coin`),
        oracleTxid: hashOf(reply['oracletxid'], `${where}: oracletxid`),
        deposit: textOf(reply['deposit'] ?? reply['depositaddr'], `${where}: deposit`),
        tokenId: hashOf(reply['tokenid'], `${where}: tokenid`),
        versions: {
          pubkey: number('prefix'),
          script: number('prefix2'),
          wif: number('wiftype'),
          taddr: number('taddr'),
        },
      }
    },
    /** Where the publisher's subscriptions lie. */
    async oracleFundsAddress(pubkey: string, given?: CallOptions): Promise<string> {
      const reply = await read('oraclesaddress', [pubkey], given)
      return textOf(reply['PubkeyCCaddress(Oracles)'], `${at('oraclesaddress')}: PubkeyCCaddress(Oracles)`)
    },
    oracleData: (oracleTxid: string, payload: string, given?: CallOptions) =>
      build('oraclesdata', [oracleTxid, payload], given),
    oracleSubscribe: (oracleTxid: string, publisher: string, sat: bigint, given?: CallOptions) =>
      build('oraclessubscribe', [oracleTxid, publisher, coinsText(sat)], given),
    oracleFund: (oracleTxid: string, given?: CallOptions) => build('oraclesfund', [oracleTxid], given),
    /** The fee goes as whole satoshis: the daemon reads `1.5` as 1 (docs/protocol/komodo.md#oracles). */
    oracleRegister: (oracleTxid: string, dataFee: bigint, given?: CallOptions) =>
      build('oraclesregister', [oracleTxid, dataFee.toString()], given),

    pendingWithdrawals: (family: 'A' | 'B', bind: string, coin: string, given?: CallOptions) =>
      withdrawals(
        family === 'A' ? 'gatewayspendingwithdraws' : 'gatewayspendingsignwithdraws',
        'pending',
        [bind, coin, given],
        pendingOf,
      ),
    signedWithdrawals: (family: 'A' | 'B', bind: string, coin: string, given?: CallOptions) =>
      withdrawals(
        family === 'A' ? 'gatewaysprocessed' : 'gatewayssignedwithdraws',
        family === 'A' ? 'processed' : 'signed',
        [bind, coin, given],
        signedOf,
      ),
    partialSign: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayspartialsign', [lastTxid, coin, hex], given),
    completeSigning: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayscompletesigning', [lastTxid, coin, hex], given),
    withdrawSign: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayswithdrawsign', [lastTxid, coin, hex], given),
    markDone: (completeTxid: string, coin: string, given?: CallOptions) =>
      build('gatewaysmarkdone', [completeTxid, coin], given),
  }
}

function pendingOf(item: Json, where: string): PendingWithdrawal {
  const withdrawTxid = hashOf(item['withdrawtxid'], `${where}: withdrawtxid`)
  const { hex, number_of_signs: signs } = item
  return {
    withdrawTxid,
    markerAddress: textOf(item['withdrawtxidaddr'], `${where}: withdrawtxidaddr`),
    payAddress: textOf(item['withdrawaddr'], `${where}: withdrawaddr`),
    amount: satOf(item['amount'], `${where}: amount`),
    confirmed: item['confirmed_or_notarized'] === true,
    lastTxid:
      item['last_txid'] === undefined ? withdrawTxid : hashOf(item['last_txid'], `${where}: last_txid`),
    signs: Number.isSafeInteger(signs) ? (signs as number) : 0,
    hex: typeof hex === 'string' && hex !== '' ? hex : null,
    done: item['processed'] === true,
  }
}

function signedOf(item: Json, where: string): SignedWithdrawal {
  const complete = item['completesigningtxid'] ?? item['withdrawsigntxid']
  return {
    completeTxid: hashOf(complete, `${where}: completesigningtxid`),
    withdrawTxid: hashOf(item['withdrawtxid'], `${where}: withdrawtxid`),
    markerAddress: textOf(item['withdrawtxidaddr'], `${where}: withdrawtxidaddr`),
    payAddress: textOf(item['withdrawaddr'], `${where}: withdrawaddr`),
    confirmed: item['confirmed_or_notarized'] === true,
    hex: typeof item['hex'] === 'string' ? item['hex'] : '',
  }
}

/** True for a failure that has nothing to do with the daemon's state of mind: the caller may try again later. */
export function isAway(error: unknown): boolean {
  return (
    isCoded(error) &&
    [
      'E_KOMODO_UNREACHABLE',
      'E_KOMODO_TIMEOUT',
      'E_KOMODO_HUNG',
      'E_KOMODO_WARMUP',
      'E_KOMODO_BUSY',
    ].includes(error.code)
  )
}
