/** Calls about keys, coins, and transactions that are built by hand. */
import * as tx from '../../tx/index.js'
import type { NodeJson, Transaction, TxInput, TxOutput } from '../../tx/index.js'
import { FEE, pay, shell } from '../build.js'
import type { Chain } from '../chain/chain.js'
import type { Call } from '../modules/calls.js'
import type { DevNode } from '../node.js'
import type { OwnCoin, Wallet } from '../wallet.js'
import { RpcError, usage } from './errors.js'
import {
  amountOf,
  array,
  expectTypes,
  flag,
  integer,
  isHex,
  looseId,
  member,
  object,
  text,
} from './params.js'
import type { Params } from './params.js'

/** The segment of an address, as stakers are counted: its script's hash, of 64. */
function segidOf(address: string): number {
  return Number.parseInt(tx.toHex(tx.sha256(Buffer.from(address))).slice(0, 2), 16) & 0x3f
}

const validateaddress: Call = ({ wallet }, params) => {
  const name = text(params, 0)
  const address = tx.decodeAddress(name)
  if (!address) return { isvalid: false }
  const script = tx.addressScript(address)
  const owner = wallet.ownerOf(script)
  const redeem = wallet.redeemScripts.get(script)
  const kind = redeem === undefined ? null : tx.scriptKind(redeem)
  const label = wallet.watched.get(script)
  return {
    isvalid: true,
    address: name,
    scriptPubKey: script,
    segid: segidOf(name),
    ismine: wallet.isMine(script),
    iswatchonly: wallet.isWatched(script),
    isscript: address.kind === 'scripthash',
    pubkey: owner,
    iscompressed: owner === undefined ? undefined : true,
    script: kind?.kind,
    hex: redeem,
    addresses: kind?.kind === 'multisig' ? kind.pubkeys.map((pubkey) => tx.pubkeyAddress(pubkey)) : undefined,
    sigsrequired: kind?.kind === 'multisig' ? kind.m : undefined,
    account: label ?? (owner === undefined && redeem === undefined ? undefined : ''),
  }
}

const importaddress: Call = (node, params) => {
  const name = text(params, 0)
  const label = params.length > 1 ? text(params, 1) : ''
  flag(params, 2, true)
  const address = tx.decodeAddress(name)
  if (!address && !isHex(name)) throw new RpcError(-5, 'Invalid Komodo address or script')
  const script = address ? tx.addressScript(address) : name.toLowerCase()
  if (node.wallet.isMine(script))
    throw new RpcError(-4, 'The wallet already contains the private key for this address or script')
  if (!node.wallet.watched.has(script)) node.watch(script, label)
  return null
}

const importprivkey: Call = (node, params) => {
  try {
    return tx.pubkeyAddress(node.importKey(text(params, 0)))
  } catch (error) {
    if (error instanceof RpcError) throw error
    throw new RpcError(-5, 'Invalid private key encoding')
  }
}

const dumpprivkey: Call = ({ wallet }, params) => {
  const name = text(params, 0)
  return tx.encodeWif(keyAt(wallet, name))
}

/** The private key of an address. Throws -5, -3 for the address of a script, -4 for a key of another wallet. */
export function keyAt(wallet: Wallet, name: string): Uint8Array {
  const address = tx.decodeAddress(name)
  if (!address) throw new RpcError(-5, 'Invalid transparent address')
  if (address.kind === 'scripthash') throw new RpcError(-3, 'Address does not refer to a key')
  const key = wallet.keys.get(wallet.ownerOf(tx.addressScript(address)) ?? '')
  if (!key) throw new RpcError(-4, `Private key for address ${name} is not known`)
  return key
}

