/** The ini file of PegNet's Go miner (github.com/pegnet/pegnet, `config/defaultconfig.ini`) → our settings. Pure. */
import type * as Ini from 'ini'

import { lazily, messageOf } from '../base/index.js'
import { envNameOf, settingOf, type SettingKey } from './settings.js'

export interface ImportedIni {
  /** Texts of settings, by key. */
  readonly values: Readonly<Partial<Record<SettingKey, string>>>
  /** What could not be carried over, or needs a hand: one line each. */
  readonly notes: readonly string[]
  /** `[Oracle]`, `[OracleDataSources]`, `[OracleAssetDataSourcesPriority]` as they are: for the price sources. */
  readonly oracle: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** What the Go miner ships where the user must put something of his own. */
const UNSET = /^(CHANGEME|prototype)?$/i

const ORACLE_SECTIONS = ['Oracle', 'OracleDataSources', 'OracleAssetDataSourcesPriority']

const FARM = 'many machines mine as one with pegminer farm; docs/farm.md says how'

/** Keys without a counterpart, and what to do instead. Names as in the ini file. */
const GONE: Readonly<Record<string, string>> = {
  'Debug.Randomize': 'the Go miner does not read it either',
  'Debug.Logging': 'the Go miner does not read it either',
  'Debug.LogFile': 'the log goes to standard error; journald or a redirection keeps it',
  'Database.MinerDatabase': 'state is kept in data.dir',
  'Database.MinerDatabaseType': 'state is kept in data.dir',
  'Database.NodeDatabase': 'state is kept in data.dir',
  'API.APIPort': 'the API is at telemetry.port',
  'API.ControlPanelPort': 'the status page is at telemetry.port',
  'Miner.MiningCoordinatorPort': FARM,
  'Miner.MiningCoordinatorHost': FARM,
  'Miner.CoordinatorSecret': FARM,
  'Miner.UseCoordinatorAuthentication': FARM,
}

/** What does not belong into a file that others may read. */
const SECRETS: Readonly<Record<string, SettingKey>> = {
  'Miner.WalletdUser': 'factom.walletdUser',
  'Miner.WalletdPass': 'factom.walletdPassword',
}

const MAPPED: Readonly<
  Record<string, { readonly key: SettingKey; readonly map?: (text: string) => string }>
> = {
  'Miner.FactomdLocation': { key: 'factom.url' },
  'Miner.NumberOfMiners': { key: 'miner.threads' },
  'Miner.RecordsPerBlock': { key: 'miner.records' },
  // There everything up to 0 switches it off, here 0 does and -1 does not exist.
  'Miner.SubmissionCutOff': { key: 'miner.cutoff', map: (text) => (/^-\d+$/.test(text) ? '0' : text) },
  'Miner.Network': { key: 'network.name', map: (text) => text.replace(/-pM7$/i, '') },
  'Miner.WalletdLocation': { key: 'factom.walletd' },
  'Miner.ECAddress': { key: 'factom.ecAddress' },
  'Miner.CoinbaseAddress': { key: 'miner.coinbase' },
  'Miner.IdentityChain': { key: 'miner.identity' },
}

/** Throws a plain error for what is no ini text with the section `[Miner]`. */
export function importGoIni(text: string): ImportedIni {
  const sections = sectionsOf(text)
  if (!sections.has('Miner')) throw new TypeError('it has no section [Miner]')
  const values: Partial<Record<SettingKey, string>> = {}
  const notes: string[] = []
  const oracle: Record<string, Readonly<Record<string, string>>> = {}
  for (const [section, entries] of sections) {
    if (ORACLE_SECTIONS.includes(section)) {
      oracle[section] = Object.fromEntries(entries)
      continue
    }
    if (section === 'Staker') {
      notes.push(
        `[Staker]: pegminer stake takes its CoinbaseAddress as stake.addresses, and the key in ${envNameOf('stake.secrets')}_FILE`,
      )
      continue
    }
    for (const [name, value] of entries) importEntry(`${section}.${name}`, value, values, notes)
  }
  if (values['factom.walletd'] === undefined)
    notes.push(
      'Miner.WalletdLocation is not given: put the secret key of the entry-credit address (Es…) into a file and name ' +
        'that with miner.ecSecretFile',
    )
  return { values, notes: [...new Set(notes)], oracle }
}

function importEntry(
  name: string,
  value: string,
  values: Partial<Record<SettingKey, string>>,
  notes: string[],
): void {
  const mapped = MAPPED[name]
  if (mapped) {
    const { type } = settingOf(mapped.key)
    const text = mapped.map?.(value) ?? value
    if (UNSET.test(text)) notes.push(`${name} was never filled in: give ${mapped.key}`)
    else if (type.parse(text) === undefined) notes.push(`${name}: ${mapped.key} must be ${type.expects}`)
    else values[mapped.key] = text
  } else if (SECRETS[name] !== undefined) {
    if (value !== '') notes.push(`${name}: a secret, so not carried over; give ${envNameOf(SECRETS[name])}`)
  } else if (name === 'Miner.Protocol') {
    if (value !== 'PegNet') notes.push(`${name}: only PegNet is known`)
  } else if (value !== '') {
    notes.push(`${name}: ${GONE[name] ?? 'unknown; left out'}`)
  }
}

/** Sections → names → values. Only one level, and nothing that could touch a prototype. */
function sectionsOf(text: string): Map<string, Map<string, string>> {
  let parsed: Record<string, unknown>
  try {
    // A dot in a section's name would nest it; the Go miner's have none.
    parsed = lazily<typeof Ini>('ini')().parse(text)
  } catch (error) {
    throw new TypeError(messageOf(error), { cause: error })
  }
  const sections = new Map<string, Map<string, string>>()
  for (const [section, entries] of Object.entries(parsed)) {
    if (entries === null || typeof entries !== 'object') continue
    sections.set(
      section,
      new Map(Object.entries(entries).map(([name, value]) => [name, unquoted(String(value).trim())])),
    )
  }
  return sections
}

/** The library leaves quotes where a comment follows them. */
const unquoted = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text
