/** The miner whose hashes come from a farm: a run (`run/`), and the workforce of all machines that join. */
import type { NatsConnection } from '@nats-io/transport-node'
import { portableHasher, type OpenByteMap } from '../../lxrhash/index.js'
import { messageOf, monotonicMs } from '../../base/index.js'
import type { JournalMirror } from '../../factom/index.js'
import type { Following, Handover, RunModules, RunOptions } from '../run/interface.js'
import { createSession, type RunTuning } from '../run/session.js'
import type { Miner } from '../miner.js'
import type { DayAccount } from './accounts.js'
import { takeJournalOver } from './journal.js'
import { createLead } from './lead.js'
import { offerMap } from './maps.js'
import { readRefusals } from './refusals.js'
import { farmStatus, type FarmStatus } from './status.js'
import { openHandover, readInherited } from './takeover.js'
import type { FarmStore } from './store.js'
import { createFarmWorkforce, type FarmOptions, type FarmWorkforce } from './workforce.js'

export interface FarmMinerOptions extends RunOptions {
  readonly machineId: number
  /** The run begins when the first machine is ready: on a network of one's own no other miner mines the blocks before. */
  readonly awaitMachine?: boolean
  /** The ByteMap is put on the server, for workers that have none. */
  readonly offerMap?: boolean
}

export interface FarmMinerModules extends Pick<RunModules, 'client' | 'ecKey' | 'prices'> {
  /** Its slot 0 checks hits. */
  readonly byteMap: OpenByteMap
  readonly connection: NatsConnection
  readonly store: FarmStore
  readonly following?: ((difficulty: RunModules['difficulty']) => Following) | undefined
  readonly onFault: FarmOptions['onFault']
  readonly onRefused: FarmOptions['onRefused']
  /** Of this coordinator among several, for people. */
  readonly name: string
  readonly onNotice: FarmOptions['onNotice']
}

export interface FarmMiner extends Miner {
  /** What each worker has contributed, by day; empty while another coordinator is active. */
  readonly accounts: () => readonly DayAccount[]
  readonly status: () => FarmStatus
}

interface Taken {
  readonly mirror: JournalMirror
  readonly handover: Handover
  readonly farm: FarmWorkforce
}

/** Slots of the ByteMap that a coordinator needs. */
export const COORDINATOR_SLOTS = 1

/** Throws E_MINER_OPTIONS. Nothing is started before `run`, which waits until no other coordinator is active. */
export function createFarmMiner(
  options: FarmMinerOptions,
  modules: FarmMinerModules,
  tuning: RunTuning = {},
): FarmMiner {
  const { byteMap, client, ecKey, prices, connection, store, onNotice } = modules
  const verifier = portableHasher(byteMap, 0)
  const difficulty: RunModules['difficulty'] = (oprHash, nonce) => verifier.difficulty(oprHash, nonce)
  const { bits, seed, passes, hashBits } = byteMap.params
  const deposed = new AbortController()
  const lead = createLead({
    ...{ bucket: store.lead, name: modules.name },
    onWait: (active) =>
      onNotice('info', 'E_FARM_STANDBY', `${active} is the active coordinator; this one waits for its turn`),
    onTrouble: (reason) => onNotice('warn', 'E_FARM_STORE', reason),
  })
  const lost = AbortSignal.any([lead.lost, deposed.signal])
  /** Opened when this coordinator is the active one. */
  let taken: Taken | null = null
  const session = createSession(
    options,
    {
      ...{ client, ecKey, prices, difficulty },
      ...(modules.following ? { following: modules.following(difficulty) } : {}),
      // It is never lost: machines may come at any time.
      workforce: () => (taken as Taken).farm,
      get mirror() {
        return taken?.mirror
      },
      get handover() {
        return taken?.handover
      },
    },
    tuning,
  )

  async function takeOver(): Promise<Taken> {
    const mirror = await takeJournalOver({ connection, manager: store.manager, name: modules.name, lost })
    const [inherited, refused] = await Promise.all([readInherited(store.job), readRefusals(store.refused)])
    const handover = await openHandover(store.record, inherited, (error) =>
      onNotice('warn', 'E_FARM_STORE', messageOf(error)),
    )
    const farm = createFarmWorkforce({
      ...{ connection, store, verifier, machineId: options.machineId, inherited, refused, onNotice },
      network: options.network.name,
      byteMap: { bits, seed, passes, hashBits, sha256: byteMap.sha256 },
      onDeposed: () => deposed.abort(),
      ...{ onFault: modules.onFault, onRefused: modules.onRefused },
    })
    return { mirror, handover, farm }
  }

  return {
    ...session,
    accounts: () => taken?.farm.accounts() ?? [],
    status: () => farmStatus(taken?.farm.machines.all ?? null, monotonicMs()),
    async run(outer) {
      await lead.acquire(outer)
      outer.throwIfAborted()
      const signal = AbortSignal.any([outer, lost])
      lost.addEventListener('abort', () =>
        onNotice('error', 'E_FARM_DEPOSED', 'this coordinator is not the active one any more; it ends'),
      )
      try {
        // Before workers are let in, so that the first ones find it as well.
        if (options.offerMap === true)
          void offerMap({
            ...{ connection, byteMap, signal, manager: store.manager },
            onTrouble: (reason) => onNotice('warn', 'E_FARM_STORE', reason),
          })
        taken = await takeOver()
        if (options.awaitMachine === true) {
          onNotice('info', 'E_FARM_NO_MACHINES', 'mining begins when the first machine has joined')
          await taken.farm.joined(signal)
        }
        const stopped = await session.run(signal)
        return lost.aborted ? { ...stopped, reason: 'failed' } : stopped
      } finally {
        await lead.release()
      }
    },
    adjust({ threads: _threads, cpus: _cpus, nice: _nice, ...rest }) {
      session.adjust(rest)
    },
    // A machine starts its threads again itself.
    restartThread: () => undefined,
  }
}
