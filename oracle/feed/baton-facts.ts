/** What is known of the chain of batons when the next header is to be built: the facts of `judgeBaton`. */
import type { CallOptions, Registration } from '../../komodo/index.js'
import type { BatonFacts } from './baton.js'
import { sampleOf, type Walk } from './baton-chain.js'
import { isOrphaned, type Mempool } from './mempool.js'
import type { GatewayParts } from './parts.js'
import type { Published } from './published.js'

export interface BatonFactsParts extends Pick<GatewayParts, 'settings' | 'asset'> {
  readonly published: Published
  readonly mempool: Mempool
}

export function createBatonFacts({ settings, asset, published, mempool }: BatonFactsParts) {
  const { oracleTxid, pubkey: publisher } = settings
  /** The asset height at which the daemon's baton began to differ from ours. */
  let differsSince: number | null = null

  async function whereIs(txid: string, options: CallOptions): Promise<'mempool' | 'chain' | 'gone'> {
    if (mempool.transactions.has(txid)) return 'mempool'
    const found = await asset.transaction(txid, options)
    return found === null || found.orphaned ? 'gone' : found.confirmations > 0 ? 'chain' : 'mempool'
  }

  /** A header of our key in the mempool that stands on no baton of the walk. */
  function strayIn(walk: Walk): string | null {
    const reached = new Set(walk.samples.map(({ txid }) => txid))
    for (const [txid, hex] of mempool.hexes) {
      if (reached.has(txid)) continue
      const sample = sampleOf(txid, hex, { oracleTxid, publisher })
      if (sample?.signed === true && sample.header !== null) return txid
    }
    return null
  }

  return {
    whereIs,
    async of(
      walk: Walk,
      registration: Registration,
      assetHeight: number,
      options: CallOptions,
    ): Promise<BatonFacts> {
      const { head } = published
      const { batonTxid: daemon } = registration
      const reachable = head === null || walk.samples.some(({ txid }) => txid === head.txid)
      const outputs = await asset.utxos(registration.baton, true, options)
      const facts = {
        daemon,
        own: head && {
          txid: head.txid,
          where: reachable ? ('chain' as const) : await whereIs(head.txid, options),
        },
        reachable,
        orphaned: daemon !== null && (await isOrphaned(asset, mempool, daemon, options)),
        restored: outputs.some(({ height }) => height <= 0),
        stray: strayIn(walk),
      }
      const differs =
        (head !== null && !reachable) || facts.orphaned || facts.restored || facts.stray !== null
      if (!differs) differsSince = null
      else differsSince ??= assetHeight
      return { ...facts, blocks: differsSince === null ? 0 : Math.max(0, assetHeight - differsSince) }
    },
  }
}
