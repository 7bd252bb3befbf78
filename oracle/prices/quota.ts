/** Requests by source and calendar month (UTC), kept in a file so that a restart does not begin to count anew. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { makeFolder } from '../../config/index.js'

export interface Quota {
  /** Requests of this month so far. */
  used(source: string, now: number): number
  add(source: string, now: number, requests: number): void
}

const monthOf = (now: number): string => new Date(now).toISOString().slice(0, 7)

/** Without a file counts last as long as the process. A file that cannot be read or written is done without. */
export function createQuota(file?: string): Quota {
  let month = ''
  let counts: Record<string, number> = {}
  if (file !== undefined) load(file)

  function load(path: string): void {
    try {
      const read = JSON.parse(readFileSync(path, 'utf8')) as { month?: unknown; counts?: unknown }
      if (typeof read.month !== 'string' || typeof read.counts !== 'object' || read.counts === null) return
      month = read.month
      counts = Object.fromEntries(
        Object.entries(read.counts).filter((entry): entry is [string, number] =>
          Number.isSafeInteger(entry[1]),
        ),
      )
    } catch {
      // None yet, or damaged: sources say themselves when they have had enough.
    }
  }

  function save(path: string): void {
    try {
      makeFolder(dirname(path))
      writeFileSync(`${path}.tmp`, JSON.stringify({ month, counts }))
      renameSync(`${path}.tmp`, path)
    } catch {
      // A full disk is told by whoever keeps snapshots there.
    }
  }

  function turn(now: number): void {
    if (monthOf(now) === month) return
    month = monthOf(now)
    counts = {}
  }

  return {
    used(source, now) {
      turn(now)
      return counts[source] ?? 0
    },
    add(source, now, requests) {
      turn(now)
      counts[source] = (counts[source] ?? 0) + requests
      if (file !== undefined) save(file)
    },
  }
}
