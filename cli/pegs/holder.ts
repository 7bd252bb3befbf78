/** Who uses the plan's peg, and through which daemons. */
import { mistake } from '../../config/index.js'
import { findPeg, pegFamily, peekJournal, type KomodoClient, type Peg } from '../../komodo/index.js'
import type { Resources } from '../program/resources.js'
import { clientOf, openPlan, type Opened } from './create.js'
import { setMarket } from './dev-market.js'
import { isDev, journalOf, type PegsContext } from './plan.js'

export interface Holder {
  readonly opened: Opened
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly pubkey: string
  readonly peg: Peg
}

/** Embedded daemons hang on purpose, so they are given less time than real ones. */
const DEV_TIMEOUT_MS = 5_000

export async function openHolder(context: PegsContext, resources: Resources): Promise<Holder> {
  const { settings, signal } = context
  const market = settings['pegs.prices']
  if (market !== undefined && !isDev(context))
    throw mistake('E_CONFIG_NETWORK', '--prices is for price-stub, and for the market of the network dev')
  const opened = await openPlan(context, undefined, resources)
  const { plan, dev, dataDir } = opened
  const user = dev?.chains.user
  const timeoutMs = dev ? DEV_TIMEOUT_MS : undefined
  const asset = clientOf(user ? { ...plan.asset, ...user.asset } : plan.asset, resources, timeoutMs)
  const reference = clientOf(
    user ? { ...plan.reference, ...user.reference } : plan.reference,
    resources,
    timeoutMs,
  )
  const pubkey = user?.pubkey ?? plan.pubkey
  await pegFamily(asset.rpc, 'user', { signal })
  const { pubkey: started } = await asset.nodeInfo({ signal })
  if (started !== pubkey)
    throw mistake(
      'E_CONFIG_VALUE',
      `${asset.name} was started with -pubkey=${started ?? ''}, the plan says ${pubkey}`,
    )
  const pegsTxid = plan.pegsTxid ?? peekJournal(journalOf(dataDir, plan))?.facts['pegsTxid']
  if (pegsTxid === undefined)
    throw mistake('E_CONFIG_MISSING', 'the plan names no peg: give pegsTxid in it, or create one first')
  if (dev) await dev.welcome()
  const peg = await findPeg(asset, pegsTxid, { signal, thresholds: plan.thresholds })
  if (dev && market !== undefined) await setMarket({ dev, asset, peg }, market, signal)
  return { opened, asset, reference, pubkey, peg }
}
