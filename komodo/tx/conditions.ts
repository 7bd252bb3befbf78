/**
 * Crypto-conditions, as far as Komodo's contract modules use them: trees of thresholds, secp256k1 keys and evaluation
 * codes. An output holds the tree's condition (a fingerprint), its spender the fulfilment (the tree with signatures).
 * Both are DER as in draft-thomas-crypto-conditions, with implicit tags.
 */
import { hexBytes, sha256, toHex } from './bytes.js'
import { OP, push, stepsOf } from './script.js'

export type Condition =
  | { readonly type: 'threshold'; readonly need: number; readonly parts: readonly Condition[] }
  /** `signature`: 64 bytes, hex, when it is known. */
  | { readonly type: 'key'; readonly pubkey: string; readonly signature?: string }
  /** Hex of the module's code and its parameters. */
  | { readonly type: 'eval'; readonly code: string }
  /** A part that is not fulfilled: only its condition is known. */
  | { readonly type: 'anon'; readonly condition: string }

/** Evaluation codes of the modules that the relay meets. */
export const EVAL = { oracles: 'ec', gateways: 'f1', tokens: 'f2', pegs: 'ee', importCoin: 'e2' } as const

/** The gateways module's key; its private half is public. */
export const GATEWAYS_PUBKEY = '03ea9c062b9652d8eff34879b504eda0717895d27597aaeb60347d65eed96ccb40'

const TYPE = { threshold: 2, key: 5, eval: 15 } as const
const KEY_COST = 131_072
const EVAL_COST = 1_048_576

/** The module's plain condition: its code, and a signature by this key. */
export function moduleCondition(code: string, pubkey: string): Condition {
  return threshold(2, [threshold(1, [{ type: 'key', pubkey }]), { type: 'eval', code }])
}

/** Tokens held by another module: both codes, and a signature by this key. */
export function tokenCondition(code: string, pubkey: string): Condition {
  return threshold(3, [
    threshold(1, [{ type: 'key', pubkey }]),
    { type: 'eval', code },
    { type: 'eval', code: EVAL.tokens },
  ])
}

/** The module's condition that either of two keys can fulfil. */
export function sharedCondition(code: string, pubkeys: readonly [string, string]): Condition {
  return threshold(2, [eitherKey(pubkeys), { type: 'eval', code }])
}

/** Tokens held by another module, that either of two keys can release. */
export function sharedTokenCondition(code: string, pubkeys: readonly [string, string]): Condition {
  return threshold(3, [eitherKey(pubkeys), { type: 'eval', code }, { type: 'eval', code: EVAL.tokens }])
}

function eitherKey(pubkeys: readonly [string, string]): Condition {
  return threshold(
    1,
    pubkeys.map((pubkey) => ({ type: 'key', pubkey })),
  )
}

function threshold(need: number, parts: readonly Condition[]): Condition {
  return { type: 'threshold', need, parts }
}

/** The output script of a condition: its binary form, then CHECKCRYPTOCONDITION. */
export function conditionScript(condition: Condition): string {
  return `${push(toHex(conditionBytes(condition)))}${OP.CHECKCRYPTOCONDITION.toString(16)}`
}

/** The signature script that fulfils a condition: the fulfilment and the hash type (ALL), in one push. */
export function fulfilmentScript(condition: Condition): string {
  return push(`${toHex(fulfilment(condition))}01`)
}

/** A condition's script without the parameters that may follow CHECKCRYPTOCONDITION. */
export const bareScript = (condition: string): string => `${push(condition)}cc`

/** The tree with a signature by `sign` at every key that `pubkey` names. */
export function signCondition(condition: Condition, pubkey: string, signature: string): Condition {
  if (condition.type === 'threshold')
    return { ...condition, parts: condition.parts.map((part) => signCondition(part, pubkey, signature)) }
  return condition.type === 'key' && condition.pubkey === pubkey ? { ...condition, signature } : condition
}

function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents)
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length <= 0xff
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...length), body]))
}

/** A positive whole number as DER writes it: no leading zeros, but one where the sign bit would be set. */
function derNumber(tag: number, value: number): Uint8Array {
  const hex = value.toString(16)
  const even = hex.length % 2 ? `0${hex}` : hex
  return der(tag, hexBytes(/^[89a-f]/.test(even) ? `00${even}` : even))
}

/** DER's order of a set: shorter encodings of the fulfilment first, then by bytes. */
function sorted(parts: readonly Uint8Array[]): Uint8Array[] {
  return [...parts].sort((a, b) => Buffer.compare(a, b))
}

interface Shape {
  readonly type: number
  readonly fingerprint: Uint8Array
  readonly cost: number
  /** Types that occur below, as a bit mask. */
  readonly below: number
}

function shapeOf(condition: Condition): Shape {
  switch (condition.type) {
    case 'anon':
      return anonShape(condition.condition)
    case 'key':
      return {
        type: TYPE.key,
        fingerprint: sha256(der(0x30, der(0x80, hexBytes(condition.pubkey)))),
        cost: KEY_COST,
        below: 0,
      }
    case 'eval':
      return { type: TYPE.eval, fingerprint: sha256(hexBytes(condition.code)), cost: EVAL_COST, below: 0 }
    case 'threshold':
      return thresholdShape(condition)
  }
}

function thresholdShape({ need, parts }: Extract<Condition, { type: 'threshold' }>): Shape {
  const shapes = parts.map(shapeOf)
  const costs = shapes.map(({ cost }) => cost).sort((a, b) => b - a)
  const cost = costs.slice(0, need).reduce((sum, each) => sum + each, 0) + 1024 * parts.length
  const below = shapes.reduce((mask, shape) => mask | shape.below | (1 << shape.type), 0)
  return {
    type: TYPE.threshold,
    fingerprint: sha256(der(0x30, derNumber(0x80, need), der(0xa1, ...sorted(parts.map(conditionBytes))))),
    cost,
    below: below & ~(1 << TYPE.threshold),
  }
}

