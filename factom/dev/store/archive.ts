/** The saved blocks: checked when they come in, found again by height and by every hash that names a part. */
import type { SavedBlock } from '../blocks/index.js'
import { createBalances } from '../chain/balances.js'
import { fail } from '../errors.js'
import { decodeParts, emptyTip, linkProblem, spendProblem, tipOf } from './parts.js'
import type { ChainHead, Parts, Tip } from './parts.js'

export type { ChainHead, Tip } from './parts.js'

/** Where a hash leads to. `index`: entry-credit record, transaction, or entry block. */
export type Place =
  | { readonly kind: 'directory' | 'admin' | 'entryCredit' | 'factoid'; readonly height: number }
  | {
      readonly kind: 'commit' | 'transaction' | 'entryBlock'
      readonly height: number
      readonly index: number
    }
  | { readonly kind: 'entry'; readonly height: number; readonly index: number; readonly entry: number }

export type Archive = ReturnType<typeof createArchive>

/** How many blocks stay in memory; older ones are loaded again when asked for. */
const KEPT_BLOCKS = 64

/** An archive that begins with `genesis`. `load` brings back a block that was appended before. */
export function createArchive(genesis: SavedBlock, load: (height: number) => SavedBlock) {
  const places = new Map<string, Place>()
  const heads = new Map<string, ChainHead>()
  const payments = new Map<string, string>()
  const recent = new Map<number, SavedBlock>()
  const balances = createBalances()
  let tip = emptyTip(genesis.height)

  function append(block: SavedBlock): void {
    const parts = decodeParts(block)
    const problem = linkProblem(block, parts, tip, heads) ?? spendProblem(parts, balances)
    if (problem) throw fail('E_DEVCHAIN_DAMAGED', `block ${block.height} ${problem}`)
    index(block, parts)
    tip = tipOf(parts)
    remember(block)
  }

  function index(block: SavedBlock, parts: Parts): void {
    const { height } = block
    const put = (hash: string, place: Place) => void (places.has(hash) || places.set(hash, place))
    const { directory, admin, credit, factoid } = parts
    for (const hash of [directory.keyMr, directory.fullHash]) put(hash, { kind: 'directory', height })
    put(admin.lookupHash, { kind: 'admin', height })
    put(admin.backReference, { kind: 'admin', height })
    for (const hash of [credit.headerHash, credit.fullHash]) put(hash, { kind: 'entryCredit', height })
    for (const hash of [factoid.keyMr, factoid.ledgerKeyMr, factoid.fullHash])
      put(hash, { kind: 'factoid', height })
    for (const { index, commit, fullHash } of parts.commits) {
      for (const hash of [commit.txid, fullHash]) put(hash, { kind: 'commit', height, index })
      payments.set(commit.entryHash, commit.txid)
    }
    factoid.transactions.forEach(({ transaction }, i) => {
      for (const hash of [transaction.txid, transaction.fullHash])
        put(hash, { kind: 'transaction', height, index: i })
    })
    parts.entryBlocks.forEach((entryBlock, i) => {
      for (const hash of [entryBlock.keyMr, entryBlock.fullHash])
        put(hash, { kind: 'entryBlock', height, index: i })
      entryBlock.entries.forEach(({ hash }, entry) => put(hash, { kind: 'entry', height, index: i, entry }))
      const { keyMr, fullHash, sequence } = entryBlock
      heads.set(entryBlock.chainId, { keyMr, fullHash, sequence, height })
    })
  }

  function remember(block: SavedBlock): void {
    recent.delete(block.height)
    recent.set(block.height, block)
    const [oldest] = recent.keys()
    if (recent.size > KEPT_BLOCKS && oldest !== undefined) recent.delete(oldest)
  }

  append(genesis)
  return {
    /** Height of the first block, usually 0. */
    first: genesis.height,
    /** The highest saved block. */
    get tip(): Tip {
      return tip
    },
    /** Balances as of the highest saved block. */
    balances,
    head: (chainId: string) => heads.get(chainId),
    block(height: number): SavedBlock | undefined {
      if (!Number.isInteger(height) || height < genesis.height || height > tip.height) return undefined
      const block = recent.get(height) ?? load(height)
      remember(block)
      return block
    },
    place: (hash: string) => places.get(hash),
    /** The txid of the last commit that paid for this entry hash. */
    paidBy: (hash: string) => payments.get(hash),
    /** Checks links, roots and hashes (`E_DEVCHAIN_DAMAGED`), then makes the block visible. */
    append,
  }
}
