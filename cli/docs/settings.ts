/** The pages of the settings: an index, and one for each group. Pure. */
import {
  displayNameOf,
  envNameOf,
  SETTING_KEYS,
  settingOf,
  type JsonSchema,
  type SettingKey,
} from '../../config/index.js'
import type { CommandSpec } from '../program/context.js'
import { defaultTextOf } from '../program/help.js'
import { FEED_KEYS, MINE_KEYS } from '../program/keys.js'
import { code, page, table } from './tables.js'

type Group = SettingKey extends `${infer G}.${string}` ? G : never

/** What each group is about. */
const ABOUT: Readonly<Record<Group, string>> = {
  config: 'the configuration file itself',
  network: 'the network, and what the embedded one is like',
  data: 'where the program keeps what it has to remember',
  factom: 'the factomd node, and the wallet that may hold the key',
  prices: 'sources of prices, routes, guards, and what is done when a price is missing',
  miner: 'threads, identity, addresses, how many records are published and what they may cost',
  farm: 'the NATS server of `pegminer farm`',
  grade: '`pegminer grade`',
  fund: '`pegminer fund`',
  confirm: 'questions before money is spent',
  history: '`pegminer history`',
  basket: '`pegminer basket`',
  pegWatch: '`pegminer peg-watch`: markets of tokens, and what is reported of them',
  simulate: '`pegminer simulate`',
  stake: 'staking records: `pegminer stake`, and `--stake` of `pegminer mine`',
  ledger: '`pegminer ledger`',
  explorer: '`pegminer explorer plot`',
  wallet: '`pegminer wallet`',
  lxrhash: 'the ByteMap that LXRHash reads from',
  bench: '`pegminer bench`',
  feed: 'the oraclefeed and its gateways',
  pegs: '`pegminer pegs`',
  telemetry: 'status page, API and metrics',
  watchdog: 'alarms of the watchdog, and what is done at each',
  schedule: 'when mining pauses',
  report: 'the daily report',
  log: 'the log',
  output: 'how commands print',
}

/** The pages by path from `docs/`. `sections`: schemas of what the file holds besides settings, by name. */
export function settingsPages(
  commands: readonly CommandSpec[],
  sections: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, string>> {
  const usedBy = (key: SettingKey): string =>
    commands
      .filter(({ keys, flagKeys }) => (flagKeys ?? keys).includes(key))
      .map(({ name }) => name)
      .join(', ')
  const groups = GROUPS.map((group): [string, string] => [
    pathOf(group),
    page(`Settings: ${group}`, [
      `About ${ABOUT[group]}. How settings are given is explained in [Settings](../settings.md).`,
      '',
      ...table(
        ['setting', 'flag', 'variable', 'value', 'default', 'meaning', 'commands', 'change'],
        keysIn(group).map((key) => settingRow(key, usedBy(key))),
      ),
      ...sectionLines(group, sections[group]),
    ]),
  ])
  return { 'settings.md': indexPage(sections), ...Object.fromEntries(groups) }
}

/** A heading a group: links such as `settings.md#prices` lead to it. */
const indexPage = (sections: Readonly<Record<string, JsonSchema>>): string =>
  page('Settings', [
    'Each setting is a flag, an environment variable, and a key of the configuration file. A flag beats the variable, the',
    'variable beats the file, and the file beats the default. The file is the one that `--config` or `PEGMINER_CONFIG`',
    'names, otherwise `pegminer.yaml` in the working directory. In the file `miner.threads` is written as `threads:` below',
    '`miner:`, and a list may be a YAML list. Relative paths in the file are relative to its own folder.',
    '',
    'Secrets have no flag. A secret comes from its variable, or from a file. The file is named by the variable with `_FILE`',
    'at its end, or in the configuration file by the key with `File` at its end. The configuration file itself may hold a',
    'secret only if no other user can read it (`chmod 600`).',
    '',
    '`pegminer mine` and `pegminer feed` read everything again when the configuration file changes, and at the signal',
    'SIGHUP. Changes of settings marked `live` take effect at once; the log names the others, which wait for a restart. If',
    'anything is wrong, the log names it and nothing changes. The sections `prices` and `feed` are live.',
    ...GROUPS.flatMap((group) => [
      '',
      `## ${group}`,
      '',
      `[settings/${group}.md](${pathOf(group)}): ${ABOUT[group]}. Settings: ${keysIn(group).map(code).join(', ')}${
        sections[group] === undefined
          ? ''
          : `, and what \`${group}:\` of the configuration file may hold besides`
      }.`,
    ]),
  ])

const pathOf = (group: Group): string => `settings/${group}.md`
const groupOf = (key: SettingKey): Group => key.split('.', 1)[0] as Group
const GROUPS: readonly Group[] = [...new Set(SETTING_KEYS.map(groupOf))]
const keysIn = (group: Group): SettingKey[] => SETTING_KEYS.filter((key) => groupOf(key) === group)

function settingRow(key: SettingKey, commands: string): string[] {
  const { type, letter, description, secret, reload } = settingOf(key)
  const flags = secret
    ? '–'
    : [...(letter === undefined ? [] : [`-${letter}`]), ...new Set([displayNameOf(key), `--${key}`])]
  const flagText = typeof flags === 'string' ? flags : flags.map(code).join(', ')
  const fallback = defaultTextOf(key) || (type.placeholder === '' ? 'off' : '–')
  const variable = secret
    ? `${code(envNameOf(key))}, ${code(`${envNameOf(key)}_FILE`)}`
    : code(envNameOf(key))
  return [
    ...[code(key), flagText, variable, type.expects, fallback],
    ...[description, commands, changeOf(key, reload)],
  ]
}

/** What only the file can say, below the settings of the same name. */
function sectionLines(group: Group, schema: JsonSchema | undefined): string[] {
  if (schema === undefined) return []
  // What means the same in several places, such as the limits of a class and of an asset, is one row.
  const rows = new Map<string, { readonly keys: Set<string>; readonly rest: readonly string[] }>()
  for (const [key, ...rest] of keysOf(schema, group)) {
    const same = JSON.stringify([key.split('.').at(-1), ...rest])
    const { keys } = rows.get(same) ?? { keys: new Set() }
    rows.set(same, { keys: keys.add(key), rest })
  }
  return [
    '',
    `In the configuration file \`${group}:\` may also hold:`,
    '',
    ...table(
      ['key', 'default', 'meaning and value'],
      [...rows.values()].map(({ keys, rest }) => [[...keys].map(code).join(', '), ...rest]),
    ),
  ]
}

/** A row for each key that has a meaning of its own, with those of the sections behind it. */
function keysOf(schema: JsonSchema, path: string): [key: string, fallback: string, meaning: string][] {
  const { properties = {}, additionalProperties: things, items, anyOf = [] } = schema
  const fallback = schema.default === undefined ? '–' : code(`${schema.default}`)
  return [
    ...(schema.description === undefined
      ? []
      : [[path, fallback, schema.description] as [string, string, string]]),
    ...Object.entries(properties).flatMap(([key, inner]) => keysOf(inner, `${path}.${key}`)),
    ...(typeof things === 'object' ? keysOf(things, `${path}.NAME`) : []),
    ...(items === undefined ? [] : keysOf(items, `${path}[]`)),
    ...anyOf.filter(({ properties }) => properties !== undefined).flatMap((inner) => keysOf(inner, path)),
  ]
}

/** Only what a program uses that runs on can change meanwhile. */
const changeOf = (key: SettingKey, reload: 'live' | undefined): string =>
  [...MINE_KEYS, ...FEED_KEYS].some((name) => name === key) ? (reload ?? 'restart') : '–'