function anonShape(condition: string): Shape {
  const [node] = derNodes(hexBytes(condition))
  if (!node) throw new RangeError('no condition')
  const [fingerprint, cost, types] = derNodes(node.body)
  if (!fingerprint || !cost) throw new RangeError('not a condition')
  return {
    type: node.tag - 0xa0,
    fingerprint: fingerprint.body,
    cost: Number.parseInt(toHex(cost.body), 16),
    below: types ? bitMask(types.body) : 0,
  }
}

/** The condition's binary form, as in an output. */
function conditionBytes(condition: Condition): Uint8Array {
  if (condition.type === 'anon') return hexBytes(condition.condition)
  const shape = shapeOf(condition)
  const parts = [der(0x80, shape.fingerprint), derNumber(0x81, shape.cost)]
  if (condition.type === 'threshold') parts.push(der(0x82, bitString(shape.below)))
  return der(0xa0 + shape.type, ...parts)
}

function bitString(mask: number): Uint8Array {
  const highest = 31 - Math.clz32(mask)
  const bytes = new Uint8Array(2 + (highest >> 3))
  bytes[0] = 7 - (highest % 8)
  for (let bit = 0; bit <= highest; bit++)
    if ((mask & (1 << bit)) !== 0)
      bytes[1 + (bit >> 3)] = (bytes[1 + (bit >> 3)] as number) | (1 << (7 - (bit % 8)))
  return bytes
}

function bitMask([, ...bytes]: Uint8Array): number {
  let mask = 0
  for (let bit = 0; bit < Math.min(32, bytes.length * 8); bit++)
    if (((bytes[bit >> 3] as number) & (1 << (7 - (bit % 8)))) !== 0) mask |= 1 << bit
  return mask
}

function isFulfilled(condition: Condition): boolean {
  switch (condition.type) {
    case 'anon':
      return false
    case 'eval':
      return true
    case 'key':
      return condition.signature !== undefined
    case 'threshold':
      return condition.parts.filter(isFulfilled).length >= condition.need
  }
}

/** The fulfilment's binary form. Throws `RangeError` if signatures are missing. */
function fulfilment(condition: Condition): Uint8Array {
  switch (condition.type) {
    case 'anon':
      throw new RangeError('a part of which only the condition is known cannot be fulfilled')
    case 'eval':
      return der(0xa0 + TYPE.eval, der(0x80, hexBytes(condition.code)))
    case 'key':
      if (condition.signature === undefined) throw new RangeError(`no signature by ${condition.pubkey}`)
      return der(
        0xa0 + TYPE.key,
        der(0x80, hexBytes(condition.pubkey)),
        der(0x81, hexBytes(condition.signature)),
      )
    case 'threshold': {
      const ready = condition.parts.filter(isFulfilled).slice(0, condition.need)
      if (ready.length < condition.need) throw new RangeError('too few parts of a threshold are fulfilled')
      const rest = condition.parts.filter((part) => !ready.includes(part))
      return der(
        0xa0 + TYPE.threshold,
        der(0xa0, ...sorted(ready.map(fulfilment))),
        der(0xa1, ...sorted(rest.map(conditionBytes))),
      )
    }
  }
}

/** The tree in a signature script, or `null` if the script holds no fulfilment of the kinds above. */
export function readFulfilment(script: string): Condition | null {
  const steps = stepsOf(script)
  const data = steps?.length === 1 ? steps[0]?.data : undefined
  if (data === undefined || !data.endsWith('01')) return null
  try {
    const bytes = hexBytes(data.slice(0, -2))
    const [node, ...rest] = derNodes(bytes)
    return node && rest.length === 0 ? treeOf(node) : null
  } catch {
    return null
  }
}

interface DerNode {
  readonly tag: number
  readonly body: Uint8Array
}

function derNodes(bytes: Uint8Array): DerNode[] {
  const nodes: DerNode[] = []
  let at = 0
  const next = () => {
    const value = bytes[at++]
    if (value === undefined) throw new RangeError('DER ends too early')
    return value
  }
  while (at < bytes.length) {
    const tag = next()
    let length = next()
    if (length >= 0x80) {
      const width = length & 0x7f
      if (width < 1 || width > 3) throw new RangeError('a DER length that no encoder writes')
      length = 0
      for (let i = 0; i < width; i++) length = length * 256 + next()
    }
    if (at + length > bytes.length) throw new RangeError('DER ends too early')
    nodes.push({ tag, body: bytes.subarray(at, at + length) })
    at += length
  }
  return nodes
}

/** Deeper trees than this are not Komodo's. */
const MAX_DEPTH = 8

function treeOf(node: DerNode, depth = 0): Condition {
  const children = derNodes(node.body)
  const [first, second] = children
  if (depth > MAX_DEPTH || !first) throw new RangeError('not a fulfilment')
  switch (node.tag - 0xa0) {
    case TYPE.eval:
      return { type: 'eval', code: toHex(first.body) }
    case TYPE.key:
      if (!second) throw new RangeError('a key without a signature')
      return { type: 'key', pubkey: toHex(first.body), signature: toHex(second.body) }
    case TYPE.threshold: {
      const ready = derNodes(first.body).map((child) => treeOf(child, depth + 1))
      const rest = derNodes(second?.body ?? new Uint8Array()).map((child): Condition => ({
        type: 'anon',
        condition: toHex(der(child.tag, child.body)),
      }))
      return { type: 'threshold', need: ready.length, parts: [...ready, ...rest] }
    }
    default:
      throw new RangeError('a kind of condition that is not used here')
  }
}
