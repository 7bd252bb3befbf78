/**
 * What each worker has contributed, by day, so that an owner of machines can be paid by it. A hit that counted stands for
 * as many hashes as it takes, in the mean, to find one like it at that moment: with the best nonces at hand getting
 * better, later hits stand for more. A worker that hashes the first seconds of each record alone has many hits, and few
 * hashes.
 */
import type { KV } from '@nats-io/kv'
import { wallMs } from '../../base/index.js'
import { isWrongRevision } from './jobs.js'
import { readAccounts, SCHEMA, write, type Account } from './messages.js'
import { forever, persist, type Persisting } from './persist.js'
import { keyOf } from './takeover.js'

const ALL = 1n << 64n

/** Hashes that one hit above the threshold takes in the mean. */
export const hashesOf = (threshold: bigint): bigint => ALL / (ALL - 1n - threshold)

/** Accounts of one record, while it is at hand. */
export type RecordAccounts = ReturnType<typeof createRecordAccounts>

export function createRecordAccounts() {
  let accounts = new Map<string, Account>()
  return {
    add(worker: string, threshold: bigint): void {
      const { hits, hashes } = accounts.get(worker) ?? { hits: 0, hashes: 0n }
      accounts.set(worker, { worker, hits: hits + 1, hashes: hashes + hashesOf(threshold) })
    },
    /** Begins anew, with what another coordinator has accounted. */
    reset(known: readonly Account[]): void {
      accounts = new Map(known.map((account) => [account.worker, account]))
    },
    list: () => [...accounts.values()],
  }
}

export interface DayAccount {
  /** UTC, as 2026-11-30. */
  readonly day: string
  /** `USER.NAME`. */
  readonly worker: string
  readonly hits: number
  /** That the hits stand for, decimal text. */
  readonly hashes: string
}

export type Ledger = ReturnType<typeof createLedger>

interface LedgerParts extends Persisting {
  readonly bucket: Pick<KV, 'get' | 'create' | 'update' | 'watch'>
}

const RETRY_MS = 500
/** A record is written at its end, and by one that takes over: those before the last few do not change any more. */
const CHANGING = 8

export function createLedger(parts: LedgerParts) {
  const { bucket, signal } = parts
  const days = new Map<string, Map<string, { hits: number; hashes: bigint }>>()
  /** What the last few records have added, by key. */
  const added = new Map<string, { readonly day: string; readonly accounts: readonly Account[] }>()

  function count(day: string, accounts: readonly Account[], sign: 1 | -1): void {
    const sums = days.get(day) ?? new Map<string, { hits: number; hashes: bigint }>()
    days.set(day, sums)
    for (const { worker, hits, hashes } of accounts) {
      const sum = sums.get(worker) ?? { hits: 0, hashes: 0n }
      sums.set(worker, { hits: sum.hits + sign * hits, hashes: sum.hashes + BigInt(sign) * hashes })
    }
  }

  function take(key: string, bytes: Uint8Array): void {
    const read = readAccounts(bytes)
    if (!('message' in read)) return
    const before = added.get(key)
    if (before !== undefined) count(before.day, before.accounts, -1)
    const { day, accounts } = read.message
    count(day, accounts, 1)
    added.delete(key)
    added.set(key, { day, accounts })
    const [oldest] = added.keys()
    if (added.size > CHANGING && oldest !== undefined) added.delete(oldest)
  }

  /** Whether the server has it, or more. */
  async function put(key: string, accounts: readonly Account[]): Promise<boolean> {
    const there = await bucket.get(key)
    const read = there === null ? null : readAccounts(there.value)
    const known = read !== null && 'message' in read ? read.message : null
    // A coordinator that was deposed knows less than its successor.
    if (known !== null && hitsOf(known.accounts) >= hitsOf(accounts)) return true
    const day = known?.day ?? new Date(wallMs()).toISOString().slice(0, 10)
    const text = write({ v: SCHEMA, day, accounts })
    try {
      if (there === null) await bucket.create(key, text)
      else await bucket.update(key, text, there.revision)
      return true
    } catch (error) {
      if (isWrongRevision(error)) return false
      throw error
    }
  }

  async function follow(): Promise<void> {
    const entries = await bucket.watch()
    const end = (): void => entries.stop()
    signal.addEventListener('abort', end, { once: true })
    days.clear()
    added.clear()
    for await (const { key, operation, value } of entries) if (operation === 'PUT') take(key, value)
    signal.removeEventListener('abort', end)
  }

  return {
    /** Writes down what was accounted of a record; again, if more has come. Resolves when the server has it. */
    async keep(oprHash: Uint8Array, accounts: readonly Account[]): Promise<void> {
      let isKept: boolean | null = accounts.length === 0
      while (isKept === false) isKept = await persist(() => put(keyOf(oprHash), accounts), RETRY_MS, parts)
    },
    /** Newest day first, of each the worker with most first. */
    days: () =>
      [...days]
        .sort(([a], [b]) => (a > b ? -1 : 1))
        .flatMap(([day, sums]) =>
          [...sums]
            .filter(([, { hits }]) => hits > 0)
            .sort(([, a], [, b]) => (a.hashes > b.hashes ? -1 : 1))
            .map(([worker, { hits, hashes }]) => ({ day, worker, hits, hashes: hashes.toString() })),
        ),
    /** Follows what is on the server, until the signal is aborted. */
    run: () => forever(follow, RETRY_MS, parts),
  }
}

const hitsOf = (accounts: readonly Account[]): number => accounts.reduce((sum, { hits }) => sum + hits, 0)
