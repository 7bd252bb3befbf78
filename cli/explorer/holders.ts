/** Development only: made-up holders on the embedded network, who convert and send what the miner has earned. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { isCoded, sleep, wallMs } from '../../base/index.js'
import { wishesOf } from '../../explorer/index.js'
import { createPublisher, ecKey, encodeAddress, type FactomClient } from '../../factom/index.js'
import {
  composeBatch,
  ledgerChains,
  readAddress,
  signBatch,
  signingKey,
  type LedgerQueries,
  type SigningKey,
} from '../../ledger/index.js'
import { networkOf } from '../../pegnet/index.js'
import type { Logger } from '../../telemetry/index.js'
import { KNOWN_KEYS } from '../program/known-keys.js'

const HOLDERS = 12
/** Of one block. */
const WISHES = 6
const POLL_MS = 500

export interface HoldersParts {
  readonly client: FactomClient
  readonly query: LedgerQueries
  readonly dataDir: string
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Keys that can be computed from their names, and the miner's: no money may be sent to their addresses. */
function keysOf(): SigningKey[] {
  const made = Array.from({ length: HOLDERS }, (_, k) =>
    encodeAddress(
      'Fs',
      createHash('sha256')
        .update(`pegminer holder${k + 1}`)
        .digest(),
    ),
  )
  return [KNOWN_KEYS[0] ?? '', ...made].map(signingKey)
}

/** In each block a few of them do something. Ends with the signal. */
export async function playHolders({ client, query, dataDir, log, signal }: HoldersParts): Promise<void> {
  const { transactions: chainId } = ledgerChains(networkOf('dev'))
  const keys = new Map(keysOf().map((key) => [readAddress(key.address) ?? '', key]))
  const publisher = createPublisher({
    ...{ client, key: ecKey(KNOWN_KEYS[1] ?? ''), journal: join(dataDir, 'holders', 'journal.jsonl') },
    onError: (error) => log.warn('a step of a made-up holder could not be written down', { error }),
  })
  let acted = -1
  async function act(): Promise<void> {
    const { leaderHeight, directoryBlockHeight } = await client.currentMinute(signal)
    const ledgerHeight = query.about().height
    // One turn a block, by what the block before has left.
    if (leaderHeight === acted || ledgerHeight < directoryBlockHeight) return
    acted = leaderHeight
    await publisher.settle(ledgerHeight, (hash) => query.entryBy(hash)?.height ?? null, { signal })
    const holders = [...keys.keys()].map((address) => ({ address, balances: query.balancesOf(address) }))
    const signedAt = Math.floor(wallMs() / 1000)
    const batches = wishesOf(holders, WISHES, Math.random).flatMap((wish) => {
      const key = keys.get(wish.input.address)
      return key ? [signBatch(composeBatch(chainId, [wish]), key, signedAt)] : []
    })
    if (batches.length === 0) return
    const entries = batches.map(({ entry }) => entry)
    await publisher.publish(leaderHeight + 1, entries, { signal })
  }
  try {
    while (!signal.aborted) {
      await act().catch((error: unknown) => {
        if (!signal.aborted && !isCoded(error)) throw error
        if (!signal.aborted) log.debug('the made-up holders could do nothing', { error })
      })
      await sleep(POLL_MS, signal)
    }
  } finally {
    await publisher.close()
  }
}
