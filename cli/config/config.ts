/** `pegminer config check|show|init|import`. */
import { nearest, problem, problemsError, SETTING_KEYS, settingOf, shown } from '../../config/index.js'
import { EXIT } from '../program/context.js'
import { plural } from '../view/format.js'
import { shownSettings } from '../program/shown.js'
import type { ConfigContext } from './context.js'

const ACTIONS = {
  check,
  show,
  init: async (context: ConfigContext) => (await import('./init.js')).configInit(context),
  import: async (context: ConfigContext) => (await import('./import.js')).configImport(context),
} as const
type Action = keyof typeof ACTIONS

export async function config(context: ConfigContext): Promise<number> {
  const [action, ...rest] = context.positionals
  return await ACTIONS[actionOf(action, rest)](context)
}

/** How many arguments each takes after its name. */
const MOST: Readonly<Record<Action, number>> = { check: 0, show: 0, init: 1, import: 1 }

function actionOf(word: string | undefined, rest: readonly string[]): Action {
  const actions = Object.keys(ACTIONS) as Action[]
  const found = actions.find((action) => action === word)
  const surplus = rest[found === undefined ? Infinity : MOST[found]]
  if (found && surplus === undefined) return found
  const near = word === undefined ? undefined : nearest(word, actions)
  const hint = near === undefined ? `choose ${actions.join(', ')}` : `did you mean ${near}?`
  const message =
    word === undefined
      ? `say what to do: ${actions.join(', ')}`
      : surplus === undefined
        ? `config does not know ${shown(word)}; ${hint}`
        : `unexpected argument ${shown(surplus)}; see --help`
  throw problemsError([problem('E_CONFIG_ARGUMENT', message)])
}

function check(context: ConfigContext): number {
  const { config: file, settings, origins, output, sections, problems } = context
  if (problems.length > 0) throw problemsError(problems)
  const given = SETTING_KEYS.filter((key) => origins[key] !== 'default' && !settingOf(key).notInFile).length
  const present = Object.keys(sections).filter((name) => file?.sectionOf(name) !== undefined)
  output.event({ event: 'config', file: file?.name ?? null, settings: given, sections: present })
  const what = [plural(given, 'setting'), ...present.map((name) => `the section ${name}`)].join(', ')
  const found =
    file !== undefined
      ? `${file.name}: fine; ${what}`
      : given === 0
        ? 'no configuration file here: all settings have their defaults'
        : `no configuration file here; variables and flags: fine; ${what}`
  output.line(`${found}; network ${settings['network.name']}`)
  return EXIT.done
}

/** Every setting with its value and where it comes from. */
function show(context: ConfigContext): number {
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
