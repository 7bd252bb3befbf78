/** The volatile state as JSON, taken when a block has just been saved, and back. */
import { decodeTransaction, hexBytes, type EntryCreditRecord } from '../blocks/index.js'
import { toHex } from '../../bytes.js'
import { applyCommit, applyTransaction, createBalances, type Balances } from './balances.js'
import { decodeCommit } from './messages.js'
import type { ChainState, Held, ProcessedCommit, Processed } from './state.js'

/** Bytes are hex, maps are lists of pairs. Balances are not in it: they follow from the blocks. */
export type Snapshot = Omit<Taken, Younger> & Partial<Pick<Taken, Younger>>

type Taken = ReturnType<typeof snapshotOf>
/** Members that a journal of an older version does not have. */
type Younger = 'previousStartMs' | 'taken'

export function snapshotOf(state: ChainState) {
  if (state.closing) throw new Error('a snapshot is taken between two saves')
  const { open } = state
  return {
    height: state.height,
    minute: state.minute,
    minuteStartMs: state.minuteStartMs,
    previousStartMs: state.previousStartMs,
    taken: state.taken,
    open: {
      openedMs: open.openedMs,
      transactions: open.transactions.map(({ transaction, marksBefore }) => ({
        raw: toHex(transaction.raw),
        marksBefore,
      })),
      records: open.records.map((record) =>
        record.kind === 'minute' ? record : { kind: record.kind, raw: toHex(record.raw) },
      ),
      chains: [...open.chains].map(
        ([chainId, entries]) =>
          [chainId, entries.map((entry) => ({ ...entry, raw: toHex(entry.raw) }))] as const,
      ),
      processed: open.processed.map((step) =>
        step.kind === 'reveal' ? step : { kind: step.kind, commit: commitJson(step.commit) },
      ),
    },
    commits: [...state.commits.values()].map(commitJson),
    held: state.held.map((held) => ({ ...held, raw: toHex(held.raw) })),
    seen: [...state.seen],
    revealed: [...state.revealed],
  }
}

/** The state of a snapshot, on top of the balances of the saved blocks. Throws on anything that does not fit. */
export function stateOf(snapshot: Snapshot, saved: Balances, rate: bigint): ChainState {
  const balances = createBalances(saved)
  const { open } = snapshot
  const transactions = open.transactions.map(({ raw, marksBefore }) => ({
    transaction: decodeTransaction(hexBytes(raw)),
    marksBefore,
  }))
  const records = open.records.map((record): EntryCreditRecord =>
    record.kind === 'minute' ? record : { kind: record.kind, raw: hexBytes(record.raw) },
  )
  for (const { transaction } of transactions) require(applyTransaction(balances, transaction, rate))
  for (const record of records) {
    if (record.kind === 'minute') continue
    const type = record.kind === 'chain' ? 'commit-chain' : 'commit-entry'
    require(applyCommit(balances, decodeCommit(type, record.raw)))
  }
  return {
    height: snapshot.height,
    minute: snapshot.minute,
    minuteStartMs: snapshot.minuteStartMs,
    previousStartMs: snapshot.previousStartMs ?? 0,
    taken: snapshot.taken ?? 0,
    open: {
      openedMs: open.openedMs,
      transactions,
      records,
      chains: new Map(
        open.chains.map(([chainId, entries]) => [
          chainId,
          entries.map((entry) => ({ ...entry, raw: hexBytes(entry.raw) })),
        ]),
      ),
      processed: open.processed.map((step): Processed =>
        step.kind === 'reveal' ? step : { kind: step.kind, commit: commitOf(step.commit) },
      ),
    },
    closing: null,
    balances,
    commits: new Map(snapshot.commits.map((commit) => [commit.entryHash, commitOf(commit)])),
    held: snapshot.held.map((held): Held => ({ ...held, raw: hexBytes(held.raw) })),
    seen: new Map(snapshot.seen),
    revealed: new Map(snapshot.revealed),
  }
}

type CommitJson = Omit<ProcessedCommit, 'raw'> & { readonly raw: string }

function commitJson(commit: ProcessedCommit): CommitJson {
  return { ...commit, raw: toHex(commit.raw) }
}

function commitOf(commit: CommitJson): ProcessedCommit {
  return { ...commit, raw: hexBytes(commit.raw) }
}

function require(holds: boolean): void {
  if (!holds) throw new RangeError('the open block spends what is not there')
}
