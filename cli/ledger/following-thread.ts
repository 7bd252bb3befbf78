/** What runs in the thread that follows the chain for `pegminer ledger serve`: all that is written, it writes. */
import { parentPort, workerData } from 'node:worker_threads'

import { keepUp } from '../../chain/index.js'
import type { Settings } from '../../config/index.js'
import { ledgerFollowing, type TakenBlock } from '../../ledger/index.js'
import { createHasher, type SharedByteMap } from '../../lxrhash/index.js'
import { createGradedHistory, type FollowProgress } from '../../oracle/index.js'
import { connect } from '../network/connect.js'
import { followedNetwork, type FollowKey } from '../network/follow.js'

export interface FollowingTask {
  readonly settings: Pick<Settings, FollowKey | 'ledger.averages'>
  readonly dir: string
  readonly byteMap: SharedByteMap
}

export type FollowingNews =
  /** The last block that the node has saved, and the minute of the one under construction. */
  | { readonly kind: 'node'; readonly height: number; readonly minute: number; readonly blockSeconds: number }
  | { readonly kind: 'progress'; readonly progress: FollowProgress }
  | { readonly kind: 'block'; readonly block: TakenBlock }
  /** Nothing is missing. */
  | { readonly kind: 'even' }
  | { readonly kind: 'trouble'; readonly code: string; readonly message: string }

/** From one question to the next: so much of a block. */
const POLLS_A_BLOCK = 60
const LEAST_POLL_MS = 500

async function follow({ settings, dir, byteMap }: FollowingTask): Promise<void> {
  const send = (news: FollowingNews): void => parentPort?.postMessage(news)
  const stop = new AbortController()
  parentPort?.once('message', () => stop.abort())
  const { signal } = stop
  const network = followedNetwork(settings)
  const hasher = createHasher(byteMap, 0)
  const difficulty = (hash: Uint8Array, nonce: Uint8Array): bigint => hasher.difficulty(hash, nonce)
  const client = connect({ settings })
  const trouble = ({ code, message }: { readonly code: string; readonly message: string }): void =>
    send({ kind: 'trouble', code, message })
  const history = createGradedHistory({
    ...{ client, network, difficulty, dir, signal, keep: true },
    ...ledgerFollowing({
      network,
      difficulty,
      averages: settings['ledger.averages'],
      onBlock: (block) => send({ kind: 'block', block }),
    }),
    onProgress: (progress) => send({ kind: 'progress', progress }),
    onNotice: trouble,
  })
  let pollMs = LEAST_POLL_MS
  async function sync(): Promise<void> {
    const { blockSeconds, directoryBlockHeight, minute } = await client.currentMinute(signal)
    pollMs = Math.max(LEAST_POLL_MS, (1000 * blockSeconds) / POLLS_A_BLOCK)
    send({ kind: 'node', height: directoryBlockHeight, minute, blockSeconds })
    await history.sync()
  }
  try {
    await keepUp({
      ...{ sync, signal, pollMs: () => pollMs },
      onEven: () => send({ kind: 'even' }),
      onTrouble: trouble,
    })
  } finally {
    history.close()
    client.close()
    parentPort?.close()
  }
}

await follow(workerData as FollowingTask)
