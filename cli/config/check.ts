/** `pegminer config check`: whether the settings of a run are right, and where they come from. */
import { problemsError, SETTING_KEYS, settingOf } from '../../config/index.js'
import { EXIT } from '../program/context.js'
import { plural } from '../view/format.js'
import type { ConfigContext } from './context.js'

export function check(context: ConfigContext): number {
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
