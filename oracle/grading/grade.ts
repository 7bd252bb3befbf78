/**
 * Grading: the records of one block in, places, payouts and the next winners out
 * (docs/protocol/records-and-grading.md#grading). Pure; the proof of work is a function that is passed in.
 */
import type { OprVersion } from '../../pegnet/index.js'
import { decodeOpr, oprHash, readClaim, shortHash, type Opr } from '../records/index.js'
import { fail } from './errors.js'
import { rank, UNGRADED, type Comparable } from './rank.js'
import { GRADED_RECORDS, GRADING_RULES, type GradingRules } from './rules.js'
import { areShortHashes, checkEntry, type Expected, type OprEntry } from './validate.js'

export interface GradingInput extends Expected {
  /** Short hashes of the last block with winners; none = there never was one. */
  readonly previousWinners: readonly string[]
  /** In the order of the entry block. */
  readonly entries: readonly OprEntry[]
}

/** The first 8 bytes of LXRHash(record hash ‖ nonce) as a big-endian number. */
export type Difficulty = (oprHash: Uint8Array, nonce: Uint8Array) => bigint

/** The same, for callers that may also trust what the record claims. */
export type DifficultyOrClaim = (oprHash: Uint8Array, nonce: Uint8Array, claim: bigint) => bigint

export interface GradedRecord extends Readonly<Comparable> {
  /** Hex. */
  readonly entryHash: string
  readonly opr: Opr
  readonly oprHash: Uint8Array
  readonly nonce: Uint8Array
  /** Claimed, and found to be true. */
  readonly difficulty: bigint
  /** 0 is the best; -1 if the block is not gradable. */
  readonly place: number
  /** PEG in 1e-8; 0 behind the winners. */
  readonly payout: bigint
  /** Index in the block's entries. */
  readonly index: number
}

/** An entry that takes no part, by its index in the block. */
export interface LeftOut {
  readonly index: number
  readonly entryHash: string
  readonly reason: string
}

/** A valid record that others were better than: its claim was never verified. */
export interface Ungraded {
  readonly index: number
  readonly entryHash: string
  readonly claim: bigint
}

export interface GradedBlock {
  readonly version: OprVersion
  readonly height: number
  /** How many entries the block has. */
  readonly entries: number
  /** How many of them passed the checks. */
  readonly records: number
  /** Those that did not, in block order, with the reference's reason. */
  readonly rejected: LeftOut[]
  /** Valid records that were left out: repeated, or with a false claim among those that had to be verified. */
  readonly dropped: LeftOut[]
  /** At most 50, in final order; in order of difficulty if the block is not gradable. */
  readonly graded: GradedRecord[]
  /** Behind the best 50, in order of their claims. */
  readonly ungraded: readonly Ungraded[]
  /** Short hashes that the next record names: this block's, or the previous ones if it is not gradable. */
  readonly winners: string[]
  /** Whether there were enough honest records for winners. */
  readonly gradable: boolean
  /** How many records were graded; stays 50 if the block is not gradable. */
  readonly cutoff: number
  /** The difficulties of `graded`, descending. */
  readonly byDifficulty: bigint[]
}

/**
 * A record on its way through the passes. The record itself is read again for the few that are graded: to keep
 * hundreds of them meanwhile costs more than that.
 */
type Candidate = Comparable & Pick<GradedRecord, 'entryHash' | 'oprHash' | 'nonce' | 'difficulty' | 'index'>

/**
 * Grades a block. Throws `E_GRADING_INPUT` for a negative height or a list of previous winners that the version
 * cannot have. No content of an entry makes it throw.
 */
