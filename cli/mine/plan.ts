/**
 * What to mine and how: the settings, completed by what the network implies. Reads nothing but whether a chain is
 * there.
 */

import { networkOf, withActivations, type Network, type NetworkName } from '../../pegnet/index.js'
import {
  displayNameOf,
  envNameOf,
  problem,
  problemsError,
  type Origin,
  type Problem,
  type SettingKey,
  type Settings,
} from '../../config/index.js'
import { isAddress } from '../../factom/index.js'
import { defaultRecordsPerBlock, whyUnminable } from '../../miner/index.js'
import { bitsProblems } from '../network/bits.js'
import { payerProblems } from '../network/connect.js'
import { dataDirOf } from '../network/data-dir.js'
import { isBegun } from '../network/dev-bits.js'
import type { MineKey } from '../program/keys.js'
import { watchProblems } from '../service/watch-plan.js'
import { stakePlan, type StakePlan } from '../stake/plan.js'

export interface MinePlan {
  readonly network: Network
  readonly identity: string
  readonly coinbase: string
  /** Where all prices come from instead of the real exchanges. */
  readonly exchange: string | undefined
  /** Who publishes staking records; without addresses there are none. */
  readonly stake: StakePlan
  readonly bits: number
  readonly records: number
  /** Most entry credits a block and a day. */
  readonly limits: { readonly block: number | undefined; readonly day: number | undefined }
  readonly dataDir: string
}

/** The first holder of a LOCAL network's coins: a reward needs an address that is valid, not one that is ours. */
const DEV_COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'

/** Settings that mean something on some networks only. */
const ONLY_ON: Partial<Record<MineKey, readonly NetworkName[]>> = {
  'network.blockSeconds': ['dev'],
  'network.rivals': ['dev'],
  'network.startHeight': ['dev'],
  'network.activations': ['dev', 'local'],
  'network.manual': ['dev'],
  'network.fund': ['dev'],
  'network.port': ['dev'],
  'network.walletPort': ['dev'],
  'network.exchangePort': ['dev'],
  'network.trouble': ['dev'],
  'prices.exchange': ['local'],
  'factom.url': ['local', 'TestNet', 'MainNet'],
  'factom.ca': ['local', 'TestNet', 'MainNet'],
  'factom.walletd': ['local', 'TestNet', 'MainNet'],
  'factom.ecAddress': ['local', 'TestNet', 'MainNet'],
}

/** Whether a setting means something on a network. */
export function isUsedOn(key: SettingKey, network: NetworkName): boolean {
  return (ONLY_ON as Partial<Record<SettingKey, readonly NetworkName[]>>)[key]?.includes(network) ?? true
}
/** Far above what 25 records a block cost on a day (3600); it bounds what a broken node or clock could make us pay. */
const DAY_LIMIT = 5000

/** Throws one error with everything that is missing or does not fit (`problemsError`). */
export function planOf(
  settings: Pick<Settings, MineKey>,
  origins: Readonly<Record<MineKey, Origin>>,
): MinePlan {
  const { plan, problems } = planAndProblems(settings, origins)
  if (problems.length > 0) throw problemsError(problems)
  return plan
}

/** What is missing or does not fit. */
export function planProblems(
  settings: Pick<Settings, MineKey>,
  origins: Readonly<Record<MineKey, Origin>>,
): readonly Problem[] {
  return planAndProblems(settings, origins).problems
}

function planAndProblems(
  settings: Pick<Settings, MineKey>,
  origins: Readonly<Record<MineKey, Origin>>,
): { plan: MinePlan; problems: readonly Problem[] } {
  const named = networkOf(settings['network.name'])
  const heights = settings['network.activations']
  const own = named.name === 'dev' || named.name === 'local'
  const dev = named.name === 'dev'
  const network = {
    ...(own && heights ? withActivations(named, heights) : named),
    ...(dev ? { blockSeconds: settings['network.blockSeconds'] } : {}),
  }
  const unpriced = unminable(settings, network)
  const problems: Problem[] = (Object.keys(ONLY_ON) as MineKey[])
    // A variable may be there for other runs; a flag is meant for this one.
    .filter((key) => origins[key] === 'flag' && !ONLY_ON[key]?.includes(network.name))
    .map((key) => {
      const where = ONLY_ON[key]?.join(', ')
      return problem(
        'E_CONFIG_NETWORK',
        `${displayNameOf(key)} has no use on the network ${network.name}, only on ${where}`,
        key,
      )
    })
  if (unpriced !== undefined) problems.push(unpriced)
  const needed = (key: SettingKey, value: string | undefined, onDev: string): string => {
    if (value !== undefined) return value
    if (!dev)
      problems.push(problem('E_CONFIG_MISSING', `the network ${network.name} needs ${wayOf(key)}`, key))
    return onDev
  }
  const coinbase = needed('miner.coinbase', settings['miner.coinbase'], DEV_COINBASE)
  const identity = needed('miner.identity', settings['miner.identity'], 'pegminer')
  if (!dev) {
    if (settings['factom.walletd'] === undefined) needed('miner.ecSecret', settings['miner.ecSecret'], '')
    problems.push(...payerProblems(settings))
  }
  const checksum = (key: SettingKey): Problem =>
    problem(
      'E_CONFIG_VALUE',
      `${displayNameOf(key)} has a wrong character in it: the check sum does not fit`,
      key,
    )
  if (settings['miner.coinbase'] !== undefined && !isAddress(coinbase, 'FA'))
    problems.push(checksum('miner.coinbase'))
  const bits = settings['lxrhash.bits'] ?? network.defaultBits
  const stake = stakePlan(settings, { alone: false })
  problems.push(...bitsProblems(network, bits), ...stake.problems, ...watchProblems(settings))
  const plan: MinePlan = {
    network,
    identity,
    coinbase,
    exchange: network.name === 'local' ? settings['prices.exchange'] : undefined,
    stake: stake.plan,
    bits,
    records: settings['miner.records'] ?? defaultRecordsPerBlock(network),
    limits: {
      block: settings['miner.maxCreditsBlock'],
      day: settings['miner.maxCreditsDay'] ?? (dev || network.name === 'local' ? undefined : DAY_LIMIT),
    },
    dataDir: dataDirOf(settings, network.name),
  }
  return { plan, problems }
}

/** Tells only of a new chain: one that exists may be beyond the heights of the first version. */
function unminable(settings: Pick<Settings, MineKey>, network: Network): Problem | undefined {
  if (settings['network.activations'] === undefined) return undefined
  const isNew = network.name === 'dev' && !isBegun(dataDirOf(settings, network.name))
  return unminableAt(network, isNew ? (settings['network.startHeight'] ?? 0) + 1 : Infinity)
}

/** Below the first height of all the miner waits; records of the first version can never be mined. */
export function unminableAt(network: Network, height: number): Problem | undefined {
  const why = height < network.activationHeight ? null : whyUnminable(network, height)
  if (why === null) return undefined
  const advice = 'begin with version 2, such as 2@0'
  return problem('E_CONFIG_NETWORK', `${why}; ${advice}`, 'network.activations')
}

/** How to give a setting, as an instruction. */
function wayOf(key: SettingKey): string {
  const variable = envNameOf(key)
  const name = displayNameOf(key)
  return name === variable
    ? `${variable} or ${variable}_FILE, or ${key}File in pegminer.yaml`
    : `${name}, or ${key} in pegminer.yaml`
}
