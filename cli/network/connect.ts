/** Settings → a client of the nodes, and the key that pays. */
import { readFileSync } from 'node:fs'

import { isCoded, messageOf } from '../../base/index.js'
import { displayNameOf, problem, problemsError, shown, type Problem } from '../../config/index.js'
import {
  createFactomClient,
  ecKey,
  isAddress,
  walletKey,
  type EcKey,
  nodeUrl,
  type FactomClientOptions,
  type FactomNodes,
  type NodeClient,
} from '../../factom/index.js'
import type { CommandContext } from '../program/context.js'
import type { NodeKey, PayerKey } from '../program/keys.js'

/** A node that answers every other question is good enough to mine with. */
const RETRIES = 2

/** Throws one error with everything that is wrong with the settings of the nodes. */
export const connect = (
  context: Pick<CommandContext<NodeKey>, 'settings'>,
  hooks: Pick<FactomClientOptions, 'onCall' | 'onSwitch'> = {},
): NodeClient => createFactomClient({ ...nodesOf(context), retries: RETRIES, ...hooks })

/** The same, without a client. */
export function nodesOf({ settings }: Pick<CommandContext<NodeKey>, 'settings'>): FactomNodes {
  const problems: Problem[] = []
  const [url = '', ...fallbacks] = settings['factom.url']
  const login = loginOf('factom', settings['factom.user'], settings['factom.password'], problems)
  const ca = certificates(settings['factom.ca'], problems)
  if (problems.length > 0) throw problemsError(problems)
  for (const address of settings['factom.url']) nodeUrl(address)
  return { url, fallbacks, login, ca }
}

/** Asked before a ByteMap is built, which may take minutes. Throws what keeps all nodes from answering. */
export async function requireNode(
  context: Pick<CommandContext<NodeKey>, 'settings' | 'signal'>,
): Promise<void> {
  const client = connect(context)
  try {
    await client.heights(context.signal)
  } finally {
    client.close()
  }
}

/** The same for a program that waits for its node: it only says so. */
export async function noteNode(
  context: Pick<CommandContext<NodeKey>, 'settings' | 'signal' | 'log'>,
): Promise<void> {
  try {
    await requireNode(context)
  } catch (error) {
    context.signal.throwIfAborted()
    if (!isCoded(error) || !error.code.startsWith('E_FACTOM_')) throw error
    context.log.warn(`${error.message}: it is asked again and again`, { code: error.code })
  }
}

/** What is wrong with who pays, before anything is asked: a key, or a wallet and an address, and only one of them. */
export function payerProblems(settings: Pick<CommandContext<PayerKey>['settings'], PayerKey>): Problem[] {
  const problems: Problem[] = []
  const [secret, wallet, address] = [
    settings['miner.ecSecret'],
    settings['factom.walletd'],
    settings['factom.ecAddress'],
  ]
  const key = displayNameOf('miner.ecSecret')
  if (secret !== undefined && wallet !== undefined)
    problems.push(problem('E_CONFIG_SECRET', `--walletd and ${key} are both given; keep one of them`))
  if (secret === undefined && wallet !== undefined && address === undefined)
    problems.push(problem('E_CONFIG_MISSING', '--walletd needs --ec-address: whose key is it?'))
  const checksum = (name: string): Problem =>
    problem('E_CONFIG_VALUE', `${name} has a wrong character in it: the check sum does not fit`)
  if (secret !== undefined && !isAddress(secret, 'Es')) problems.push(checksum(key))
  if (address !== undefined && !isAddress(address, 'EC')) problems.push(checksum('--ec-address'))
  else if (address !== undefined && problems.length === 0 && secret !== undefined)
    if (ecKey(secret).address !== address)
      problems.push(problem('E_CONFIG_VALUE', `--ec-address is not the address of ${key}`))
  return problems
}

/** The key of the settings, or that of the wallet. `payerProblems` has been asked. */
export async function payerKey({
  settings,
  signal,
  log,
}: Pick<CommandContext<PayerKey | 'factom.ca'>, 'settings' | 'signal' | 'log'>): Promise<EcKey | undefined> {
  const [secret, url, address] = [
    settings['miner.ecSecret'],
    settings['factom.walletd'],
    settings['factom.ecAddress'],
  ]
  if (secret !== undefined) return ecKey(secret)
  if (url === undefined || address === undefined) return undefined
  const problems: Problem[] = []
  const user = settings['factom.walletdUser']
  const login = loginOf('factom.walletd', user, settings['factom.walletdPassword'], problems)
  const ca = certificates(settings['factom.ca'], problems)
  if (problems.length > 0) throw problemsError(problems)
  if (!/^https:|^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/]|$)/i.test(url))
    log.warn('the secret key comes from the wallet unencrypted, over a network; use https:// or run it here')
  return walletKey({ url, login, ca }, address, signal)
}

function loginOf(
  whose: 'factom' | 'factom.walletd',
  user: string | undefined,
  password: string | undefined,
  problems: Problem[],
) {
  if (user === undefined && password === undefined) return undefined
  if (user !== undefined && password !== undefined) return { user, password }
  const names =
    whose === 'factom'
      ? (['factom.user', 'factom.password'] as const)
      : (['factom.walletdUser', 'factom.walletdPassword'] as const)
  const [there, lacking] = user === undefined ? [names[1], names[0]] : names
  problems.push(
    problem('E_CONFIG_MISSING', `${displayNameOf(there)} needs ${displayNameOf(lacking)} beside it`),
  )
  return undefined
}

function certificates(file: string | undefined, problems: Problem[]): string | undefined {
  if (file === undefined) return undefined
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    problems.push(problem('E_CONFIG_VALUE', `--factomd-ca: ${shown(file)} holds no PEM certificate`))
  } catch (error) {
    problems.push(
      problem('E_CONFIG_VALUE', `--factomd-ca: ${shown(file)} cannot be read: ${messageOf(error)}`),
    )
  }
  return undefined
}