function multisigOf(node: DevNode, params: Params): { readonly script: string; readonly address: string } {
  const m = integer(params, 0)
  const keys = array(params, 1)
  if (m < 1) throw new RpcError(-1, 'a multisignature address must require at least one key to redeem')
  if (keys.length < m)
    throw new RpcError(
      -1,
      `not enough keys supplied (got ${keys.length} keys, but need at least ${m} to redeem)`,
    )
  if (keys.length > 16)
    throw new RpcError(
      -1,
      'Number of addresses involved in the multisignature address creation > 16\nReduce the number',
    )
  const script = tx.multisigScript(
    m,
    keys.map((_, i) => multisigKey(node.wallet, text(keys, i))),
  )
  return { script, address: tx.scriptAddress(script) }
}

/** A key as it is, or by its address, if the wallet has it. */
function multisigKey(wallet: Wallet, given: string): string {
  const address = tx.decodeAddress(given)
  if (address?.kind === 'scripthash') throw new RpcError(-1, `${given} does not refer to a key`)
  const pubkey = address ? wallet.ownerOf(tx.addressScript(address)) : given.toLowerCase()
  if (pubkey === undefined) throw new RpcError(-1, `no full public key for address ${given}`)
  if (!tx.isPublicKey(pubkey)) throw new RpcError(-1, ` Invalid public key: ${given}`)
  return pubkey
}

const createmultisig: Call = (node, params) => {
  const { script, address } = multisigOf(node, params)
  return { address, redeemScript: script }
}

const addmultisigaddress: Call = (node, params) => {
  const { script, address } = multisigOf(node, params)
  node.addRedeemScript(script)
  return address
}

function ownJson({
  txid,
  vout,
  coinbase,
  address,
  value,
  script,
  confirmations,
  spendable,
  redeemScript,
}: OwnCoin): NodeJson {
  return {
    txid,
    vout,
    generated: coinbase,
    address,
    segid: segidOf(address),
    account: '',
    redeemScript,
    amount: value,
    scriptPubKey: script,
    rawconfirmations: confirmations,
    confirmations,
    spendable,
  }
}

const listunspent: Call = ({ chain, wallet }, params) => {
  expectTypes(params, ['number', 'number', 'array'])
  const [least, most] = [integer(params, 0, 1), integer(params, 1, 9_999_999)]
  const names = params.length > 2 ? array(params, 2) : []
  const wanted = new Set<string>()
  for (const name of names) {
    if (typeof name !== 'string' || !tx.decodeAddress(name))
      throw new RpcError(-5, `Invalid Komodo address: ${String(name)}`)
    if (wanted.has(name)) throw new RpcError(-8, `Invalid parameter, duplicated address: ${name}`)
    wanted.add(name)
  }
  const locked = new Set(wallet.lockedOutpoints)
  return wallet
    .coins(chain)
    .filter(({ confirmations }) => confirmations >= least && confirmations <= most)
    .filter(({ address }) => wanted.size === 0 || wanted.has(address))
    .filter(({ txid, vout }) => !locked.has(`${txid}:${vout}`))
    .sort((a, b) => (tx.turned(a.txid) < tx.turned(b.txid) ? -1 : a.txid === b.txid ? a.vout - b.vout : 1))
    .map(ownJson)
}

const getbalance: Call = ({ chain, wallet }) =>
  wallet
    .coins(chain)
    .reduce(
      (sum, { value, spendable, confirmations }) => (spendable && confirmations > 0 ? sum + value : sum),
      0n,
    )

