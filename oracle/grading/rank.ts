/**
 * The passes that put records in order, oracle and staking records alike
 * (docs/protocol/records-and-grading.md#grading).
 */
import { gradeOf, type Average } from './average.js'

/** A pass over this many records or more uses the band. */
const BAND_RECORDS = 25

export interface RankRules {
  /** The passes run from all records down to this many. */
  readonly lastPass: number
  readonly average: Average
  /** Relative distance from the average that counts as none, while 25 records or more are compared. */
  readonly band: number
}

/** What ranking knows of a record. The grade and what it was held against are those of its last pass. */
export interface Comparable {
  readonly values: readonly number[]
  grade: number
  averages: readonly number[]
  band: number
}

/** A record before its first pass. */
export const UNGRADED: Omit<Comparable, 'values'> = { grade: 0, averages: [], band: 0 }

/**
 * Sorts the records by grade, in place. Each pass grades the first i of the list against their own averages and
 * sorts them, those of one grade as `tieBreak` says, else as they stood; the last of them then stays where it is and
 * keeps its grade.
 */
export function rank<R extends Comparable>(
  records: R[],
  rules: RankRules,
  tieBreak: (a: R, b: R) => number = () => 0,
): void {
  for (let count = records.length; count >= rules.lastPass; count--) {
    const pass = records.slice(0, count)
    const averages = rules.average(pass.map((record) => record.values))
    const band = count >= BAND_RECORDS ? rules.band : 0
    for (const record of pass) {
      record.grade = gradeOf(record.values, averages, band)
      record.averages = averages
      record.band = band
    }
    pass.sort(tieBreak).sort(byGrade)
    pass.forEach((record, k) => (records[k] = record))
  }
}

/** No subtraction: grades that are not numbers (possible in version 1) are equal to everything. */
function byGrade(a: Comparable, b: Comparable): number {
  if (a.grade < b.grade) return -1
  return b.grade < a.grade ? 1 : 0
}