export function gradeBlock(input: GradingInput, difficulty: DifficultyOrClaim): GradedBlock {
  const rules = GRADING_RULES[input.version]
  const { version, height, entries } = input
  const previousWinners = previousOf(input, rules)

  const rejected: LeftOut[] = []
  const dropped: LeftOut[] = []
  const accepted: Candidate[] = []
  entries.forEach((entry, index) => {
    const checked = checkEntry(entry, { version, height, previousWinners })
    if (checked.accepted) accepted.push(candidateOf(entry, checked.content.values, index))
    else rejected.push({ index, entryHash: entry.hash, reason: checked.reason })
  })
  const drop = ({ index, entryHash }: Candidate, reason: string) =>
    void dropped.push({ index, entryHash, reason })
  const { honest, behind } = honestBest(withoutRepeats(accepted, drop), difficulty, drop)
  const byDifficulty = honest.map((record) => record.difficulty)
  const gradable = honest.length >= rules.winners
  if (gradable) rank(honest, rules, byDescendingDifficulty)

  return {
    version,
    height,
    entries: entries.length,
    records: accepted.length,
    rejected,
    dropped,
    graded: honest.map((record, k) => ({
      ...record,
      opr: decodeOpr(version, (entries[record.index] as OprEntry).content),
      place: gradable ? k : -1,
      payout: (gradable && rules.payouts[k]) || 0n,
    })),
    ungraded: behind.map((record) => ({
      index: record.index,
      entryHash: record.entryHash,
      claim: record.difficulty,
    })),
    winners: gradable
      ? honest.slice(0, rules.winners).map((record) => shortHash(record.entryHash))
      : [...previousWinners],
    gradable,
    cutoff: gradable ? honest.length : GRADED_RECORDS,
    byDifficulty,
  }
}

/** The list that records must name before there ever were winners. */
export function noWinners(version: OprVersion): string[] {
  return new Array<string>(GRADING_RULES[version].winners).fill('')
}

function previousOf(
  { version, height, previousWinners }: GradingInput,
  rules: GradingRules,
): readonly string[] {
  if (!Number.isInteger(height) || height < 0)
    throw fail('E_GRADING_INPUT', `no block has the height ${height}`)
  if (previousWinners.length === 0) return noWinners(version)
  if (areShortHashes(previousWinners, rules.previous)) return previousWinners
  throw fail(
    'E_GRADING_INPUT',
    `block ${height}: a version ${version} block cannot follow this list of ${previousWinners.length} winners`,
  )
}

function candidateOf(
  { hash, extIds, content }: OprEntry,
  values: readonly number[],
  index: number,
): Candidate {
  const [nonce, claim] = extIds as [Uint8Array, Uint8Array]
  return {
    entryHash: hash,
    values,
    oprHash: oprHash(content),
    nonce,
    difficulty: readClaim(claim),
    index,
    ...UNGRADED,
  }
}

type Drop = (record: Candidate, reason: string) => void

/**
 * The first record of each (nonce, record hash). This comes before any proof of work is looked at: a copy with a
 * false claim that stands earlier in the block removes the honest one.
 */
function withoutRepeats(records: readonly Candidate[], drop: Drop): Candidate[] {
  const seen = new Set<string>()
  return records.filter((record) => {
    const key = Buffer.concat([record.nonce, record.oprHash]).toString('latin1')
    if (seen.has(key)) {
      drop(record, 'repeats an earlier entry')
      return false
    }
    seen.add(key)
    return true
  })
}

/** The 50 best claims that are true, and the records behind them. Claims below the 50th true one are never verified. */
function honestBest(
  records: readonly Candidate[],
  difficulty: DifficultyOrClaim,
  drop: Drop,
): { readonly honest: Candidate[]; readonly behind: readonly Candidate[] } {
  const honest: Candidate[] = []
  const sorted = records.toSorted(byDescendingDifficulty)
  for (const [k, record] of sorted.entries()) {
    if (honest.length === GRADED_RECORDS) return { honest, behind: sorted.slice(k) }
    if (difficulty(record.oprHash, record.nonce, record.difficulty) === record.difficulty) honest.push(record)
    else drop(record, 'claims a false difficulty')
  }
  return { honest, behind: [] }
}

function byDescendingDifficulty(a: Candidate, b: Candidate): number {
  if (a.difficulty === b.difficulty) return 0
  return a.difficulty > b.difficulty ? -1 : 1
}