const createrawtransaction: Call = ({ chain }, params) => {
  if (params.length < 2 || params.length > 4)
    throw usage(
      'createrawtransaction [{"txid":"id","vout":n},...] {"address":amount,...} ( locktime ) ( expiryheight )',
    )
  expectTypes(params, ['array', 'object', 'number', 'number'])
  const inputs = array(params, 0).map((value): TxInput => {
    const { txid, vout, sequence } = object([value], 0)
    if (typeof txid !== 'string' || !isHex(txid))
      throw new RpcError(
        -8,
        `txid must be hexadecimal string (not '${typeof txid === 'string' ? txid : ''}')`,
      )
    if (typeof vout !== 'number' || !Number.isInteger(vout))
      throw new RpcError(-8, 'Invalid parameter, missing vout key')
    if (vout < 0) throw new RpcError(-8, 'Invalid parameter, vout must be positive')
    const plain = integer(params, 2, 0) !== 0 ? 0xfffffffe : 0xffffffff
    return {
      txid: looseId(txid),
      vout,
      script: '',
      sequence: typeof sequence === 'number' ? sequence : plain,
    }
  })
  const outputs = Object.entries(object(params, 1)).map(([name, amount]): TxOutput => {
    const address = tx.decodeAddress(name)
    if (!address) throw new RpcError(-5, `Invalid Komodo address or script: ${name}`)
    return { value: amountOf(amount), script: tx.addressScript(address) }
  })
  const blank = shell(chain, inputs, outputs)
  const expiryHeight = blank.overwintered ? integer(params, 3, blank.expiryHeight) : 0
  return tx.encodeTransaction({ ...blank, lockTime: integer(params, 2, 0), expiryHeight })
}

const decoderawtransaction: Call = (_node, params) => {
  const hex = text(params, 0)
  try {
    return tx.transactionJson(tx.decodeTransaction(hex))
  } catch {
    throw new RpcError(-22, 'TX decode failed')
  }
}

const sendrawtransaction: Call = (node, params) => {
  if (params.length < 1 || params.length > 2)
    throw usage(
      'sendrawtransaction "hexstring" ( allowhighfees )\n\nSubmits raw transaction (serialized, hex-encoded) to local node and network.',
    )
  expectTypes(params, ['string', 'bool'])
  return node.submit(params[0] as string)
}

/** Keys and outputs that a call of signrawtransaction brings along. */
function extrasOf(params: Params) {
  const redeemScripts = new Map<string, string>()
  const outputs = new Map<string, tx.SpentOutput>()
  for (const value of optionalArray(params, 1) ?? []) {
    if (typeof value !== 'object' || value === null)
      throw new RpcError(-22, 'expected object with {"txid\'","vout","scriptPubKey"}')
    const { redeemScript, amount, ...spent } = value as Record<string, unknown>
    const scriptPubKey = member(spent, 'scriptPubKey', 'string')
    const [txid, vout] = [member(spent, 'txid', 'string'), member(spent, 'vout', 'number')]
    outputs.set(`${txid}:${vout}`, {
      script: scriptPubKey,
      value: amount === undefined ? 0n : amountOf(amount),
    })
    if (typeof redeemScript === 'string') redeemScripts.set(scriptPubKey, redeemScript)
  }
  const keys = optionalArray(params, 2)?.map((_, i, wifs) => readKey(text(wifs, i))) ?? null
  return { redeemScripts, outputs, keys }
}

const optionalArray = (params: Params, at: number) =>
  params[at] === undefined || params[at] === null ? null : array(params, at)

function readKey(wif: string): Uint8Array {
  try {
    return tx.decodeWif(wif)
  } catch {
    throw new RpcError(-5, 'Invalid private key')
  }
}

const signrawtransaction: Call = (node, params) => {
  expectTypes(params, ['string'])
  const hex = text(params, 0)
  if (!isHex(hex)) throw new RpcError(-8, `argument 1 must be hexadecimal string (not '${hex}')`)
  let unsigned: Transaction
  try {
    unsigned = tx.decodeTransaction(hex)
  } catch {
    throw new RpcError(-22, 'TX decode failed')
  }
  const extras = extrasOf(params)
  const keys = extras.keys ?? [...node.wallet.keys.values()]
  let signed = unsigned
  const errors: NodeJson[] = []
  unsigned.inputs.forEach(({ txid, vout }, index) => {
    const spent = node.chain.available(txid, vout) ?? extras.outputs.get(`${txid}:${vout}`)
    if (spent) {
      const redeemScript =
        extras.redeemScripts.get(spent.script) ?? node.wallet.redeemScripts.get(spent.script)
      signed = signWith(signed, { index, spent, redeemScript, keys })
    }
    const failed = !spent
      ? 'Input not found or already spent'
      : tx.inputIsSigned(signed, index, spent)
        ? null
        : 'Operation not valid with the current stack size'
    if (failed === null) return
    const { script, sequence } = signed.inputs[index] as TxInput
    errors.push({ txid, vout, scriptSig: script, sequence, error: failed })
  })
  return {
    hex: tx.encodeTransaction(signed),
    complete: errors.length === 0,
    errors: errors.length ? errors : undefined,
  }
}

