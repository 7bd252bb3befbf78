/** Scripts: reading their pushes, building and recognising the forms that the relay meets. All scripts are hex. */
import { fromHex, hash160, hexBytes, toHex } from './bytes.js'

export const OP = {
  PUSHDATA1: 0x4c,
  PUSHDATA2: 0x4d,
  PUSHDATA4: 0x4e,
  NEGATE1: 0x4f,
  ONE: 0x51,
  SIXTEEN: 0x60,
  RETURN: 0x6a,
  DUP: 0x76,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  HASH160: 0xa9,
  CHECKSIG: 0xac,
  CHECKMULTISIG: 0xae,
  CHECKCRYPTOCONDITION: 0xcc,
} as const

/** One step of a script; `data` is hex and only there for pushes (empty for OP_0). */
export interface ScriptStep {
  readonly op: number
  readonly data?: string
}

/** The steps, or `null` if a push runs over the end. */
export function stepsOf(script: string): ScriptStep[] | null {
  const bytes = fromHex(script)
  if (!bytes) return null
  const buffer = Buffer.from(bytes)
  const steps: ScriptStep[] = []
  let at = 0
  while (at < buffer.length) {
    const op = buffer.readUInt8(at++)
    const width = { [OP.PUSHDATA1]: 1, [OP.PUSHDATA2]: 2, [OP.PUSHDATA4]: 4 }[op]
    if (op > OP.PUSHDATA4) {
      steps.push({ op })
      continue
    }
    if (width !== undefined && at + width > buffer.length) return null
    const length = width === undefined ? op : buffer.readUIntLE(at, width)
    at += width ?? 0
    if (at + length > buffer.length) return null
    steps.push({ op, data: buffer.toString('hex', at, at + length) })
    at += length
  }
  return steps
}

/** A push of hex in its shortest length form, as nodes write it. */
export function push(data: string): string {
  const length = data.length / 2
  if (length < OP.PUSHDATA1) return byte(length) + data
  if (length <= 0xff) return byte(OP.PUSHDATA1) + byte(length) + data
  const size = Buffer.alloc(length <= 0xffff ? 2 : 4)
  size.writeUIntLE(length, 0, size.length)
  return byte(length <= 0xffff ? OP.PUSHDATA2 : OP.PUSHDATA4) + size.toString('hex') + data
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** Pays to a public key (hex). */
export function payToPubkey(pubkey: string): string {
  return `${push(pubkey)}ac`
}

/** Pays to the hash (20 bytes, hex) of a public key. */
export function payToPubkeyHash(hash: string): string {
  return `76a914${hash}88ac`
}

/** Pays to the hash (20 bytes, hex) of a script. */
export function payToScriptHash(hash: string): string {
  return `a914${hash}87`
}

/** `m pk1 … pkN n CHECKMULTISIG`, keys in the given order. */
export function multisigScript(m: number, pubkeys: readonly string[]): string {
  return `${byte(0x50 + m)}${pubkeys.map(push).join('')}${byte(0x50 + pubkeys.length)}ae`
}

export function opReturn(data: string): string {
  return `6a${push(data)}`
}

/** The data behind OP_RETURN (hex), or `null` if the script is none, or not exactly one push. */
export function opReturnData(script: string): string | null {
  if (!script.startsWith('6a')) return null
  const steps = stepsOf(script)
  return steps?.length === 2 ? (steps[1]?.data ?? null) : null
}

export type ScriptKind =
  | { readonly kind: 'pubkey'; readonly pubkey: string }
  | { readonly kind: 'pubkeyhash'; readonly hash: string }
  | { readonly kind: 'scripthash'; readonly hash: string }
  | { readonly kind: 'multisig'; readonly m: number; readonly pubkeys: readonly string[] }
  /** `condition`: the crypto-condition's binary form, hex. */
  | { readonly kind: 'cryptocondition'; readonly condition: string }
  | { readonly kind: 'nulldata' }
  | { readonly kind: 'nonstandard' }

const PUBKEY = /^(?:0[23][0-9a-f]{64}|04[0-9a-f]{128})$/

/** What a script asks of its spender. */
export function scriptKind(script: string): ScriptKind {
  const hash = /^76a914([0-9a-f]{40})88ac$/.exec(script)?.[1]
  if (hash !== undefined) return { kind: 'pubkeyhash', hash }
  const scriptHash = /^a914([0-9a-f]{40})87$/.exec(script)?.[1]
  if (scriptHash !== undefined) return { kind: 'scripthash', hash: scriptHash }
  const steps = stepsOf(script)
  if (steps?.[0]?.op === OP.RETURN) return { kind: 'nulldata' }
  const [first, second] = steps ?? []
  if (steps?.length === 2 && first?.data !== undefined) {
    if (second?.op === OP.CHECKSIG && PUBKEY.test(first.data)) return { kind: 'pubkey', pubkey: first.data }
    if (second?.op === OP.CHECKCRYPTOCONDITION) return { kind: 'cryptocondition', condition: first.data }
  }
  return multisigKind(steps) ?? { kind: 'nonstandard' }
}

function multisigKind(steps: readonly ScriptStep[] | null): ScriptKind | null {
  if (!steps || steps.length < 4 || steps.at(-1)?.op !== OP.CHECKMULTISIG) return null
  const m = smallNumber(steps[0])
  const n = smallNumber(steps.at(-2))
  const pubkeys = steps.slice(1, -2).map(({ data }) => data ?? '')
  if (m === null || n !== pubkeys.length || m < 1 || m > n || !pubkeys.every((key) => PUBKEY.test(key)))
    return null
  return { kind: 'multisig', m, pubkeys }
}

function smallNumber(step: ScriptStep | undefined): number | null {
  return step && step.op >= OP.ONE && step.op <= OP.SIXTEEN ? step.op - 0x50 : null
}

/** RIPEMD-160 of SHA-256 of hex, as hex. */
export function hash160Hex(hex: string): string {
  return toHex(hash160(hexBytes(hex)))
}
