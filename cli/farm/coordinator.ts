/** `pegminer farm coordinator`: mines as `mine` does, with the machines that join instead of threads of its own. */
import { hostname } from 'node:os'

import { COORDINATOR_SLOTS, createFarmMiner, openStore } from '../../miner/farm/index.js'
import { mineWith, type Hashers, type HashersParts } from '../mine/mine.js'
import type { FarmContext } from './context.js'
import { givenAddress, openConnection, ownAddress, type FarmAddress } from './server.js'

export const coordinator = (context: FarmContext): Promise<number> =>
  mineWith(context, (parts) => openFarm(context, parts))

async function openFarm(context: FarmContext, { plan, resources, notice }: HashersParts): Promise<Hashers> {
  const { settings } = context
  const isOwn = plan.network.name === 'dev' && settings['farm.nats'] === undefined
  const address = isOwn ? await ownAddress(resources) : givenAddress(context)
  const connection = await openConnection(context, { address, name: 'coordinator', resources })
  const store = await openStore(connection)
  const join = joinLine(address)
  return {
    slots: COORDINATOR_SLOTS,
    create: (options, modules) =>
      createFarmMiner(
        { ...options, awaitMachine: plan.network.name === 'dev' },
        { ...modules, connection, store, name: settings['farm.name'] ?? hostname(), onNotice: notice },
      ),
    facts: [
      ['farm', `${address.servers.join(' ')}${isOwn ? ', a nats-server of its own' : ''}`],
      ['join', join],
    ],
    started: { threads: 0, nats: address.servers, join },
  }
}

/** What is typed on a machine that joins. */
function joinLine({ servers, workerCreds }: FarmAddress): string {
  return `pegminer farm worker --nats ${servers.join(',')} --creds ${workerCreds ?? 'FILE'}`
}
