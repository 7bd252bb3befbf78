/**
 * Development only: other stakers, since no record is paid in a block with fewer than 25. The rules ask that a record names
 * a large holder, but not that his key signs it, nor that he is paid: so all of them name one holder.
 */
import { join } from 'node:path'
import { isCoded, messageOf } from '../../base/index.js'
import { createPublisher, decodeAddress, type EcKey, type FactomClient } from '../../factom/index.js'
import { buildSprEntry, encodeSpr, sprChainId } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { rivalKey, rivalPrices } from '../rivals.js'
import type { Session } from '../run/interface.js'
import { createTasks, type Notice } from '../run/tasks.js'

export interface StakingRivalsSetup {
  readonly count: number
  readonly network: Network
  readonly miner: Pick<Session, 'on'> & { readonly view: Pick<Session['view'], 'record'> }
  /** The large holder that their records name. */
  readonly holder: string
  readonly client: FactomClient
  readonly ecKey: EcKey
  readonly dataDir: string
  readonly notice: Notice
}

const PUBLISH_MINUTE = 8

/** Throws E_FACTOM_JOURNAL. */
export function startStakingRivals(setup: StakingRivalsSetup): { stop(): Promise<void> } {
  const { network, miner, count, notice } = setup
  const tasks = createTasks(notice)
  const publisher = createPublisher({
    client: setup.client,
    key: setup.ecKey,
    journal: join(setup.dataDir, 'stake', 'rivals.jsonl'),
    onError: (error) => notice('error', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error)),
  })
  const rcdHash = decodeAddress(setup.holder, 'FA')
  const version = (height: number) => network.sprVersionAt(height)
  let open = new AbortController()
  let prices: { readonly height: number; readonly prices: readonly bigint[] } | null = null

  const entryOf = (index: number, height: number, own: readonly bigint[]) => {
    const key = rivalKey(index)
    const spr = {
      address: key.address,
      identity: '',
      height,
      winners: [],
      prices: rivalPrices(own, index, height),
    }
    const staker = { ...key, rcdHash }
    return buildSprEntry({
      ...{ chainId: sprChainId(network), version: version(height) },
      ...{ content: encodeSpr(spr), staker },
    })
  }
  const publish = async (height: number, own: readonly bigint[]): Promise<void> => {
    const entries = Array.from({ length: count }, (_, index) => entryOf(index, height, own))
    await publisher.publish(height, entries, { signal: open.signal })
  }
  const off = miner.on((event) => {
    if (event.event === 'job') prices = miner.view.record
    if (event.event !== 'block') return
    if (prices?.height !== event.height) return open.abort()
    if (event.minute !== PUBLISH_MINUTE) return
    open = new AbortController()
    void tasks.track('E_MINER_PUBLISH', publish(event.height, prices.prices))
  })
  return {
    async stop() {
      off()
      tasks.hush()
      open.abort()
      await tasks.done()
      await publisher.close()
    },
  }
}
