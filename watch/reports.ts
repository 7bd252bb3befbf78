/** Reports of a run, by the calendar or when asked: told, posted, and kept as files in `reports/`. */
import { join } from 'node:path'

import { createCalendar, reportDue, type Calendar } from '../base/calendar.js'
import { makeFolder, messageOf, writeWhole, type Clock } from '../base/index.js'
import { reportOf, reportText, type Report, type Tally } from './report.js'

export interface ReportSettings {
  /** When reports are made: a cron expression; null: never. */
  readonly when: string | null
  readonly timeZone: string
}

export interface ReportOptions {
  readonly settings: ReportSettings
  readonly dataDir: string
  readonly clock: Clock
  /** Counters as they are now. */
  readonly tally: () => Tally
  readonly about: () => Readonly<Record<string, string>>
  readonly onReport: (text: string, report: Report) => void
  /** The file could not be written. */
  readonly onTrouble: (message: string) => void
}

export function createReports(options: ReportOptions) {
  const { dataDir, clock, tally, about, onReport, onTrouble } = options
  let calendar = calendarOf(options.settings)
  let begun = false
  /** Up to when reports are made, UNIX ms. */
  let through = -Infinity
  let before: Tally | null = null

  function skipPast(): void {
    if (calendar !== null) through = reportDue(calendar, -Infinity, clock.wallMs()).through
  }

  /** Of the time since the last one. Never throws. */
  function make(): void {
    const after = tally()
    const report = reportOf(before ?? after, after)
    before = after
    onReport(reportText(report), report)
    try {
      const folder = join(dataDir, 'reports')
      makeFolder(folder)
      const name = report.to.slice(0, 16).replace(/:/g, '')
      writeWhole(join(folder, `${name}.json`), `${JSON.stringify({ ...report, ...about() }, null, 2)}\n`)
    } catch (error) {
      onTrouble(`the report cannot be kept: ${messageOf(error)}`)
    }
  }

  return {
    /** From now on reports are made when they are due; what was due before is not made up for. */
    begin(): void {
      begun = true
      before = tally()
      skipPast()
    },
    adjust(settings: ReportSettings): void {
      calendar = calendarOf(settings)
      if (begun) skipPast()
    },
    makeIfDue(): void {
      if (calendar === null || !begun) return
      const found = reportDue(calendar, through, clock.wallMs())
      through = found.through
      if (found.due) make()
    },
    make,
  }
}

const calendarOf = ({ when, timeZone }: ReportSettings): Calendar | null =>
  when === null ? null : createCalendar(when, timeZone)
