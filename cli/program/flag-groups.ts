/** The flags of a command in groups, for its help and the man page. Pure. */
import { settingOf, type SettingKey } from '../../config/index.js'
import type { CommandSpec } from './context.js'

/** By the first part of a setting's name. */
const TITLES: Readonly<Record<string, string>> = {
  network: 'Network dev',
  miner: 'Mining',
  farm: 'Farm',
  stake: 'Staking',
  feed: 'Publishing',
  prices: 'Prices',
  factom: 'Node and wallet',
  data: 'Files',
  lxrhash: 'Files',
  telemetry: 'Status page and metrics',
  watchdog: 'Watchdog',
  schedule: 'Pauses',
  report: 'Daily report',
  confirm: 'Spending',
  config: 'Output',
  output: 'Output',
  history: 'Output',
  log: 'Output',
}

export const keysOfFlags = ({ flagKeys, keys }: CommandSpec): readonly SettingKey[] =>
  (flagKeys ?? keys).filter((key) => !settingOf(key).secret)

/**
 * The groups of a command's flags: those that are used most come first; a command that does not say which has one
 * group.
 */
export function flagGroups(command: CommandSpec): { title: string; keys: readonly SettingKey[] }[] {
  const keys = keysOfFlags(command)
  const most = command.mostUsed
  if (most === undefined) return [{ title: 'Flags', keys }]
  const rest = keys.filter((key) => !most.includes(key))
  const titleOf = (key: SettingKey): string => TITLES[key.split('.', 1)[0] ?? ''] ?? 'Others'
  const titles = [...new Set(rest.map(titleOf))]
  return [
    { title: 'Used most', keys: most },
    ...titles.map((title) => ({ title, keys: rest.filter((key) => titleOf(key) === title) })),
  ]
}
