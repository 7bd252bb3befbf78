/** The saved blocks: checked when they come in, found again by height and by every hash that names a part. */
import { decodeChainCommit, decodeEntryCommit } from '../../commit.js'
import { decodeEntryBlock } from '../../entry-block.js'
import type { RawEntryBlock } from '../../entry-block.js'
import { entryHash } from '../../entry.js'
import { sha256, toHex } from '../../bytes.js'
import {
  decodeAdminBlock,
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  LOCAL_NETWORK_ID,
  ZERO_HASH,
} from '../blocks/index.js'
import type { EntryCreditBlock, FactoidBlock, SavedBlock, SavedEntryBlock } from '../blocks/index.js'
import { applyCommit, applyTransaction, createBalances } from '../chain/balances.js'
import type { Balances } from '../chain/balances.js'
import { fail } from '../errors.js'

/** Where a hash leads to. `index`: entry-credit record, transaction, or entry block. */
export type Place =
  | { readonly kind: 'directory' | 'admin' | 'entryCredit' | 'factoid'; readonly height: number }
  | {
      readonly kind: 'commit' | 'transaction' | 'entryBlock'
      readonly height: number
      readonly index: number
    }
  | { readonly kind: 'entry'; readonly height: number; readonly index: number; readonly entry: number }

/** What the next block has to link to. */
export interface Tip {
  readonly height: number
  readonly keyMr: string
  readonly fullHash: string
  /** The directory block's header, which the next admin block signs. */
  readonly header: Uint8Array
  readonly backReference: string
  readonly creditHeaderHash: string
  readonly creditFullHash: string
  readonly factoidKeyMr: string
  readonly ledgerKeyMr: string
  /** Factoshis per entry credit. */
  readonly exchangeRate: bigint
}

/** The latest saved entry block of a chain. */
export interface ChainHead {
  readonly keyMr: string
  readonly fullHash: string
  readonly sequence: number
  readonly height: number
}

export interface Archive {
  /** Height of the highest saved block. */
  readonly tip: Tip
  /** Balances as of the highest saved block. */
  readonly balances: Balances
  readonly head: (chainId: string) => ChainHead | undefined
  block(height: number): SavedBlock | undefined
  place(hash: string): Place | undefined
  /** The txid of the last commit that paid for this entry hash. */
  paidBy(hash: string): string | undefined
  /** Checks links, roots and hashes (`E_DEVCHAIN_DAMAGED`), then makes the block visible. */
  append(block: SavedBlock): void
}

const NO_HEAD: ChainHead = { keyMr: ZERO_HASH, fullHash: ZERO_HASH, sequence: -1, height: -1 }

/** How many blocks stay in memory; older ones are loaded again when asked for. */
const KEPT_BLOCKS = 64

/** An archive that begins with `genesis`. `load` brings back a block that was appended before. */
export function createArchive(genesis: SavedBlock, load: (height: number) => SavedBlock): Archive {
  const places = new Map<string, Place>()
  const heads = new Map<string, ChainHead>()
  const payments = new Map<string, string>()
  const recent = new Map<number, SavedBlock>()
  const balances = createBalances()
  let tip = emptyTip()

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
    credit.records.forEach((record, i) => {
      if (record.kind === 'minute') return
      const commit = record.kind === 'chain' ? decodeChainCommit(record.raw) : decodeEntryCommit(record.raw)
      for (const hash of [commit.txid, toHex(sha256(record.raw))])
        put(hash, { kind: 'commit', height, index: i })
      payments.set(commit.entryHash, commit.txid)
    })
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
    if (recent.size > KEPT_BLOCKS) for (const height of [...recent.keys()].slice(0, 1)) recent.delete(height)
  }

  append(genesis)
  return {
    get tip() {
      return tip
    },
    balances,
    head: (chainId) => heads.get(chainId),
    block(height) {
      if (!Number.isInteger(height) || height < 0 || height > tip.height) return undefined
      const block = recent.get(height) ?? load(height)
      remember(block)
      return block
    },
    place: (hash) => places.get(hash),
    paidBy: (hash) => payments.get(hash),
    append,
  }
}

type Parts = ReturnType<typeof decodeParts>

