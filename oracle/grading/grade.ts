/**
 * Grading: the records of one block in, places, payouts and the next winners out (PegNet grader V1 to V5).
 * Pure; the proof of work is a function that is passed in.
 */
import type { OprVersion } from '../../config/index.js'
import type { Opr } from '../records/index.js'
import { oprHash, readClaim, shortHash } from '../records/index.js'
import { gradeOf } from './average.js'
import { fail } from './errors.js'
import { BAND_RECORDS, GRADED_RECORDS, GRADING_RULES } from './rules.js'
import type { GradingRules } from './rules.js'
import { areShortHashes, checkEntry } from './validate.js'
import type { OprEntry } from './validate.js'

export interface GradingInput {
  readonly version: OprVersion
  readonly height: number
  /** Short hashes of the last block with winners; none = there never was one. */
  readonly previousWinners: readonly string[]
  /** In the order of the entry block. */
  readonly entries: readonly OprEntry[]
}

/** The first 8 bytes of LXRHash(record hash ‖ nonce) as a big-endian number. */
export type Difficulty = (oprHash: Uint8Array, nonce: Uint8Array) => bigint

export interface GradedRecord {
  /** Hex. */
  readonly entryHash: string
  readonly opr: Opr
  readonly oprHash: Uint8Array
  readonly nonce: Uint8Array
  /** Claimed, and found to be true. */
  readonly difficulty: bigint
  /** Distance from the averages in the last pass that the record took part in; 0 is best. */
  readonly grade: number
  /** 0 is the best; -1 if the block is not gradable. */
  readonly place: number
  /** PEG in 1e-8; 0 behind the winners. */
  readonly payout: bigint
  /** Index in the block's entries. */
  readonly index: number
}

export interface GradedBlock {
  readonly version: OprVersion
  readonly height: number
  /** How many entries the block has. */
  readonly entries: number
  /** How many of them passed the checks. */
  readonly records: number
  /** Those that did not, in block order, with the reference's reason. */
  readonly rejected: { readonly index: number; readonly entryHash: string; readonly reason: string }[]
  /** Valid records that were left out: repeated, or with a false claim among those that had to be verified. */
  readonly dropped: { readonly index: number; readonly entryHash: string; readonly reason: string }[]
  /** At most 50, in final order; in order of difficulty if the block is not gradable. */
  readonly graded: GradedRecord[]
  /** Short hashes that the next record names: this block's, or the previous ones if it is not gradable. */
  readonly winners: string[]
  /** Whether there were enough honest records for winners. */
  readonly gradable: boolean
  /** How many records were graded; stays 50 if the block is not gradable. */
  readonly cutoff: number
  /** The difficulties of `graded`, descending. */
  readonly byDifficulty: bigint[]
}

/** A record on its way through the passes. */
interface Candidate {
  readonly entryHash: string
  readonly opr: Opr
  readonly values: readonly number[]
  readonly oprHash: Uint8Array
  readonly nonce: Uint8Array
  readonly difficulty: bigint
  readonly index: number
  grade: number
}

/**
 * Grades a block. Throws `E_GRADING_INPUT` for a negative height or a list of previous winners that the version
 * cannot have; whatever the entries hold, they do not make it throw.
 */
export function gradeBlock(input: GradingInput, difficulty: Difficulty): GradedBlock {
  const rules = GRADING_RULES[input.version]
  const { version, height, entries } = input
  const previousWinners = previousOf(input, rules)

  const rejected: GradedBlock['rejected'] = []
  const dropped: GradedBlock['dropped'] = []
  const accepted: Candidate[] = []
  entries.forEach((entry, index) => {
    const checked = checkEntry(entry, { version, height, previousWinners })
    if (checked.accepted) accepted.push({ ...candidateOf(entry, index), ...checked.content })
    else rejected.push({ index, entryHash: entry.hash, reason: checked.reason })
  })
  const drop = ({ index, entryHash }: Candidate, reason: string) =>
    void dropped.push({ index, entryHash, reason })
  const honest = honestBest(withoutRepeats(accepted, drop), difficulty, drop)
  const byDifficulty = honest.map((record) => record.difficulty)
  const gradable = honest.length >= rules.winners
  if (gradable) rank(honest, rules)

  return {
    version,
    height,
    entries: entries.length,
    records: accepted.length,
    rejected,
    dropped,
    graded: honest.map(({ values: _, ...record }, k) => ({
      ...record,
      place: gradable ? k : -1,
      payout: (gradable && rules.payouts[k]) || 0n,
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

function candidateOf({ hash, extIds, content }: OprEntry, index: number): Omit<Candidate, 'opr' | 'values'> {
  const [nonce, claim] = extIds as [Uint8Array, Uint8Array]
  return { entryHash: hash, oprHash: oprHash(content), nonce, difficulty: readClaim(claim), index, grade: 0 }
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

/** The 50 best claims that are true. Claims below the 50th true one are never verified. */
function honestBest(records: readonly Candidate[], difficulty: Difficulty, drop: Drop): Candidate[] {
  const honest: Candidate[] = []
  for (const record of records.toSorted(byDescendingDifficulty)) {
    if (honest.length === GRADED_RECORDS) break
    if (difficulty(record.oprHash, record.nonce) === record.difficulty) honest.push(record)
    else drop(record, 'claims a false difficulty')
  }
  return honest
}

/**
 * Sorts the records by grade, in place. Each pass grades the first i of the list against their own averages and
 * sorts them, ties by difficulty; the last of them then stays where it is and keeps its grade.
 */
function rank(records: Candidate[], rules: GradingRules): void {
  for (let count = records.length; count >= rules.lastPass; count--) {
    const pass = records.slice(0, count)
    const averages = rules.average(pass.map((record) => record.values))
    const band = count >= BAND_RECORDS ? rules.band : 0
    for (const record of pass) record.grade = gradeOf(record.values, averages, band)
    pass.sort(byDescendingDifficulty).sort(byGrade)
    pass.forEach((record, k) => (records[k] = record))
  }
}

function byDescendingDifficulty(a: Candidate, b: Candidate): number {
  if (a.difficulty === b.difficulty) return 0
  return a.difficulty > b.difficulty ? -1 : 1
}

/** No subtraction: grades that are not numbers (possible in version 1) are equal to everything. */
function byGrade(a: Candidate, b: Candidate): number {
  if (a.grade < b.grade) return -1
  return b.grade < a.grade ? 1 : 0
}
