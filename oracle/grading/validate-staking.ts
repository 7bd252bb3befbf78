/**
 * Which staking records take part in grading: each version's checks
 * (docs/protocol/records-and-grading.md#staking-records).
 */
import { isCoded } from '../../base/index.js'
import { STAKING_ASSETS, type SprVersion } from '../../pegnet/index.js'
import { verifyEd25519 } from '../../factom/index.js'
import { decodeSpr, priceToNumber, type Spr } from '../records/index.js'
import { addressProblem } from './address.js'
import type { OprEntry } from './validate.js'

/** What a staking record must agree with. */
export interface ExpectedStaking {
  readonly version: SprVersion
  readonly height: number
}

export type CheckedStakingEntry =
  | { readonly accepted: true; readonly spr: Spr; readonly values: readonly number[] }
  | { readonly accepted: false; readonly reason: string }

const KEY_BYTES = 32
const SIGNED_BYTES = 96

/**
 * Whether an entry of the staking chain takes part in the grading of its block. External ids are the version, the
 * staker's RCD hash, and a public key with its signature of the content. The rules do not check whose key it is, and
 * version 5 does not look at it at all. Whether the staker's balance entitles him to take part is not asked here.
 */
export function checkStakingEntry(entry: OprEntry, expected: ExpectedStaking): CheckedStakingEntry {
  const reason = entryProblem(entry, expected.version)
  if (reason !== null) return { accepted: false, reason }
  let spr: Spr
  try {
    spr = decodeSpr(entry.content)
  } catch (error) {
    if (!isCoded(error)) throw error
    return { accepted: false, reason: error.message }
  }
  const later =
    (expected.version === 5 ? null : signatureProblem(entry)) ?? recordProblem(spr, expected.height)
  if (later !== null) return { accepted: false, reason: later }
  return { accepted: true, spr, values: spr.prices.map(priceToNumber) }
}

function entryProblem({ hash, extIds }: OprEntry, expected: SprVersion): string | null {
  const [version] = extIds
  if (!/^[0-9a-f]{64}$/.test(hash)) return 'invalid entry hash length'
  if (extIds.length !== 3) return 'invalid extid count'
  return version?.length === 1 && version[0] === expected ? null : 'invalid version'
}

function signatureProblem({ extIds, content }: OprEntry): string | null {
  const signed = extIds[2] as Uint8Array
  if (signed.length !== SIGNED_BYTES) return 'invalid signature length'
  const [key, signature] = [signed.subarray(0, KEY_BYTES), signed.subarray(KEY_BYTES)]
  return verifyEd25519(key, content, signature) ? null : 'invalid signature'
}

function recordProblem({ height, prices, address }: Spr, expected: number): string | null {
  if (height !== expected) return 'invalid height'
  if (prices.length !== STAKING_ASSETS.length) return 'invalid assets'
  if (prices.includes(0n)) return 'assets must be greater than 0'
  const problem = addressProblem(address)
  return problem && `factoidaddress is invalid : ${problem}`
}