function decodeParts(block: SavedBlock) {
  try {
    return {
      directory: decodeDirectoryBlock(block.directory),
      admin: decodeAdminBlock(block.admin),
      credit: decodeEntryCreditBlock(block.entryCredit),
      factoid: decodeFactoidBlock(block.factoid),
      entryBlocks: block.entryBlocks.map(({ raw }) => decodeEntryBlock(raw)),
    }
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `block ${block.height} does not decode`, { cause })
  }
}

function linkProblem(
  block: SavedBlock,
  parts: Parts,
  tip: Tip,
  heads: ReadonlyMap<string, ChainHead>,
): string | null {
  const { directory, admin, credit, factoid, entryBlocks } = parts
  const height = tip.height + 1
  const heights = [block, directory, admin, credit, factoid, ...entryBlocks].map((part) => part.height)
  if (heights.some((other) => other !== height)) return `is not the block of height ${height}`
  if (directory.networkId !== LOCAL_NETWORK_ID) return 'belongs to another network'
  const linked =
    directory.prevKeyMr === tip.keyMr &&
    directory.prevFullHash === tip.fullHash &&
    admin.prevBackReference === tip.backReference &&
    credit.prevHeaderHash === tip.creditHeaderHash &&
    credit.prevFullHash === tip.creditFullHash &&
    factoid.prevKeyMr === tip.factoidKeyMr &&
    factoid.prevLedgerKeyMr === tip.ledgerKeyMr
  if (!linked) return 'does not link to the one before'
  const keys = [admin.lookupHash, credit.headerHash, factoid.keyMr, ...entryBlocks.map(({ keyMr }) => keyMr)]
  if (keys.length !== directory.rows.length || keys.some((key, i) => key !== directory.rows[i]?.keyMr))
    return 'does not hold the parts that its directory names'
  const broken = entryBlocks.find((entryBlock, i) => {
    const saved = block.entryBlocks[i]
    const follows = entryBlock.chainId === directory.rows[i + 3]?.chainId && followsHead(entryBlock, heads)
    return !follows || !saved || !holdsEntries(saved, entryBlock)
  })
  return broken ? `has an entry block that is incomplete or out of line (chain ${broken.chainId})` : null
}

function followsHead(block: RawEntryBlock, heads: ReadonlyMap<string, ChainHead>): boolean {
  const { keyMr, fullHash, sequence } = heads.get(block.chainId) ?? NO_HEAD
  return block.prevKeyMr === keyMr && block.prevFullHash === fullHash && block.sequence === sequence + 1
}

function holdsEntries({ entries }: SavedEntryBlock, block: RawEntryBlock): boolean {
  return (
    entries.length === block.entries.length &&
    entries.every((raw, i) => entryHash(raw) === block.entries[i]?.hash)
  )
}

/** Books what the block moves; an overdraft means that the block is not one of ours. */
function spendProblem(
  { credit, factoid }: { readonly credit: EntryCreditBlock; readonly factoid: FactoidBlock },
  balances: Balances,
): string | null {
  for (const { transaction } of factoid.transactions) {
    if (!applyTransaction(balances, transaction, factoid.exchangeRate))
      return 'spends factoids that are not there'
  }
  for (const record of credit.records) {
    if (record.kind === 'minute') continue
    const commit = record.kind === 'chain' ? decodeChainCommit(record.raw) : decodeEntryCommit(record.raw)
    if (!applyCommit(balances, commit)) return 'spends entry credits that are not there'
  }
  return null
}

function tipOf({ directory, admin, credit, factoid }: Parts): Tip {
  return {
    height: directory.height,
    keyMr: directory.keyMr,
    fullHash: directory.fullHash,
    header: directory.header,
    backReference: admin.backReference,
    creditHeaderHash: credit.headerHash,
    creditFullHash: credit.fullHash,
    factoidKeyMr: factoid.keyMr,
    ledgerKeyMr: factoid.ledgerKeyMr,
    exchangeRate: factoid.exchangeRate,
  }
}

function emptyTip(): Tip {
  return {
    height: -1,
    keyMr: ZERO_HASH,
    fullHash: ZERO_HASH,
    header: new Uint8Array(),
    backReference: ZERO_HASH,
    creditHeaderHash: ZERO_HASH,
    creditFullHash: ZERO_HASH,
    factoidKeyMr: ZERO_HASH,
    ledgerKeyMr: ZERO_HASH,
    exchangeRate: 0n,
  }
}