interface Signing {
  readonly index: number
  readonly spent: tx.SpentOutput
  readonly redeemScript: string | undefined
  readonly keys: readonly Uint8Array[]
}

/** Signs an input with the keys that fit; unchanged if none does. */
function signWith(state: Transaction, { index, spent, redeemScript, keys }: Signing): Transaction {
  const put = (script: string) =>
    tx.withScripts(
      state,
      state.inputs.map((input, i) => (i === index ? script : input.script)),
    )
  const kind = tx.scriptKind(spent.script)
  if (kind.kind === 'scripthash') {
    const script = redeemScript ?? tx.stepsOf((state.inputs[index] as TxInput).script)?.at(-1)?.data
    if (script === undefined) return state
    return keys.reduce((so, key) => signMultisig(so, index, { ...spent, redeemScript: script }, key), state)
  }
  for (const key of keys) {
    const pubkey = tx.publicKeyOf(key)
    const fits =
      (kind.kind === 'pubkey' && kind.pubkey === pubkey) ||
      (kind.kind === 'pubkeyhash' && kind.hash === tx.hash160Hex(pubkey))
    if (fits) return put(tx.signKeyInput(state, index, spent, key))
  }
  return state
}

function signMultisig(
  state: Transaction,
  index: number,
  spent: tx.SpentOutput & { readonly redeemScript: string },
  key: Uint8Array,
): Transaction {
  const kind = tx.scriptKind(spent.redeemScript)
  if (kind.kind !== 'multisig' || !kind.pubkeys.includes(tx.publicKeyOf(key))) return state
  if (tx.inputIsSigned(state, index, spent)) return state
  const script = tx.signMultisigInput(state, index, spent, key)
  return tx.withScripts(
    state,
    state.inputs.map((input, i) => (i === index ? script : input.script)),
  )
}

/** Sends from the wallet: outputs in the given order, change behind them. */
export function sendTo(node: DevNode, outputs: readonly TxOutput[]): string {
  const { chain, wallet } = node
  const total = outputs.reduce((sum, { value }) => sum + value, 0n)
  const coins = wallet.pick(chain, total + FEE, 500)
  const [first] = coins ?? []
  if (!coins || !first) throw new RpcError(-4, 'Insufficient funds')
  const hex = pay(chain, wallet, { coins, outputs, changeScript: first.script })
  node.known.add(tx.txidOf(hex))
  return node.submit(hex)
}

function outputOf(name: string, amount: unknown, problem: string): TxOutput {
  const address = tx.decodeAddress(name)
  if (!address) throw new RpcError(-5, problem)
  const value = amountOf(amount)
  if (value <= 0n) throw new RpcError(-3, 'Invalid amount for send')
  return { value, script: tx.addressScript(address) }
}

const sendtoaddress: Call = (node, params) =>
  sendTo(node, [outputOf(text(params, 0), params[1], 'Invalid Komodo address')])

const sendmany: Call = (node, params) => {
  const targets = Object.entries(object(params, 1))
  return sendTo(
    node,
    targets.map(([name, amount]) => outputOf(name, amount, `Invalid Komodo address or pubkey: ${name}`)),
  )
}

