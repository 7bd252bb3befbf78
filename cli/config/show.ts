/** `pegminer config show`: every setting with its value and where it comes from. */
import { problemsError, SETTING_KEYS } from '../../config/index.js'
import { EXIT } from '../program/context.js'
import { shownSettings } from '../program/shown.js'
import type { ConfigContext } from './context.js'

export function show(context: ConfigContext): number {
  const { output, sections, config: file, problems } = context
  const rows = shownSettings(context, SETTING_KEYS)
  for (const name of Object.keys(sections).filter((name) => file?.sectionOf(name) !== undefined))
    rows.push({ key: name, value: '…', origin: 'file', place: file?.at(file.lineOf(name, [])) ?? '' })
  for (const row of rows) output.event({ event: 'setting', ...row })
  const width = Math.max(...rows.map(({ key }) => key.length)) + 2
  const column = Math.max('default'.length, ...rows.map(({ place }) => place.length)) + 2
  const { paint } = output
  for (const { key, value, origin, place } of rows) {
    const usual = origin === 'default'
    const line = `${(usual ? 'default' : place).padEnd(column)}${value}`
    output.line(`${paint('cyan', key.padEnd(width))}${usual ? paint('dim', line) : line}`.trimEnd())
  }
  const wrong = problems.filter(({ code }) => code !== 'E_CONFIG_MISSING')
  if (wrong.length > 0) throw problemsError(wrong)
  return EXIT.done
}
