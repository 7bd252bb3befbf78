/** `pegminer init`: the five chains of PegNet, created where they are missing. */
import { join } from 'node:path'

import { networkOf } from '../../pegnet/index.js'
import { mistake, problem, problemsError } from '../../config/index.js'
import {
  ensureChain,
  firstEntryOf,
  lockPending,
  openPending,
  type EcKey,
  type FactomClient,
} from '../../factom/index.js'
import { connect, payerKey, payerProblems } from './connect.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { fail } from '../program/errors.js'
import { plural } from '../view/format.js'
import type { InitKey } from '../program/keys.js'
import { dataDirOf } from './data-dir.js'
import { withResources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<InitKey>

/** The third external id of each chain; the first chain has none. */
const CHAIN_NAMES = ['', 'Transactions', 'Miners', 'OraclePriceRecords', 'StakingPriceRecords']

interface Chain {
  readonly name: string
  readonly chainId: string
  readonly extIds: readonly Uint8Array[]
  readonly credits: number
  readonly exists: boolean
}

export async function init(context: Context): Promise<number> {
  const { settings, output, signal } = context
  const network = networkOf(settings['network.name'])
  const problems = payerProblems(settings)
  if (network.name === 'dev')
    problems.push(
      problem(
        'E_CONFIG_NETWORK',
        'the network dev makes its chains by itself; for a running pegminer dev give --network local',
      ),
    )
  if (problems.length > 0) throw problemsError(problems)
  return withResources(async (resources) => {
    const client = connect(context)
    resources.add(() => client.close())
    const { directoryBlockHeight } = await client.heights(signal)
    const chains = await chainsOf(client, network, signal)
    const missing = chains.filter(({ exists }) => !exists)
    const credits = missing.reduce((sum, chain) => sum + chain.credits, 0)
    const key = await payerKey(context)
    const balance = key && (await client.entryCreditBalance(key.address, signal))

    const fact = factPrinter(output)
    fact('network', `${network.name}, factomd at ${client.url}, height ${directoryBlockHeight}`)
    for (const [k, chain] of chains.entries())
      fact(
        k === 0 ? 'chains' : '',
        `${chain.chainId.slice(0, 16)}… ${chain.name}${chain.exists ? '' : ', missing'}`,
      )
    fact('cost', missing.length === 0 ? 'nothing: all of them exist' : plural(credits, 'entry credit'))
    if (key) fact('paid by', `${key.address}, which has ${plural(balance ?? 0, 'entry credit')}`)
    output.event({
      event: 'init',
      network: network.name,
      factomd: client.url,
      chains: chains.map(({ name, chainId, exists }) => ({ name, chainId, exists })),
      credits,
      ecAddress: key?.address ?? null,
      balance: balance ?? null,
    })
    if (missing.length > 0) await createAll(context, { client, key, missing, credits })
    output.line()
    output.line(
      ` All ${chains.length} chains are there${missing.length > 0 ? '; the next block saves them' : ''}.`,
    )
    output.event({ event: 'done', created: missing.length, credits })
    return EXIT.done
  })
}

async function chainsOf(
  client: FactomClient,
  { protocol, networkTag }: ReturnType<typeof networkOf>,
  signal: AbortSignal,
): Promise<Chain[]> {
  const chains: Chain[] = []
  for (const last of CHAIN_NAMES) {
    const names = [protocol, networkTag, ...(last === '' ? [] : [last])]
    const extIds = names.map((name) => new TextEncoder().encode(name))
    const { chainId, credits } = firstEntryOf(extIds)
    const exists = (await client.chainHead(chainId, signal)) !== null
    chains.push({ name: names.join(' / '), chainId, extIds, credits, exists })
  }
  return chains
}

interface Work {
  readonly client: FactomClient
  readonly key: EcKey | undefined
  readonly missing: readonly Chain[]
  readonly credits: number
}

async function createAll({ settings, output, signal }: Context, { client, key, missing, credits }: Work) {
  const name = settings['network.name']
  if (key === undefined)
    throw mistake('E_CONFIG_MISSING', 'who pays? Set PEGMINER_MINER_EC_SECRET or …_FILE, or give --walletd')
  if (name === 'MainNet' && !settings['confirm.yes'])
    throw fail(
      'E_CLI_CONFIRM',
      `this spends ${plural(credits, 'entry credit')}, real money: give --yes to do it`,
    )
  const file = join(dataDirOf(settings, name), 'pending.json')
  const unlock = lockPending(file)
  try {
    const pending = openPending(file)
    output.line()
    for (const chain of missing) {
      const { created } = await ensureChain(client, key, chain.extIds, { signal, pending })
      output.line(` ${created ? 'created' : 'exists '}  ${chain.name}`)
      output.event({ event: 'chain', name: chain.name, chainId: chain.chainId, created })
    }
  } finally {
    unlock()
  }
}
