/** Where what was followed and the node's chain part, and where the node's chain begins. */
import { isCoded } from '../base/index.js'
import type { Network } from '../pegnet/index.js'
import { BLOCK_NOT_FOUND, rpcCodeOf, type FactomClient } from '../factom/index.js'
import { fail } from './errors.js'

type BlockClient = Pick<FactomClient, 'dblockByHeight'>

/** A part of the directory chain that is known: `keyMrAt` answers from `first` to `last`. */
export interface KnownChain {
  readonly first: number
  readonly last: number
  readonly keyMrAt: (height: number) => string | null
}

/**
 * The highest known block that the node has too; `first - 1` if it has none of them. Blocks prove those before them,
 * so once two chains have parted they stay apart and halving finds the place. Throws if the node contradicts itself.
 */
export async function commonHeight(
  client: BlockClient,
  ours: KnownChain,
  signal?: AbortSignal,
): Promise<number> {
  const nodeKeyMr = async (height: number): Promise<string> =>
    (await client.dblockByHeight(height, signal)).keyMr
  const { first, last, keyMrAt } = ours
  if ((await nodeKeyMr(last)) === keyMrAt(last)) return last
  let [same, other] = [first - 1, last]
  while (other - same > 1) {
    const middle = same + Math.floor((other - same) / 2)
    if ((await nodeKeyMr(middle)) === keyMrAt(middle)) same = middle
    else other = middle
  }
  const { prevKeyMr } = await client.dblockByHeight(other, signal)
  if (same >= first && prevKeyMr !== keyMrAt(same))
    throw fail('E_HISTORY_BEHIND', `the node's block ${other} does not follow its own block ${same}`)
  return same
}

/**
 * The first height to follow: where PegNet begins, or on a network of one's own where the chain itself begins, if that
 * is later.
 */
export async function firstHeight(given: {
  readonly client: BlockClient
  readonly network: Network
  readonly saved: number
  readonly signal?: AbortSignal | undefined
}): Promise<number> {
  const { client, network, saved, signal } = given
  const start = network.activationHeight
  const own = network.name === 'dev' || network.name === 'local'
  const exists = async (height: number): Promise<boolean> => {
    try {
      await client.dblockByHeight(height, signal)
      return true
    } catch (error) {
      if (isCoded(error) && rpcCodeOf(error) === BLOCK_NOT_FOUND) return false
      throw error
    }
  }
  if (!own || saved <= start || (await exists(start))) return start
  let [missing, there] = [start, saved]
  while (there - missing > 1) {
    const middle = missing + Math.floor((there - missing) / 2)
    if (await exists(middle)) there = middle
    else missing = middle
  }
  return there
}
