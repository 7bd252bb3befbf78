/** A process of the bench: the coordinator's side of a farm as it works in a miner, without prices and chain. */
import { randomBytes } from 'node:crypto'
import { connectFarm, createFarmWorkforce, openStore, readCredential } from '../../miner/farm/index.js'
import { answerParent } from './answering.js'
import { FAKE_MAP, fakeDifficulty } from './fake.js'
import { fail } from '../errors.js'
import { KEEP, sharedMs } from './messages.js'

answerParent(async ({ url, credential }) => {
  const connection = await connectFarm({
    ...{ servers: [url], credential: readCredential(credential), name: 'coordinator' },
    signal: new AbortController().signal,
  })
  const store = await openStore(connection)
  const farm = createFarmWorkforce({
    ...{ connection, store, network: 'dev', byteMap: FAKE_MAP, machineId: 0, inherited: null },
    verifier: { difficulty: fakeDifficulty },
    onFault: () => undefined,
    onRefused: () => undefined,
    onDeposed: () => undefined,
    onNotice: () => undefined,
  })
  return {
    here: () => farm.machines.all.filter(({ state, health }) => state === 'here' && health.bits > 0).length,
    looked: () => farm.view.hits,
    assign({ height }) {
      farm.assign({ height, oprHash: Uint8Array.from(randomBytes(32)), floor: 0n, keep: KEEP })
      return sharedMs()
    },
    async collect() {
      const soon = AbortSignal.timeout(COLLECT_MS)
      await farm.collect(soon)
      if (soon.aborted) throw fail('E_BENCH_FARM', 'it is not known whether all hits were looked at')
      return sharedMs()
    },
  }
})

const COLLECT_MS = 60_000
