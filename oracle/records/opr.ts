/** Oracle Price Records: what they hold and how each version is written (docs/protocol/records-and-grading.md#entry). */
import { ASSETS, type OprVersion } from '../../pegnet/index.js'
import { fail } from './errors.js'
import { decodeJson, encodeJson } from './json.js'
import { priceToNumber, roundPrice } from './prices.js'
import { decodeProto, encodeProto, type ProtoFields } from './proto.js'

export type { OprVersion }

/** One miner's prices for one block. */
export interface Opr {
  readonly version: OprVersion
  /** Factoid address (FA…) that the reward goes to. */
  readonly address: string
  /** The miner's name. Bytes beyond ASCII appear one character each. */
  readonly identity: string
  /** Height of the block that the record must land in (int32). */
  readonly height: number
  /** Short hashes of the last winners, best first: 16 hex digits each, or '' each before the first winners. */
  readonly winners: readonly string[]
  /** USD per unit in 1e-8, in the order of `ASSETS[version]`. A hostile record may hold more or fewer. */
  readonly prices: readonly bigint[]
}

/** What a record's content says, before any rule is applied. */
export interface OprContent {
  readonly opr: Opr
  /** The prices as the doubles that grading works with: USD per unit, record order. */
  readonly values: readonly number[]
  /** Index of the first asset that the content does not name, -1 if it names them all. */
  readonly absent: number
}

/** Most bytes of content that fit into an entry. */
const MAX_CONTENT_BYTES = 10_240

/** How a version is written. Versions 2 to 5 share one form and differ in their assets only. */
const ENCODING: Readonly<Record<OprVersion, 'json' | 'protobuf'>> = {
  1: 'json',
  2: 'protobuf',
  3: 'protobuf',
  4: 'protobuf',
  5: 'protobuf',
}

const UINT64 = 1n << 64n
const SHORT_HASH = /^(?:[0-9a-f]{16})?$/

/** The canonical bytes of a record. Throws `E_OPR_ENCODE` for values that the form cannot hold. */
export function encodeOpr(opr: Opr): Uint8Array {
  const assets = ASSETS[opr.version]
  const encoding = ENCODING[opr.version]
  checkFields(opr, assets, encoding, `version ${opr.version}`)
  return checkLength(encoding === 'json' ? encodeJson(opr, assets) : encodeProto(opr))
}

/** Throws `E_OPR_ENCODE` for the first value that a record cannot hold. */
export function checkFields(
  fields: ProtoFields,
  assets: readonly string[],
  encoding: 'json' | 'protobuf',
  what: string,
): void {
  const { address, identity, height, winners, prices } = fields
  if (prices.length !== assets.length)
    throw fail('E_OPR_ENCODE', `${what} prices ${assets.length} assets, the record ${prices.length}`)
  // JSON holds doubles: the one next to the largest integers is 2^64 itself.
  const held = (price: bigint): bigint => (encoding === 'json' ? roundPrice(priceToNumber(price)) : price)
  prices.forEach((price, k) => {
    if (price < 0n || price >= UINT64 || held(price) >= UINT64)
      throw fail('E_OPR_ENCODE', `the price of ${assets[k]} is out of range`)
  })
  if (!Number.isInteger(height) || height !== (height | 0))
    throw fail('E_OPR_ENCODE', 'the height is no 32-bit integer')
  if (!winners.every((winner) => SHORT_HASH.test(winner)))
    throw fail('E_OPR_ENCODE', 'a previous winner is neither empty nor 16 hex digits')
  if (encoding === 'protobuf' && /[^\0-\xff]/.test(address + identity))
    throw fail('E_OPR_ENCODE', 'address and identity must not hold characters beyond one byte')
}

/** Throws `E_OPR_ENCODE` for content that no entry has room for. */
export function checkLength(content: Uint8Array): Uint8Array {
  if (content.length > MAX_CONTENT_BYTES)
    throw fail('E_OPR_ENCODE', `${content.length} bytes are more than an entry holds`)
  return content
}

/**
 * Reads content of any origin with the reference's rules. Whether the record is *valid* (height, assets,
 * winners …) is not asked here. Throws `E_OPR_DECODE`, its message in the reference's words where it has some.
 */
export function decodeContent(version: OprVersion, content: Uint8Array): OprContent {
  refuseLong(content)
  const assets = ASSETS[version]
  if (ENCODING[version] === 'json') {
    const { values, absent, ...fields } = decodeJson(content, assets)
    return { opr: { version, ...fields }, values, absent }
  }
  const { values, ...fields } = decodeProto(content)
  return {
    opr: { version, ...fields },
    values,
    absent: values.length < assets.length ? values.length : -1,
  }
}

/** Throws `E_OPR_DECODE` for content that no entry has room for. */
export function refuseLong(content: Uint8Array): void {
  if (content.length > MAX_CONTENT_BYTES)
    throw fail('E_OPR_DECODE', `${content.length} bytes are more than an entry holds`)
}

/** The record in an entry's content. Throws `E_OPR_DECODE`. */
export function decodeOpr(version: OprVersion, content: Uint8Array): Opr {
  return decodeContent(version, content).opr
}
