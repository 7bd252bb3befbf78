/** Staking of `pegminer mine --stake`: beside a miner, with its minutes and prices. */
import { mistake } from '../../config/index.js'
import { stakeBeside, startStaking, startStakingRivals, type Miner } from '../../miner/index.js'
import type { MineParts, Notice } from '../mine/parts.js'
import type { MinePlan } from '../mine/plan.js'
import type { MineContext } from '../mine/reload.js'
import type { Resources } from '../program/resources.js'
import type { EventView } from '../view/stream.js'
import { createStakeListener } from './events.js'
import { openStakeLedger, type OpenStakeLedger } from './ledger.js'
import type { Standings } from './standings.js'

export interface StakingBeside {
  readonly miner: Pick<Miner, 'on' | 'view'>
  readonly parts: Pick<MineParts, 'client' | 'around' | 'metrics'>
  /** How many others compete on the embedded network. */
  readonly rivals: number
  readonly resources: Pick<Resources, 'add'>
  readonly notice: Notice
  readonly lines: Pick<EventView, 'print'>
  readonly standings: Pick<Standings, 'hear'>
}

/** Nothing if no address stakes. Throws what staking cannot start with. */
export function startStakingBeside(
  { settings, output }: MineContext,
  { network, stake, coinbase, limits, dataDir }: MinePlan,
  { miner, parts, rivals, resources, notice, lines, standings }: StakingBeside,
): void {
  if (stake.addresses.length === 0) return
  const ledger = openStakeLedger(dataDir)
  resources.add(() => ledger.close())
  requireLedger(network.name, ledger)
  const tools = { client: parts.client, ecKey: parts.around.key, dataDir, network, notice }
  const hear = createStakeListener({ ...stake, output, print: lines.print, metrics: parts.metrics })
  const staker = startStaking({
    ...{ ...tools, ...stake, ledger, limits },
    dryRun: settings['miner.dryRun'],
    emit(event) {
      standings.hear(event)
      hear(event)
    },
  })
  resources.add(() => staker.stop())
  resources.add(stakeBeside(miner, staker))
  if (network.name !== 'dev' || rivals === 0) return
  const others = startStakingRivals({ ...tools, count: rivals, miner, holder: coinbase })
  resources.add(() => others.stop())
}

/** A miner waits for all that follows the chain: on a public network that would be hours. */
function requireLedger(network: string, ledger: OpenStakeLedger): void {
  if (network === 'dev' || network === 'local' || ledger.exists()) return
  const text = `--stake needs the ledger, which is not there yet: first run pegminer ledger sync --network ${network}`
  throw mistake('E_CONFIG_MISSING', text, 'stake.addresses')
}
