/** The parts of a saved block, decoded, and whether they fit together and follow what is there. */
import { sha256, toHex } from '../../bytes.js'
import { decodeChainCommit, decodeEntryCommit, type EntryCommit } from '../../commit.js'
import { decodeEntryBlock, type RawEntryBlock } from '../../entry-block.js'
import { entryHash } from '../../entry.js'
import {
  decodeAdminBlock,
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  LOCAL_NETWORK_ID,
  ZERO_HASH,
  type AdminBlock,
  type DirectoryBlock,
  type EntryCreditBlock,
  type FactoidBlock,
  type SavedBlock,
  type SavedEntryBlock,
} from '../blocks/index.js'
import { applyCommit, applyTransaction, type Balances } from '../chain/balances.js'
import { fail } from '../errors.js'

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

/** A saved block, decoded. */
export interface Parts {
  readonly directory: DirectoryBlock
  readonly admin: AdminBlock
  readonly credit: EntryCreditBlock
  readonly factoid: FactoidBlock
  readonly entryBlocks: readonly RawEntryBlock[]
  /** The commits among the entry-credit records; `index` is their place there. */
  readonly commits: readonly {
    readonly index: number
    readonly commit: EntryCommit
    readonly fullHash: string
  }[]
}

const NO_HEAD: ChainHead = { keyMr: ZERO_HASH, fullHash: ZERO_HASH, sequence: -1, height: -1 }

/** Throws `E_DEVCHAIN_DAMAGED`. */
export function decodeParts(block: SavedBlock): Parts {
  try {
    const credit = decodeEntryCreditBlock(block.entryCredit)
    return {
      directory: decodeDirectoryBlock(block.directory),
      admin: decodeAdminBlock(block.admin),
      credit,
      factoid: decodeFactoidBlock(block.factoid),
      entryBlocks: block.entryBlocks.map(({ raw }) => decodeEntryBlock(raw)),
      commits: credit.records.flatMap((record, index) => {
        if (record.kind === 'minute') return []
        const commit = record.kind === 'chain' ? decodeChainCommit(record.raw) : decodeEntryCommit(record.raw)
        return [{ index, commit, fullHash: toHex(sha256(record.raw)) }]
      }),
    }
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `block ${block.height} does not decode`, { cause })
  }
}

/** Why a block is not the next one; `null` if it is. */
export function linkProblem(
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
export function spendProblem({ factoid, commits }: Parts, balances: Balances): string | null {
  for (const { transaction } of factoid.transactions) {
    if (!applyTransaction(balances, transaction, factoid.exchangeRate))
      return 'spends factoids that are not there'
  }
  const covered = commits.every(({ commit }) => applyCommit(balances, commit))
  return covered ? null : 'spends entry credits that are not there'
}

export function tipOf({ directory, admin, credit, factoid }: Parts): Tip {
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

/** What stands before a genesis of height `first`. */
export function emptyTip(first: number): Tip {
  return {
    height: first - 1,
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
