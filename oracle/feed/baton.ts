/**
 * On which transaction may the next header be built? A pure decision. After a reorganisation of the asset chain the
 * daemon's lookup overlooks the true baton and offers an older one (specification §15.13); a header built on that is
 * mined, listed by `oraclessamples`, and still lost for every gateway. So the daemon's word counts only if it agrees
 * with our own last published transaction.
 */

export interface BatonFacts {
  /** `batontxid` of `oraclesinfo`; null: it sees none. */
  readonly daemon: string | null
  /** What we published last; null if nothing is remembered. */
  readonly own: { readonly txid: string; readonly where: 'mempool' | 'chain' | 'gone' } | null
  /** Whether our own is the daemon's baton or one of its predecessors. */
  readonly reachable: boolean
  /** An unspent baton output was given back by a disconnected block: the address index says height 0. */
  readonly restored: boolean
  /** A data transaction of this publisher is in the mempool and is no predecessor of the daemon's baton. */
  readonly stray: boolean
  /** Asset-chain blocks since the daemon's word began to differ from ours. */
  readonly blocks: number
}

export type BatonVerdict =
  | { readonly verdict: 'build'; readonly on: string }
  | { readonly verdict: 'wait'; readonly why: 'no-baton' | 'restored' | 'stray' | 'own-unconfirmed' }
  /** Our own is in neither mempool nor chain: give it to the daemon once more. */
  | { readonly verdict: 'resend'; readonly txid: string }
  /** Another branch lives: what can only be reached from ours has to be published again. */
  | { readonly verdict: 'adopt'; readonly on: string; readonly dead: string }

/** A lost transaction is sent again for so many blocks. */
const RESEND_BLOCKS = 2
/** A baton that was given back is hidden from the daemon until something spends it; nobody waits for that for ever. */
const RESTORED_BLOCKS = 20

export function judgeBaton(facts: BatonFacts): BatonVerdict {
  const { daemon, own, reachable, blocks } = facts
  if (own !== null && reachable && daemon !== null) return { verdict: 'build', on: daemon }
  if (own?.where === 'gone' && blocks <= RESEND_BLOCKS) return { verdict: 'resend', txid: own.txid }
  // Nothing is ever built without a predecessor: that would cut off all that was published (specification §2.5).
  if (daemon === null) return { verdict: 'wait', why: 'no-baton' }
  if (facts.stray) return { verdict: 'wait', why: 'stray' }
  if (own?.where === 'mempool') return { verdict: 'wait', why: 'own-unconfirmed' }
  if (facts.restored && blocks < RESTORED_BLOCKS) return { verdict: 'wait', why: 'restored' }
  if (own === null) return { verdict: 'build', on: daemon }
  return { verdict: 'adopt', on: daemon, dead: own.txid }
}
