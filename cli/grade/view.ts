/** A graded block as a person wants to see it: the ranking, who takes no part and why, what was checked. Pure. */
import { oneLine, type Style } from '../../telemetry/log.js'
import { countText, durationText, plural, wrap } from '../view/format.js'
import type { AssetCost } from '../../oracle/index.js'
import type { GradeCheck, GradedRow, GradeReport } from './report.js'
import type { Output } from '../program/output.js'
import { factPrinter } from '../view/facts.js'

const WHO_WIDTH = 20
const HASH_WIDTH = 16
const INDENT = 8

export function showReport(
  output: Output,
  report: GradeReport,
  check: GradeCheck,
  { detailed }: { detailed: boolean },
): void {
  const { line, paint, width } = output
  const { height, version, entries, valid, order, gradable } = report
  const fact = factPrinter(output)
  const kind = report.records === 'staking' ? 'staking ' : ''
  line(
    `${paint('bold', `block ${height}`)}, ${kind}version ${version}: ${plural(entries, 'entry', 'entries')}, ` +
      `${countText(valid)} valid, ${countText(order.length)} ${gradable ? 'graded' : 'too few to be graded'}`,
  )
  line()
  if (order.length > 0) {
    line(paint('bold', headText(report)))
    for (const row of order) {
      line(paint(styleOf(row), rowText(row)))
      if (detailed) distanceLines(row.distances, row.grade, width).forEach((text) => line(paint('dim', text)))
    }
    line()
  }
  reasonLines(report.rejected).forEach(([first, text]) => fact(first ? 'rejected' : '', text))
  reasonLines(report.dropped).forEach(([first, text]) => fact(first ? 'left out' : '', text))
  fact('proofs', proofText(report, check))
  fact('winners', winnersText(report, check))
  const rates = Object.entries(report.rates)
  if (rates.length > 0) fact('rates', rates.map(([asset, price]) => `${asset}\u00a0${price}`).join(', '))
  fact('time', durationText(check.milliseconds))
  line()
}

const styleOf = ({ place, payout }: GradedRow): Style =>
  place === 0 ? 'green' : payout === '0' ? 'dim' : 'cyan'

const columns = (place: string, who: string, rest: readonly string[]): string =>
  `${place.padStart(6)}  ${who.padEnd(WHO_WIDTH)}  ${rest.join('  ')}`

function headText({ records }: GradeReport): string {
  const difficulty = records === 'staking' ? [] : ['DIFFICULTY'.padEnd(HASH_WIDTH)]
  const who = records === 'staking' ? 'ADDRESS' : 'IDENTITY'
  return columns('PLACE', who, [...difficulty, 'GRADE'.padEnd(8), 'PEG'.padStart(3), 'ENTRY'])
}

function rowText({ place, who, difficulty, grade, payout, entryHash }: GradedRow): string {
  const name = oneLine(who)
  const shownName = name.length > WHO_WIDTH ? `${name.slice(0, WHO_WIDTH - 1)}…` : name
  return columns(place === null ? '–' : String(place + 1), shownName, [
    ...(difficulty === null ? [] : [difficulty]),
    gradeText(grade).padEnd(8),
    (payout === '0' ? '–' : payout).padStart(3),
    entryHash.slice(0, HASH_WIDTH),
  ])
}

/** `0`, `2.89e-62`. */
function gradeText(grade: number): string {
  return grade === 0 ? '0' : grade.toExponential(2)
}

/** The assets that cost the record its grade come first, with their part of it; those on the average are only counted. */
function distanceLines(distances: readonly AssetCost[], grade: number, width: number): string[] {
  if (distances.length === 0) return []
  const off = distances
    .filter(({ distance }) => distance !== 0)
    .sort((a, b) => b.cost - a.cost || Math.abs(b.distance) - Math.abs(a.distance))
  const parts = off.map(({ asset, distance, cost }) => {
    const share = cost > 0 ? Math.round((100 * cost) / grade) : 0
    return `${asset}\u00a0${percentText(distance)}${share > 0 ? `\u00a0[${share}%]` : ''}`
  })
  const equal = distances.length - off.length
  if (equal > 0) parts.push(`${equal}\u00a0on\u00a0the\u00a0average`)
  return wrap(parts.join(', '), width - INDENT).map((text) => `${' '.repeat(INDENT)}${text}`)
}

/** `+0.12%`; what is too small for that, as `+2e-9%`. */
function percentText(distance: number): string {
  const percent = Math.abs(distance * 100)
  const text = percent >= 0.005 ? percent.toFixed(2) : percent.toExponential(0)
  return `${distance < 0 ? '-' : '+'}${text}%`
}

/** One line for each reason, with the entries that it is about. */
function reasonLines(
  leftOut: readonly { entryHash: string; reason: string }[],
): [first: boolean, text: string][] {
  const byReason = new Map<string, string[]>()
  for (const { entryHash, reason } of leftOut) {
    const shown = oneLine(reason)
    byReason.set(shown, [...(byReason.get(shown) ?? []), entryHash.slice(0, HASH_WIDTH)])
  }
  return [...byReason].map(([reason, hashes], k) => [
    k === 0,
    `${countText(hashes.length)} × ${reason}: ${hashes.join(' ')}`,
  ])
}

function proofText({ records }: GradeReport, { claims }: GradeCheck): string {
  if (records === 'staking') return 'none: staking records are signed'
  if (claims === null) return 'trusted, not checked'
  const { checked, false: lies } = claims
  const hashes = lies.map((hash) => hash.slice(0, HASH_WIDTH)).join(' ')
  return `${countText(checked)} checked, ${countText(checked - lies.length)} true${lies.length === 0 ? '' : `; false: ${hashes}`}`
}

function winnersText(
  { records, gradable, winners }: GradeReport,
  { origin, winnersAgree, differences }: GradeCheck,
): string {
  const carried = records === 'oracle' ? '; those before it stay' : ''
  const what = gradable ? `${winners.length}` : `none in this block${carried}`
  if (winnersAgree === null) return `${what}; the ${origin} names none to compare with`
  if (winnersAgree) return `${what}, the same as in the ${origin}`
  return `${what}; different from the ${origin}'s at place ${differences.map((place) => place + 1).join(', ')}`
}
