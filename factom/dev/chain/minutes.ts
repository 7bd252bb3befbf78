/** The end of a minute: markers, the end of a block, and the moment when a block is saved. */
import { hashBytes, toHex } from '../../bytes.js'
import { pairOfSeed } from '../../ed25519.js'
import { decodeEntryBlock, encodeEntryBlock } from '../../entry-block.js'
import {
  ADMIN_CHAIN,
  decodeAdminBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  encodeAdminBlock,
  encodeDirectoryBlock,
  encodeEntryCreditBlock,
  encodeFactoidBlock,
  ENTRY_CREDIT_CHAIN,
  FACTOID_CHAIN,
  LOCAL_NETWORK_ID,
  ZERO_HASH,
} from '../blocks/index.js'
import type { AdminRecord, SavedBlock } from '../blocks/index.js'
import { LEADER_IDENTITY, LEADER_SEED } from '../genesis.js'
import type { ChainHead, Tip } from '../store/archive.js'
import { forget, minuteOf } from './filters.js'
import { type ChainState, type OpenBlock, openBlock } from './state.js'

/** Every so many blocks the admin block declares the leaders' pay (nothing, on a LOCAL network). */
const COINBASE_PERIOD = 5
const leader = pairOfSeed(hashBytes(LEADER_SEED))
/** The public key that signs blocks. */
export const leaderKey = leader.publicKey

/** The saved blocks that a new block links to. */
export interface Links {
  readonly tip: Tip
  readonly head: (chainId: string) => ChainHead | undefined
}

/**
 * Ends the current minute. Returns the block that becomes visible to all readers by it: block N−1 at the end of
 * minute 0 of block N, else `null`.
 */
export function endMinute(state: ChainState, links: Links, nowMs: number): SavedBlock | null {
  markMinute(state.open, state.minute)
  const saved = state.minute === 0 ? (state.closing?.block ?? null) : null
  if (state.minute === 0) state.closing = null
  if (state.minute < 9) state.minute++
  else {
    state.closing = { block: buildBlock(state.height, state.open, links), open: state.open }
    state.height++
    state.minute = 0
    state.open = openBlock(nowMs)
  }
  state.previousStartMs = state.minuteStartMs
  state.minuteStartMs = nowMs
  forget(state, nowMs)
  return saved
}

function markMinute(open: OpenBlock, minute: number): void {
  for (const entries of open.chains.values())
    for (const entry of entries) if (entry.minute === 0) entry.minute = minute + 1
  open.records.push({ kind: 'minute', minute: minute + 1 })
}

/** All parts of a finished block. */
export function buildBlock(height: number, open: OpenBlock, { tip, head }: Links): SavedBlock {
  const admin = encodeAdminBlock({
    prevBackReference: tip.backReference,
    height,
    records: adminRecords(height, tip),
  })
  const entryCredit = encodeEntryCreditBlock({
    prevHeaderHash: tip.creditHeaderHash,
    prevFullHash: tip.creditFullHash,
    height,
    records: open.records,
  })
  const factoid = encodeFactoidBlock({
    prevKeyMr: tip.factoidKeyMr,
    prevLedgerKeyMr: tip.ledgerKeyMr,
    exchangeRate: tip.exchangeRate,
    height,
    transactions: open.transactions,
  })
  const chains = [...open.chains].sort(([a], [b]) => (a < b ? -1 : 1))
  const entryBlocks = chains.map(([chainId, entries]) => {
    const before = head(chainId)
    const raw = encodeEntryBlock({
      chainId,
      prevKeyMr: before?.keyMr ?? ZERO_HASH,
      prevFullHash: before?.fullHash ?? ZERO_HASH,
      sequence: (before?.sequence ?? -1) + 1,
      height,
      entries,
    })
    return { chainId, raw, entries: entries.map((entry) => entry.raw) }
  })
  const directory = encodeDirectoryBlock({
    networkId: LOCAL_NETWORK_ID,
    prevKeyMr: tip.keyMr,
    prevFullHash: tip.fullHash,
    timeMinutes: minuteOf(open.openedMs),
    height,
    rows: [
      { chainId: ADMIN_CHAIN, keyMr: decodeAdminBlock(admin).lookupHash },
      { chainId: ENTRY_CREDIT_CHAIN, keyMr: decodeEntryCreditBlock(entryCredit).headerHash },
      { chainId: FACTOID_CHAIN, keyMr: decodeFactoidBlock(factoid).keyMr },
      ...entryBlocks.map(({ chainId, raw }) => ({ chainId, keyMr: decodeEntryBlock(raw).keyMr })),
    ],
  })
  return {
    height,
    directory,
    admin,
    entryCredit,
    factoid,
    entryBlocks: entryBlocks.map(({ raw, entries }) => ({ raw, entries })),
  }
}

function adminRecords(height: number, tip: Tip): AdminRecord[] {
  const signature: AdminRecord = {
    type: 1,
    identity: LEADER_IDENTITY,
    publicKey: toHex(leader.publicKey),
    signature: toHex(leader.sign(tip.header)),
  }
  return height % COINBASE_PERIOD === 0 ? [signature, { type: 11, outputs: [] }] : [signature]
}
