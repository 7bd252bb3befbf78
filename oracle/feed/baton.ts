/**
 * On which transaction may the next header be built? A pure decision. After a reorganisation of the asset chain the
 * daemon's lookup overlooks the true baton and offers an older one (docs/protocol/komodo.md#batons); a header built on
 * that is mined, listed by `oraclessamples`, and still lost for every gateway. So the daemon's word counts only if it
 * agrees with our own last published transaction.
 */

export interface BatonFacts {
  /** `batontxid` of `oraclesinfo`; null: it sees none. */
  readonly daemon: string | null
  /** What we published last; null if nothing is remembered. */
  readonly own: { readonly txid: string; readonly where: 'mempool' | 'chain' | 'gone' } | null
  /** Whether our own is the daemon's baton or one of its predecessors. */
  readonly reachable: boolean
  /** The daemon's baton stands in a block that is lost, and not in the mempool either. */
  readonly orphaned: boolean
  /** An unspent baton output was given back by a disconnected block: the address index says height 0. */
  readonly restored: boolean
  /** A data transaction that this publisher signed is in the mempool and no predecessor of the daemon's baton. */
  readonly stray: string | null
  /** Asset-chain blocks since the daemon's word began to differ from ours. */
  readonly blocks: number
}

export type WaitReason = 'no-baton' | 'orphaned' | 'restored' | 'stray' | 'own-unconfirmed'

export type BatonVerdict =
  | { readonly verdict: 'build'; readonly on: string }
  | { readonly verdict: 'wait'; readonly why: WaitReason }
  /** Our own is in neither mempool nor chain: give it to the daemon once more. */
  | { readonly verdict: 'resend'; readonly txid: string }
  /** Another branch lives: what can only be reached from ours has to be published again. */
  | { readonly verdict: 'adopt'; readonly on: string; readonly dead: string }

/** A lost transaction is sent again for so many blocks. */
const RESEND_BLOCKS = 2
/** What a reorganisation left behind is cleared by the next blocks; after so many of them it stays as it is. */
const PATIENCE_BLOCKS = 20

export function judgeBaton(facts: BatonFacts): BatonVerdict {
  const { daemon, own, reachable, blocks } = facts
  // A header that is built on a lost transaction has inputs that the chain does not have.
  if (facts.orphaned) return { verdict: 'wait', why: 'orphaned' }
  if (own !== null && reachable && daemon !== null) return { verdict: 'build', on: daemon }
  if (own?.where === 'gone' && blocks <= RESEND_BLOCKS) return { verdict: 'resend', txid: own.txid }
  // Without a predecessor a header would cut off all that was published (docs/protocol/komodo.md#batons).
  if (daemon === null) return { verdict: 'wait', why: 'no-baton' }
  if (facts.stray !== null && blocks < PATIENCE_BLOCKS) return { verdict: 'wait', why: 'stray' }
  if (own?.where === 'mempool') return { verdict: 'wait', why: 'own-unconfirmed' }
  if (facts.restored && blocks < PATIENCE_BLOCKS) return { verdict: 'wait', why: 'restored' }
  if (own === null) return { verdict: 'build', on: daemon }
  return { verdict: 'adopt', on: daemon, dead: own.txid }
}

/** What cures an address index that was left behind by an unclean stop. */
export const ORPHAN_ADVICE = 'start the daemon with -reindex'

/** Why nothing is built, with the transaction that is waited for. */
export function waitText(why: WaitReason, { daemon, own, stray, blocks }: BatonFacts): string {
  const late = blocks >= PATIENCE_BLOCKS
  switch (why) {
    case 'orphaned':
      return `the daemon's baton ${daemon ?? ''} stands in a block that is lost: if it has no peers that still have the block, ${ORPHAN_ADVICE}`
    case 'no-baton':
      return `the daemon sees no baton${own === null ? '' : ` above our last transaction ${own.txid}`}: ${
        late ? `if it stays so, ${ORPHAN_ADVICE}` : 'nothing is built without one'
      }`
    case 'stray':
      return `a header of our key, ${stray ?? ''}, waits beside the daemon's baton: nothing is built for ${PATIENCE_BLOCKS} blocks`
    case 'own-unconfirmed':
      return `our last transaction ${own?.txid ?? ''} is not mined, and the daemon's baton ${daemon ?? ''} is another one: nothing is built until it is mined or expires`
    case 'restored':
      return `a reorganisation gave back a baton, the daemon offers ${daemon ?? ''}: nothing is built for ${PATIENCE_BLOCKS} blocks`
  }
}
