/** One file: the snapshot of the last save in its first line, then every event since, a line each. */
import { openLines, readLines, type LineFileErrors } from '../../../base/index.js'
import { toHex } from '../../bytes.js'
import { hexBytes } from '../blocks/index.js'
import type { ChainEvent } from '../chain/machine.js'
import type { Snapshot } from '../chain/snapshot.js'
import { fail } from '../errors.js'
import { storeError } from './files.js'

export type Journal = ReturnType<typeof openJournal>

export interface JournalContent {
  readonly snapshot: Snapshot
  readonly events: readonly ChainEvent[]
  /** Bytes of whole lines; what stands behind them was being written when the process ended. */
  readonly bytes: number
}

const ERRORS = (path: string): LineFileErrors => ({
  damaged: (line, cause) => fail('E_DEVCHAIN_DAMAGED', `line ${line} of ${path} is damaged`, { cause }),
  failed: storeError,
})

/** `null` if there is no journal. A torn last line is left out; anything else wrong is `E_DEVCHAIN_DAMAGED`. */
export function readJournal(path: string): JournalContent | null {
  const found = readLines(path, ERRORS(path))
  if (found === null) return null
  const [first, ...rest] = found.values
  if (first === undefined) throw fail('E_DEVCHAIN_DAMAGED', `${path} has no first line`)
  return {
    snapshot: first as Snapshot,
    events: rest.map((value, i) => eventOf(value, `line ${i + 2} of ${path}`)),
    bytes: found.bytes,
  }
}

/** Goes on behind the first `from` bytes of an existing journal, or makes a new one from a snapshot. */
export function openJournal(path: string, from: number | Snapshot) {
  const lines = openLines(path, typeof from === 'number' ? from : null, ERRORS(path))
  if (typeof from !== 'number') lines.restart([from])
  let closed = false
  return {
    /**
     * Kept by the system when it returns: the end of this process, kill included, does not lose it. Ticks are on
     * the disk, and all before them.
     */
    append(event: ChainEvent): void {
      if (closed) throw fail('E_DEVCHAIN_CLOSED', 'the development chain is closed')
      lines.append(jsonOf(event), event.type === 'tick')
    },
    /** Begins anew from a snapshot; the old lines are gone in the same step. */
    restart: (snapshot: Snapshot) => lines.restart([snapshot]),
    close(): void {
      closed = true
      lines.close()
    },
  }
}

function jsonOf(event: ChainEvent): object {
  return event.type === 'tick' ? event : { type: event.type, atMs: event.atMs, raw: toHex(event.raw) }
}

const TYPES = new Set(['commit-entry', 'commit-chain', 'reveal', 'factoid'])

function eventOf(value: unknown, where: string): ChainEvent {
  const { type, atMs, raw } = (value ?? {}) as { type?: unknown; atMs?: unknown; raw?: unknown }
  if (typeof atMs === 'number') {
    if (type === 'tick') return { type, atMs }
    if (typeof type === 'string' && TYPES.has(type) && typeof raw === 'string')
      return { type, atMs, raw: hexBytes(raw) } as ChainEvent
  }
  throw fail('E_DEVCHAIN_DAMAGED', `${where} is no event`)
}
