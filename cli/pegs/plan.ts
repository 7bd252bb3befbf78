/** Which peg, and what to do about it: words, plan file, or the embedded network. */
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { mistake, pathText, problem, problemsError, readYaml } from '../../config/index.js'
import { readPlan, type PegPlan } from '../../komodo/index.js'
import type { PriceSection } from '../../oracle/prices/index.js'
import type { CommandContext } from '../program/context.js'
import type { PegsKey } from '../program/keys.js'

export type PegsContext = CommandContext<PegsKey, { readonly prices: PriceSection }>

export const isDev = ({ settings, origins }: PegsContext): boolean =>
  settings['network.name'] === 'dev' && origins['network.name'] !== 'default'

export const CREATOR_WORDS = ['create', 'resume', 'status', 'launch-args'] as const

/** Words that need no chain. */
export const TOOL_WORDS = ['simulate', 'price-stub'] as const

export const USER_WORDS = [
  'deposit',
  'fund',
  'get',
  'redeem',
  'exchange',
  'liquidate',
  'watch',
  'withdraw',
  'info',
  'price',
  'accounts',
  'history',
  'worst',
] as const
export type UserWord = (typeof USER_WORDS)[number]

/** Reads a plan. Throws one error with everything that is wrong. */
export function planFrom(file: string): PegPlan {
  const yaml = readYaml(file)
  if (yaml.problems.length > 0) throw problemsError(yaml.problems)
  const read = readPlan(yaml.value, yaml.folder)
  if ('problems' in read)
    throw problemsError(
      read.problems.map(({ path, message }) =>
        problem('E_CONFIG_SECTION', `${yaml.at(path)}: ${pathText(path)}: ${message}`),
      ),
    )
  const plan = read.value
  const hasPassword = [plan.asset, plan.reference].some(({ password }) => password !== undefined)
  if (hasPassword && yaml.readableByOthers)
    throw mistake(
      'E_CONFIG_SECRET',
      `${file} holds a password and others can read it: chmod 600 ${file}, or name the conf file of the daemon`,
    )
  return plan
}

/** What makes a plan the same one: the chain, and all that goes into it. */
export function subjectOf(plan: PegPlan): string {
  const { pubkey, amount, gateways } = plan
  const text = JSON.stringify([plan.asset.name, pubkey, amount.toString(), gateways], (_, found: unknown) =>
    typeof found === 'bigint' ? found.toString() : found,
  )
  return `${plan.asset.name} ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

export const journalOf = (dataDir: string, plan: PegPlan): string =>
  join(dataDir, 'pegs', plan.asset.name, 'creation.json')

/** Of what holders do, and of what a watch does for them. */
export const journeysOf = (dataDir: string, plan: PegPlan): string =>
  join(dataDir, 'pegs', plan.asset.name, 'journeys')

/** For real chains: one place for all networks, since the chain has a name of its own. */
export const defaultPegsDir = (): string => join(homedir(), '.pegminer', 'komodo')
