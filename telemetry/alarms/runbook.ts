/** The runbook: an entry for each alarm, as Markdown. Pure. */
import type { AlarmText } from './alarm.js'
import { ALARMS } from './table.js'

export function runbookText(): string {
  return [
    '# Alerts',
    '',
    'What each alert in `config/prometheus/` means, where to look, and what to do. A critical alert costs rewards now; a warning will cost rewards if it lasts.',
    ...ALARMS.flatMap(entryOf),
    '',
  ].join('\n')
}

const entryOf = ({ id, severity, meaning, look, remedy, for: lasts }: AlarmText): string[] => [
  ...['', `## ${id}`, ''],
  `${capital(severity)}, ${lasts === '0s' ? 'at once' : `after ${lasts}`}. ${meaning}`,
  '',
  `- Look: ${look}`,
  `- Do: ${remedy}`,
]

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
