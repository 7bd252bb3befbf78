import { problemsError, type Settings } from '../../config/index.js'
import type { FactomClient } from '../../factom/index.js'
import type { Network } from '../../pegnet/index.js'
import { unminableAt } from './plan.js'

/**
 * Throws if records can never be mined at the chain's height. If the node does not answer yet, nothing is checked: the
 * miner says of each block why it is left out.
 */
export async function checkHeight(
  {
    settings,
    signal,
  }: { readonly settings: Pick<Settings, 'network.activations'>; readonly signal: AbortSignal },
  network: Network,
  client: Pick<FactomClient, 'currentMinute'>,
): Promise<void> {
  if (settings['network.activations'] === undefined) return
  const now = await client.currentMinute(signal).catch(() => null)
  // The block under way may be too far on to be mined; the next one is what counts.
  const unminable = now === null ? undefined : unminableAt(network, now.leaderHeight + 2)
  if (unminable !== undefined) throw problemsError([unminable])
}
