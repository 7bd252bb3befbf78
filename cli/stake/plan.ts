/** Who stakes, and what signs for them: checked before anything is opened. */
import { displayNameOf, envNameOf, problem, type Problem, type Settings } from '../../config/index.js'
import { factoidKey, isAddress, type FactoidKey } from '../../factom/index.js'
import type { SignerOf } from '../../miner/index.js'
import { KNOWN_KEYS } from '../program/known-keys.js'

type StakeSettings = Pick<Settings, 'network.name' | 'stake.addresses' | 'stake.secrets'>

export interface StakePlan {
  readonly addresses: readonly string[]
  readonly signerOf: SignerOf
}

/** `alone`: without addresses, those of the keys stake. What is wrong comes back with it. */
export function stakePlan(
  settings: StakeSettings,
  { alone }: { readonly alone: boolean },
): { readonly plan: StakePlan; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const keys = keysOf(settings, problems)
  const named = settings['stake.addresses'] ?? (alone ? [...keys.keys()] : [])
  const flag = displayNameOf('stake.addresses')
  const variable = envNameOf('stake.secrets')
  const way = `${variable} or ${variable}_FILE, or stake.secretsFile in pegminer.yaml`
  for (const address of named) {
    if (!isAddress(address, 'FA')) {
      const text = `${flag} has an address with a wrong character in it: the check sum does not fit`
      problems.push(problem('E_CONFIG_VALUE', text, 'stake.addresses'))
    } else if (problems.length === 0 && !keys.has(address))
      problems.push(problem('E_CONFIG_MISSING', `${address} needs its key: ${way}`, 'stake.secrets'))
  }
  if (new Set(named).size < named.length)
    problems.push(
      problem(
        'E_CONFIG_VALUE',
        `${flag} names an address twice; each stakes once a block`,
        'stake.addresses',
      ),
    )
  if (alone && named.length === 0 && problems.length === 0)
    problems.push(problem('E_CONFIG_MISSING', `who stakes? Give a key: ${way}`, 'stake.secrets'))
  return { plan: { addresses: named, signerOf: (address) => keys.get(address) ?? null }, problems }
}

/** The signing keys by address. */
function keysOf(settings: StakeSettings, problems: Problem[]): ReadonlyMap<string, FactoidKey> {
  const own = settings['network.name'] === 'dev' || settings['network.name'] === 'local'
  const known = KNOWN_KEYS.filter((key) => key.startsWith('Fs'))
  const secrets = settings['stake.secrets'] ?? (own ? known : [])
  const variable = displayNameOf('stake.secrets')
  return new Map(
    secrets.flatMap((secret, k) => {
      if (isAddress(secret, 'Fs')) {
        const key = factoidKey(secret)
        return [[key.address, key] as const]
      }
      const text = `${variable}: key ${k + 1} has a wrong character in it: the check sum does not fit`
      problems.push(problem('E_CONFIG_VALUE', text, 'stake.secrets'))
      return []
    }),
  )
}
