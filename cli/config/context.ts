/** What each action of `pegminer config` is given. */
import type { SettingKey } from '../../config/index.js'
import type { CommandContext } from '../program/context.js'

export type ConfigContext = CommandContext<SettingKey, Readonly<Record<string, unknown>>>
