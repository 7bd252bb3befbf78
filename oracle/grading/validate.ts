/**
 * Which entries take part in grading, and why the others do not: each version's checks in the reference's order
 * (docs/protocol/records-and-grading.md#validation).
 */
import { isCoded } from '../../base/index.js'
import type { OprVersion } from '../../pegnet/index.js'
import { ASSETS, decodeContent, type OprContent } from '../records/index.js'
import { addressProblem } from './address.js'
import { GRADING_RULES } from './rules.js'

/** An entry of the chain of price records. */
export interface OprEntry {
  /** Entry hash, hex. */
  readonly hash: string
  readonly extIds: readonly Uint8Array[]
  readonly content: Uint8Array
}

/** What a record must agree with. */
export interface Expected {
  readonly version: OprVersion
  readonly height: number
  readonly previousWinners: readonly string[]
}

/** Returns the reason of a refusal in the reference's words. */
type EntryCheck = (entry: OprEntry, expected: Expected) => string | null
type ContentCheck = (content: OprContent, expected: Expected) => string | null

const zeroFrom = (values: readonly number[], first: number) =>
  values.findIndex((value, k) => k >= first && value === 0)
const when = (refused: boolean, reason: string): string | null => (refused ? reason : null)

const hashLength: EntryCheck = ({ hash }) => when(!/^[0-9a-f]{64}$/.test(hash), 'invalid entry hash length')
const extIdCount: EntryCheck = ({ extIds }) => when(extIds.length !== 3, 'invalid extid count')
const claimLength: EntryCheck = ({ extIds }) =>
  when(extIds[1]?.length !== 8, 'self reported difficulty must be 8 bytes')
const versionByte: EntryCheck = ({ extIds: [, , byte] }, { version }) =>
  when(byte?.length !== 1 || byte[0] !== version, 'invalid version')

const height: ContentCheck = ({ opr }, expected) => when(opr.height !== expected.height, 'invalid height')
const address: ContentCheck = ({ opr }) => {
  const problem = addressProblem(opr.address)
  return problem && `factoidaddress is invalid : ${problem}`
}
const identity: ContentCheck = ({ opr }) =>
  when(
    !/^[a-zA-Z0-9,]+$/.test(opr.identity),
    'only alphanumeric characters and commas are allowed in the identity',
  )
const assetCount: ContentCheck = ({ values }, { version }) =>
  when(values.length !== ASSETS[version].length, 'invalid assets')
/** Prices from the asset `first` on must not be 0. */
const noZero =
  (first: number): ContentCheck =>
  ({ values }) =>
    when(zeroFrom(values, first) >= 0, 'assets must be greater than 0')
/** Version 1 looks at the assets one by one: the first that is absent or 0 decides the reason. */
const namedPrices: ContentCheck = ({ values, absent }) => {
  const zero = zeroFrom(values, 1)
  if (absent >= 0 && (zero < 0 || absent <= zero)) return 'asset list is not correct'
  return when(zero >= 0, 'all values other than PNT must be nonzero')
}
const winnerCount =
  (counts: readonly number[]): ContentCheck =>
  ({ opr }) =>
    when(
      !counts.includes(opr.winners.length),
      `must have exactly ${counts.join(' or ')} previous winning shorthashes`,
    )
const winnerFormat =
  (reason: string): ContentCheck =>
  ({ opr }, { version }) =>
    when(!areShortHashes(opr.winners, GRADING_RULES[version].previous), reason)
const sameWinners: ContentCheck = ({ opr: { winners } }, { previousWinners }) =>
  when(
    winners.length !== previousWinners.length || winners.some((hash, k) => hash !== previousWinners[k]),
    'incorrect set of previous winners',
  )

interface Checks {
  readonly entry: readonly EntryCheck[]
  readonly content: readonly ContentCheck[]
}

const ENTRY: readonly EntryCheck[] = [hashLength, extIdCount, claimLength, versionByte]
const OWNER: readonly ContentCheck[] = [address, identity]
const WINNERS: readonly ContentCheck[] = [winnerFormat('incorrect amount of previous winners'), sameWinners]
const V4: Checks = { entry: ENTRY, content: [height, assetCount, noZero(0), ...OWNER, ...WINNERS] }

const CHECKS: Readonly<Record<OprVersion, Checks>> = {
  1: {
    entry: [hashLength, extIdCount, versionByte, claimLength],
    content: [height, namedPrices, winnerFormat('invalid list of previous winners'), sameWinners],
  },
  2: {
    entry: ENTRY,
    content: [height, assetCount, noZero(1), winnerCount([10, 25]), ...OWNER, ...WINNERS],
  },
  3: {
    entry: ENTRY,
    content: [height, assetCount, noZero(0), winnerCount([25]), ...OWNER, ...WINNERS],
  },
  4: V4,
  5: V4,
}

export type CheckedEntry =
  | { readonly accepted: true; readonly content: OprContent }
  | { readonly accepted: false; readonly reason: string }

/** Whether an entry takes part in the grading of its block. Proof of work is not looked at here. */
export function checkEntry(entry: OprEntry, expected: Expected): CheckedEntry {
  const checks = CHECKS[expected.version]
  for (const check of checks.entry) {
    const reason = check(entry, expected)
    if (reason !== null) return { accepted: false, reason }
  }
  let content: OprContent
  try {
    content = decodeContent(expected.version, entry.content)
  } catch (error) {
    if (!isCoded(error)) throw error
    return { accepted: false, reason: error.message }
  }
  for (const check of checks.content) {
    const reason = check(content, expected)
    if (reason !== null) return { accepted: false, reason }
  }
  return { accepted: true, content }
}

/**
 * True for a list of an allowed length that holds 16 hex digits each, or nothing each. Which of the two, the first
 * of them decides.
 */
export function areShortHashes(winners: readonly string[], lengths: readonly number[]): boolean {
  const form = winners[0] === '' ? /^$/ : /^[0-9a-fA-F]{16}$/
  return lengths.includes(winners.length) && winners.every((winner) => form.test(winner))
}
