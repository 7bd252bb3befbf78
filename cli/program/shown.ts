/** Settings as they may be shown: value, origin and place, without secrets. */
import { settingOf, type SettingKey } from '../../config/index.js'
import type { ShownSetting } from '../../telemetry/index.js'
import type { CommandContext } from './context.js'
import { defaultTextOf } from './help.js'

const MASK = '(secret)'

export function shownSettings<K extends SettingKey>(
  { origins, places, texts }: Pick<CommandContext<K>, 'origins' | 'places' | 'texts'>,
  keys: readonly K[],
): ShownSetting[] {
  return keys
    .filter((key) => !settingOf(key).notInFile)
    .map((key) => {
      const { secret, type } = settingOf(key)
      const fallback = defaultTextOf(key) || (type.placeholder === '' ? 'off' : '')
      const value = origins[key] === 'default' ? fallback : secret ? MASK : texts[key]
      return { key, value, origin: origins[key], place: places[key] }
    })
}
