/** The miner whose hashes come from a farm: a run (`run/`), and the workforce of all machines that join. */
import type { NatsConnection } from '@nats-io/transport-node'
import { portableHasher, type OpenByteMap } from '../../lxrhash/index.js'
import type { Following, RunModules, RunOptions } from '../run/interface.js'
import { createSession, type RunTuning } from '../run/session.js'
import type { Miner } from '../miner.js'
import type { FarmStore } from './store.js'
import { createFarmWorkforce, type FarmOptions, type FarmWorkforce } from './workforce.js'

export interface FarmMinerOptions extends RunOptions {
  readonly machineId: number
  /** The run begins when the first machine is ready: on a network of one's own nobody else mines the blocks before. */
  readonly awaitMachine?: boolean
}

export interface FarmMinerModules extends Pick<RunModules, 'client' | 'ecKey' | 'prices'> {
  /** Its slot 0 checks hits. */
  readonly byteMap: OpenByteMap
  readonly connection: NatsConnection
  readonly store: FarmStore
  readonly following?: ((difficulty: RunModules['difficulty']) => Following) | undefined
  readonly onNotice: FarmOptions['onNotice']
}

export interface FarmMiner extends Miner {
  readonly farm: FarmWorkforce
}

/** Slots of the ByteMap that a coordinator needs. */
export const COORDINATOR_SLOTS = 1

/** Throws E_MINER_OPTIONS. Machines may join from now on; nothing is mined before `run`. */
export function createFarmMiner(
  options: FarmMinerOptions,
  modules: FarmMinerModules,
  tuning: RunTuning = {},
): FarmMiner {
  const { byteMap, client, ecKey, prices, connection, store } = modules
  const verifier = portableHasher(byteMap, 0)
  const difficulty: RunModules['difficulty'] = (oprHash, nonce) => verifier.difficulty(oprHash, nonce)
  const { bits, seed, passes, hashBits } = byteMap.params
  const farm = createFarmWorkforce({
    ...{ connection, store, verifier, machineId: options.machineId },
    network: options.network.name,
    byteMap: { bits, seed, passes, hashBits, sha256: byteMap.sha256 },
    onNotice: modules.onNotice,
  })
  const session = createSession(
    options,
    {
      ...{ client, ecKey, prices, difficulty },
      ...(modules.following ? { following: modules.following(difficulty) } : {}),
      // It is never lost: machines may come at any time.
      workforce: () => farm,
    },
    tuning,
  )
  return {
    ...session,
    farm,
    async run(signal) {
      if (options.awaitMachine === true) {
        modules.onNotice('info', 'E_FARM_NO_MACHINES', 'mining begins when the first machine has joined')
        await farm.joined(signal)
      }
      return session.run(signal)
    },
    adjust({ threads: _threads, cpus: _cpus, nice: _nice, ...rest }) {
      session.adjust(rest)
    },
    // A machine starts its threads again itself.
    restartThread: () => undefined,
  }
}