const lockunspent: Call = ({ wallet }, params) => {
  if (params.length < 1 || params.length > 2) throw usage('lockunspent unlock [{"txid":"txid","vout":n},...]')
  expectTypes(params, ['bool', 'array'])
  const outpoints = params[1] === undefined ? null : array(params, 1).map(outpointOf)
  if (flag(params, 0, false)) wallet.unlock(outpoints)
  else wallet.lock(outpoints ?? [])
  return true
}

function outpointOf(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    throw new RpcError(-8, 'Invalid parameter, expected object')
  const [txid, vout] = [member(value, 'txid', 'string'), member(value, 'vout', 'number')]
  if (!isHex(txid)) throw new RpcError(-8, 'Invalid parameter, expected hex txid')
  if (vout < 0) throw new RpcError(-8, 'Invalid parameter, vout must be positive')
  return `${looseId(txid)}:${vout}`
}

const gettransaction: Call = ({ chain, wallet }, params) => {
  const txid = looseId(text(params, 0))
  const stored = chain.find(txid)
  const own = stored ? ownValue(chain, wallet, stored.tx) : null
  if (!stored || own === null || !wallet.sees(chain, txid))
    throw new RpcError(-5, 'Invalid or non-wallet transaction id')
  const block = chain.blockOf(txid)
  const confirmations = Math.max(0, chain.confirmations(txid))
  const entered = Math.floor((chain.mempool.get(txid)?.time ?? 0) / 1000)
  const time = block?.header.time ?? entered
  return {
    amount: own,
    rawconfirmations: confirmations,
    confirmations,
    ...(block && { blockhash: block.hash, blockindex: block.txids.indexOf(txid), blocktime: time }),
    expiryheight: stored.tx.expiryHeight,
    txid,
    walletconflicts: [],
    time,
    timereceived: time,
    vjoinsplit: [],
    details: [],
    hex: stored.hex,
  }
}

/** What a transaction brought the wallet, less what it cost; null if it is none of its own. */
function ownValue(chain: Chain, wallet: Wallet, { inputs, outputs }: Transaction): bigint | null {
  const spent = inputs.flatMap((input) => chain.output(input.txid, input.vout) ?? [])
  const [received, paid] = [outputs, spent].map((list) =>
    list.filter(({ script }) => wallet.isMine(script)).map(({ value }) => value),
  ) as [bigint[], bigint[]]
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n)
  return received.length + paid.length === 0 ? null : sum(received) - sum(paid)
}

/** Blocks are mined by the first operator's node, on chains that begin empty only while this says so. */
const setgenerate: Call = (node, params) => {
  if (params.length < 1 || params.length > 2) throw usage('setgenerate generate ( genproclimit )')
  node.options.ledger.generating = flag(params, 0, true)
  integer(params, 1, 1)
  return null
}

const setpubkey: Call = (node, params) => {
  const pubkey = text(params, 0).toLowerCase()
  if (node.pubkey !== null)
    return {
      error: 'Can only set pubkey once, to change it you need to restart your daemon.',
      address: tx.pubkeyAddress(node.pubkey),
      pubkey: node.pubkey,
    }
  if (pubkey.length !== 66) return { error: 'pubkey is wrong length, must be 66 char hex string.' }
  node.pubkey = pubkey
  const missing = !node.wallet.keys.has(pubkey)
  return {
    WARNING: missing ? 'privkey for this pubkey is not imported to wallet!' : undefined,
    address: tx.pubkeyAddress(pubkey),
    pubkey,
  }
}

export const WALLET_CALLS: Readonly<Record<string, Call>> = {
  validateaddress,
  importaddress,
  importprivkey,
  dumpprivkey,
  createmultisig,
  addmultisigaddress,
  listunspent,
  getbalance,
  createrawtransaction,
  decoderawtransaction,
  sendrawtransaction,
  signrawtransaction,
  sendtoaddress,
  sendmany,
  lockunspent,
  gettransaction,
  setpubkey,
  setgenerate,
  getgenerate: ({ options }) => options.ledger.generating,
}
