/**
 * Until when sources asked to be left alone, kept in a file: a source that is asked again after a restart prolongs its
 * ban. Ends are by the wall clock; one that was set since then shortens no rest and prolongs none.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { makeFolder, parseJson } from '../../base/index.js'
import { LONGEST_ASKED } from './asked-rest.js'

export type Rests = ReturnType<typeof createRests>

interface Rest {
  /** When it was asked for, ms. */
  readonly at: number
  readonly ms: number
}

export interface RestsOptions {
  /** Only reads the file: another program keeps it. */
  readonly readOnly?: boolean
}

/**
 * Keeps rests. Without a file they last as long as the process. If the file cannot be read or written, the program goes
 * on without it.
 */
export function createRests(file?: string, { readOnly = false }: RestsOptions = {}) {
  const rests = new Map<string, Rest>(file === undefined ? [] : load(file))

  function save(path: string): void {
    try {
      makeFolder(dirname(path))
      const pending = `${path}.${randomUUID()}.tmp`
      writeFileSync(pending, JSON.stringify({ rests: Object.fromEntries(rests) }), { flag: 'wx' })
      renameSync(pending, path)
    } catch {
      // A full disk is reported by the store of snapshots, which is on the same disk.
    }
  }

  return {
    /** What is left of a source's rest, ms; 0 if there is none. */
    left(source: string, now: number): number {
      const rest = rests.get(source)
      if (rest === undefined) return 0
      return Math.min(rest.ms, Math.max(0, rest.at + rest.ms - now))
    },
    /** Notes a rest of so many ms; 0 ends it. */
    keep(source: string, now: number, ms: number): void {
      if (ms <= 0 && !rests.has(source)) return
      if (ms > 0) rests.set(source, { at: now, ms })
      else rests.delete(source)
      if (file !== undefined && !readOnly) save(file)
    },
  }
}

function load(path: string): [string, Rest][] {
  try {
    const { rests } = parseJson(readFileSync(path, 'utf8')) as { rests?: unknown }
    if (typeof rests !== 'object' || rests === null) return []
    return Object.entries(rests).filter((entry): entry is [string, Rest] => {
      const { at, ms } = (entry[1] ?? {}) as Partial<Rest>
      return Number.isSafeInteger(at) && Number.isSafeInteger(ms) && (ms ?? 0) <= LONGEST_ASKED
    })
  } catch {
    // There is no file yet, or it is damaged: a source that wants a rest says so again.
    return []
  }
}
