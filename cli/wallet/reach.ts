/** What the wallet reaches: the ledger for what it holds, a node for what it sends. */
import { join } from 'node:path'

import {
  createFactomClient,
  createPublisher,
  ecKey,
  type EcKey,
  type FactomClient,
} from '../../factom/index.js'
import {
  createPegnetd,
  ledgerChains,
  openOutbox,
  remoteSource,
  rulesOf,
  tablesSource,
  type LedgerRules,
  type LedgerSource,
  type Outbox,
  type LookingParts,
  type SendingParts,
} from '../../ledger/index.js'
import type { Network } from '../../pegnet/index.js'
import { mistake, problemsError } from '../../config/index.js'
import { dirOf, openEither } from '../ledger/files.js'
import { connect, payerKey, payerProblems } from '../network/connect.js'
import { followedNetwork } from '../network/follow.js'
import { KNOWN_KEYS } from '../program/known-keys.js'
import type { Resources } from '../program/resources.js'
import { tilde } from '../view/format.js'
import { homedir } from 'node:os'
import type { ReachContext } from './context.js'

export interface Reach {
  readonly network: Network
  readonly rules: LedgerRules
  /** Of the entries of batches. */
  readonly chainId: string
  readonly source: LedgerSource
  readonly outbox: Outbox
}

/** Files of the wallet besides itself: what was signed, and what was sent of it. */
export const folderOf = (context: ReachContext): string => join(dirOf(context), 'wallet')

export function reachLedger(context: ReachContext, resources: Resources): Reach {
  const network = followedNetwork(context.settings)
  const rules = rulesOf(network)
  const url = context.settings['ledger.pegnetd']
  const outbox = openOutbox(join(folderOf(context), 'outbox.json'))
  const reach = { network, rules, chainId: ledgerChains(network).transactions, outbox }
  if (url !== undefined) {
    const remote = remoteSource(createPegnetd(url, context.signal), url, rules)
    resources.add(() => remote.close())
    return { ...reach, source: remote }
  }
  const query = openEither(context)
  const source = tablesSource(query, `the ledger in ${tilde(dirOf(context), homedir())}`, rules)
  resources.add(() => source.close())
  if (source.network !== null && source.network !== network.name)
    throw mistake(
      'E_CONFIG_NETWORK',
      `${source.name} is that of ${source.network}: give --network ${source.network}`,
    )
  return { ...reach, source }
}

export interface Sending extends SendingParts {
  readonly client: FactomClient
  readonly payer: EcKey
}

type Reached = Pick<Reach, 'network' | 'source' | 'outbox'>

/** Without anything to pay with: nothing can be sent. */
export async function reachToLook(
  context: ReachContext,
  { network, source, outbox }: Reached,
  resources: Resources,
): Promise<LookingParts & Pick<Sending, 'client'>> {
  const client = await clientOf(context, network)
  resources.add(() => client.close())
  return { outbox, source, client, signal: context.signal }
}

/** One that sends at a time. */
export async function reachNode(
  context: ReachContext,
  reach: Reached,
  resources: Resources,
): Promise<Sending> {
  const { settings, log } = context
  const { network } = reach
  const problems = payerProblems(settings)
  if (problems.length > 0) throw problemsError(problems)
  const looking = await reachToLook(context, reach, resources)
  const { client } = looking
  const own = network.name === 'dev' || network.name === 'local'
  const payer = (await payerKey(context)) ?? (own ? ecKey(KNOWN_KEYS[1] ?? '') : undefined)
  if (payer === undefined)
    throw mistake(
      'E_CONFIG_MISSING',
      'who pays for the entry? Set PEGMINER_MINER_EC_SECRET or PEGMINER_MINER_EC_SECRET_FILE, or give --walletd',
    )
  const publisher = createPublisher({
    ...{ client, key: payer, journal: join(folderOf(context), 'journal.jsonl') },
    onError: (error) =>
      log.warn('a step that was done could not be written down; it is done again', { error }),
  })
  resources.add(() => publisher.close())
  return { ...looking, publisher, payer }
}

/** That of the running program on dev, else of the settings. */
export async function clientOf(context: ReachContext, network: Network): Promise<FactomClient> {
  if (network.name !== 'dev') return connect(context)
  const { runningDevNode } = await import('../network/dev-network.js')
  return createFactomClient({ url: await runningDevNode(dirOf(context)) })
}
