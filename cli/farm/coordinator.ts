/** `pegminer farm coordinator`: mines as `mine` does, with the machines that join instead of threads of its own. */
import { hostname } from 'node:os'

import {
  COORDINATOR_SLOTS,
  createFarmMiner,
  FAULTS,
  openStore,
  type FarmMiner,
} from '../../miner/farm/index.js'
import { mineWith, type Hashers, type HashersParts } from '../mine/mine.js'
import type { FarmContext } from './context.js'
import { givenAddress, openConnection, ownAddress, type FarmAddress } from './server.js'

/** Machines are no threads: one that is slower than the others is no fault. */
export const coordinator = (context: FarmContext): Promise<number> =>
  mineWith({ ...context, settings: { ...context.settings, 'watchdog.slowShare': 0 } }, (parts) =>
    openFarm(context, parts),
  )

async function openFarm(
  context: FarmContext,
  { plan, resources, notice, output }: HashersParts,
): Promise<Hashers> {
  const { settings } = context
  const isOwn = plan.network.name === 'dev' && settings['farm.nats'] === undefined
  const address = isOwn ? await ownAddress(resources) : givenAddress(context)
  const connection = await openConnection(context, { address, name: 'coordinator', resources })
  const store = await openStore(connection)
  const join = joinLine(address)
  let made: Pick<FarmMiner, 'status' | 'accounts'> | null = null
  return {
    slots: COORDINATOR_SLOTS,
    create(options, modules, { tree: { farm } }) {
      for (const fault of FAULTS) farm.faults.inc({ fault }, 0)
      farm.refused.inc(0)
      const miner = createFarmMiner(
        { ...options, awaitMachine: plan.network.name === 'dev', offerMap: settings['farm.offerMap'] },
        {
          ...{ ...modules, connection, store, name: settings['farm.name'] ?? hostname(), onNotice: notice },
          onFault: (fault) => farm.faults.inc({ fault }),
          onRefused: () => farm.refused.inc(),
        },
      )
      made = miner
      output.command(join)
      const count = (): void => {
        const { here, missing } = miner.status()
        farm.machines.set({ state: 'here' }, here)
        farm.machines.set({ state: 'missing' }, missing)
      }
      const timer = setInterval(count, COUNT_MS)
      resources.add(() => clearInterval(timer))
      return miner
    },
    farm: { status: () => made?.status() ?? {}, accounts: () => made?.accounts() ?? [] },
    facts: [
      ['farm', `${address.servers.join(' ')}${isOwn ? ', a nats-server of its own' : ''}`],
      ['join', isOwn ? 'by this line, in other terminals:' : 'by this line, typed on each machine:'],
    ],
    started: { threads: 0, nats: address.servers, join },
  }
}

/** The machines are counted so often, as often as Prometheus looks. */
const COUNT_MS = 5_000

/** What is typed on a machine that joins. */
function joinLine({ servers, workerCreds }: FarmAddress): string {
  return `pegminer farm worker --nats ${servers.join(',')} --creds ${workerCreds ?? 'FILE'}`
}
