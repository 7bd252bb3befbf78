/** Transactions as nodes describe them (`decoderawtransaction`), to the byte. */
import { remembered } from '../../base/index.js'
import { addressOfScript } from './address.js'
import { isStrictDer } from './der.js'
import { OP, scriptKind, stepsOf } from './script.js'
import type { ScriptStep } from './script.js'
import { encodeTransaction, isCoinbase, txidOf } from './transaction.js'
import type { Transaction } from './transaction.js'

/** JSON in which a bigint is an amount of satoshis, printed as coins with 8 decimals. */
export type NodeJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly NodeJson[]
  | { readonly [key: string]: NodeJson | undefined }

/** Satoshis as coins with 8 decimals, as nodes print them. */
export function coinsText(satoshis: bigint): string {
  const digits = (satoshis < 0n ? -satoshis : satoshis).toString().padStart(9, '0')
  return `${satoshis < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`
}

/** The text of a reply: no blanks, amounts with 8 decimals, absent members left out. */
export function nodeText(value: NodeJson): string {
  if (typeof value === 'bigint') return coinsText(value)
  if (Array.isArray(value)) return `[${(value as readonly NodeJson[]).map(nodeText).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : `${JSON.stringify(key)}:${nodeText(member)}`,
  )
  return `{${members.join(',')}}`
}

const NAMES = new Map<number, string>([
  [OP.NEGATE1, '-1'],
  [OP.RETURN, 'OP_RETURN'],
  [OP.DUP, 'OP_DUP'],
  [OP.EQUAL, 'OP_EQUAL'],
  [OP.EQUALVERIFY, 'OP_EQUALVERIFY'],
  [OP.HASH160, 'OP_HASH160'],
  [OP.CHECKSIG, 'OP_CHECKSIG'],
  [OP.CHECKMULTISIG, 'OP_CHECKMULTISIG'],
  [OP.CHECKCRYPTOCONDITION, 'OP_CHECKCRYPTOCONDITION'],
])
const HASH_TYPES: Readonly<Record<number, string>> = {
  1: 'ALL',
  2: 'NONE',
  3: 'SINGLE',
  0x81: 'ALL|ANYONECANPAY',
  0x82: 'NONE|ANYONECANPAY',
  0x83: 'SINGLE|ANYONECANPAY',
}

/** A script in words; `signatures`: the hash type of a signature is told behind it. */
function asmOf(script: string, signatures = false): string {
  const steps = stepsOf(script)
  if (!steps) return `${wordsOf(script)} [error]`.trimStart()
  return steps.map((step) => wordOf(step, signatures && !script.startsWith('6a'))).join(' ')
}

/** The words up to the push that runs over the end. */
function wordsOf(script: string): string {
  for (let end = script.length - 2; end > 0; end -= 2) {
    const steps = stepsOf(script.slice(0, end))
    if (steps) return steps.map((step) => wordOf(step, false)).join(' ')
  }
  return ''
}

function wordOf({ op, data }: ScriptStep, signatures: boolean): string {
  if (data === undefined) {
    if (op >= OP.ONE && op <= OP.SIXTEEN) return String(op - 0x50)
    return NAMES.get(op) ?? 'OP_UNKNOWN'
  }
  if (data.length <= 8) return String(scriptNumber(data))
  const type = HASH_TYPES[Number.parseInt(data.slice(-2), 16)]
  if (signatures && type !== undefined && isStrictDer(data)) return `${data.slice(0, -2)}[${type}]`
  return data
}

/** Little-endian, the highest bit is the sign. */
function scriptNumber(data: string): number {
  const bytes = Buffer.from(data, 'hex')
  if (bytes.length === 0) return 0
  const negative = ((bytes.at(-1) as number) & 0x80) !== 0
  const value = bytes.reduce((sum, byte, i) => {
    const bits = i === bytes.length - 1 ? byte & 0x7f : byte
    return sum + bits * 256 ** i
  }, 0)
  return negative ? -value : value
}

/** Nodes describe the same scripts with each reply. */
const MOST_SCRIPTS = 1024

export const scriptJson = remembered(MOST_SCRIPTS, (script): NodeJson => {
  const kind = scriptKind(script)
  const address = addressOfScript(script)
  const addresses =
    kind.kind === 'multisig' ? kind.pubkeys.map((key) => addressOfScript(`21${key}ac`)) : [address]
  return {
    asm: asmOf(script),
    hex: script,
    reqSigs: kind.kind === 'multisig' ? kind.m : address === null ? undefined : 1,
    type: kind.kind,
    addresses: address === null && kind.kind !== 'multisig' ? undefined : addresses,
  }
})

/** The reply of `decoderawtransaction`; `valueName`: what the satoshis of an output are called. */
export function transactionJson(tx: Transaction, valueName: 'valueZat' | 'valueSat' = 'valueZat') {
  const coinbase = isCoinbase(tx)
  const sapling = tx.overwintered && tx.version >= 4
  return {
    txid: txidOf(tx),
    overwintered: tx.overwintered,
    version: tx.version,
    versiongroupid: tx.overwintered ? tx.versionGroupId.toString(16).padStart(8, '0') : undefined,
    locktime: tx.lockTime,
    expiryheight: tx.overwintered ? tx.expiryHeight : undefined,
    vin: tx.inputs.map(({ txid, vout, script, sequence }) => ({
      ...(coinbase ? { coinbase: script } : { txid, vout }),
      scriptSig: coinbase ? undefined : { asm: asmOf(script, true), hex: script },
      sequence,
    })),
    vout: tx.outputs.map(({ value, script }, n) => ({
      value,
      [valueName]: Number(value),
      n,
      scriptPubKey: scriptJson(script),
    })),
    vjoinsplit: [],
    valueBalance: sapling ? tx.valueBalance : undefined,
    vShieldedSpend: sapling ? [] : undefined,
    vShieldedOutput: sapling ? [] : undefined,
  } satisfies NodeJson
}

/** Size on the wire, in bytes. */
export function sizeOf(tx: Transaction): number {
  return encodeTransaction(tx).length / 2
}
