/** Requests by source and calendar month (UTC), kept in a file so that a restart does not begin to count anew. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'

import {
  makeFolder,
  momentNow,
  periodOf,
  readSpent,
  spend,
  spentIn,
  spentUnder,
  takeOver,
  writeWhole,
  type Moment,
  type Spent,
} from '../../base/index.js'

export type Quota = ReturnType<typeof createQuota>

/**
 * Counts requests. Without a file the counts last as long as the process. If the file cannot be read or written, the
 * program goes on without it.
 */
export function createQuota(file?: string, momentOf: (now: number) => Moment = momentNow) {
  let books = file === undefined ? new Map<string, readonly Spent[]>() : load(file)
  const usedOf = (source: string, now: number) =>
    Number(spentIn('month', books.get(source) ?? [], momentOf(now)))

  function save(path: string, now: number): void {
    const counts = Object.fromEntries(Array.from(books.keys(), (source) => [source, usedOf(source, now)]))
    try {
      makeFolder(dirname(path))
      const spent = Object.fromEntries(books)
      writeWhole(path, JSON.stringify({ month: periodOf('month', now), counts, spent }))
    } catch {
      // A full disk is reported by the store of snapshots, which is on the same disk.
    }
  }

  return {
    /** Requests of this month so far. */
    used: usedOf,
    add(source: string, now: number, requests: number): void {
      const payment = { amount: BigInt(requests), now: momentOf(now) }
      books = new Map(books).set(source, spend('month', books.get(source) ?? [], payment))
      if (file !== undefined) save(file, now)
    },
  }
}

/** Files of older versions have the month's name and counts alone. */
function load(file: string): Map<string, readonly Spent[]> {
  const books = new Map<string, readonly Spent[]>()
  try {
    const { month, counts, spent } = JSON.parse(readFileSync(file, 'utf8')) as Partial<
      Record<string, unknown>
    >
    if (typeof month === 'string' && /^\d{4}-\d\d$/.test(month))
      for (const [source, count] of Object.entries(counts ?? {}))
        if (Number.isSafeInteger(count)) books.set(source, [spentUnder(month, BigInt(count as number))])
    for (const [source, value] of Object.entries(spent ?? {})) {
      const found = readSpent(value)
      if (found !== null) books.set(source, found)
    }
    for (const [source, known] of books) books.set(source, takeOver('month', known, momentNow()))
  } catch {
    // There is no file yet, or it is damaged: then the sources' own refusals bound the requests.
  }
  return books
}
