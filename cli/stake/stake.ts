/** `pegminer stake`: staking records without mining. */
import { problem, problemsError, type Problem } from '../../config/index.js'
import { createHasher } from '../../lxrhash/index.js'
import { ledgerFollowing } from '../../ledger/index.js'
import { runStaking } from '../../miner/index.js'
import type { PriceSection } from '../../oracle/prices/index.js'
import { networkOf } from '../../pegnet/index.js'
import { createMetrics } from '../../telemetry/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { feedOpener } from '../mine/network.js'
import { dataDirOf } from '../network/data-dir.js'
import { warmUp } from '../mine/price-setup.js'
import { bitsProblems } from '../network/bits.js'
import { connect, noteNode, payerKey, payerProblems } from '../network/connect.js'
import { followedNetwork } from '../network/follow.js'
import { EXIT, type CommandContext } from '../program/context.js'
import type { StakeKey } from '../program/keys.js'
import { withResources, type Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { requireDataDir } from '../service/data-dir.js'
import { metricsRoutes, serveMetrics } from '../service/serve-metrics.js'
import { factPrinter } from '../view/facts.js'
import { createEventView } from '../view/stream.js'
import { createStakeListener } from './events.js'
import { openStakeLedger } from './ledger.js'
import { stakePlan, type StakePlan } from './plan.js'

type Context = CommandContext<StakeKey, { readonly prices: PriceSection }>

export async function stake(context: Context): Promise<number> {
  const { settings } = context
  const { plan, problems } = stakePlan(settings, { alone: true })
  const all = [...problems, ...networkProblems(settings)]
  if (all.length > 0) throw problemsError(all)
  const dataDir = dataDirOf(settings, settings['network.name'])
  requireDataDir(dataDir)
  return withResources(async (resources) => {
    await run(context, { plan, dataDir }, resources)
    return EXIT.interrupted
  })
}

function networkProblems(settings: Context['settings']): Problem[] {
  const name = settings['network.name']
  if (name === 'dev')
    return [
      problem(
        'E_CONFIG_NETWORK',
        'the network dev has no holders without a miner: give pegminer mine --network dev --stake FA…',
        'network.name',
      ),
    ]
  const network = networkOf(name)
  const problems = [
    ...payerProblems(settings),
    ...bitsProblems(network, settings['lxrhash.bits'] ?? network.defaultBits),
  ]
  if (settings['miner.ecSecret'] === undefined && settings['factom.walletd'] === undefined)
    problems.push(
      problem(
        'E_CONFIG_MISSING',
        'who pays? Set PEGMINER_MINER_EC_SECRET or …_FILE, or give --walletd and --ec-address',
        'miner.ecSecret',
      ),
    )
  return problems
}

async function run(
  context: Context,
  { plan, dataDir }: { readonly plan: StakePlan; readonly dataDir: string },
  resources: Resources,
): Promise<void> {
  const { settings, sections, output, signal } = context
  const network = followedNetwork(settings)
  const ecKey = await payerKey(context)
  if (ecKey === undefined) throw new TypeError('the settings were checked without a key')
  const metrics = createMetrics({ version: versionOf(), network: network.name })
  const client = connect(context, { onCall: (call) => metrics.factomCall(call) })
  resources.add(() => client.close())
  const exchange = network.name === 'local' ? settings['prices.exchange'] : undefined
  const prices = feedOpener(context, { metrics, dataDir })(
    exchange === undefined ? sections.prices.settings : sections.prices.at(exchange.replace(/\/+$/, '')),
  )
  resources.add(() => prices.close())
  metrics.observePrices(prices)
  const warm = warmUp(prices, signal)
  const bits = settings['lxrhash.bits'] ?? network.defaultBits
  await noteNode(context)
  const hasher = createHasher(
    await openMap(context, { params: paramsOf({ 'lxrhash.bits': bits }), slots: 1 }),
    0,
  )
  const difficulty = (hash: Uint8Array, nonce: Uint8Array) => hasher.difficulty(hash, nonce)
  const ledger = openStakeLedger(dataDir)
  resources.add(() => ledger.close())
  const served = await serveMetrics(context, metricsRoutes(metrics), {
    token: () => settings['telemetry.token'],
    hosts: () => settings['telemetry.hosts'],
  })
  const { server } = served
  if (server) resources.add(() => server.close())

  const fact = factPrinter(output)
  fact('network', `${network.name}, factomd at ${client.url}`)
  plan.addresses.forEach((address, k) => fact(k === 0 ? 'stakes' : '', address))
  fact('paid by', `${ecKey.address}${settings['miner.dryRun'] ? '; a dry run: nothing is sent' : ''}`)
  fact('metrics', served.text)
  output.line()
  output.event({
    ...{ event: 'start', version: versionOf(), network: network.name, addresses: plan.addresses },
    ...{ ecAddress: ecKey.address, factomd: client.url, dataDir },
    metrics: server ? `${server.url}/metrics` : null,
  })
  const lines = createEventView({ output, speedEveryMs: Infinity })
  resources.add(() => lines.close())
  const hear = createStakeListener({ ...plan, output, print: lines.print, metrics })
  if (network.name === 'local') await warm
  await runStaking(
    {
      ...{ network, ...plan, client, ecKey, prices, difficulty, ledger, dataDir },
      following: ledgerFollowing({ network, difficulty }),
      limits: { block: settings['miner.maxCreditsBlock'], day: settings['miner.maxCreditsDay'] },
      dryRun: settings['miner.dryRun'],
      emit(event) {
        if (event.event === 'block' || event.event === 'prices' || event.event === 'notice') {
          output.event(event)
          lines.show(event)
        } else hear(event)
      },
    },
    signal,
  )
}
