/** One file: the snapshot of the last save in its first line, then every event since, a line each. */
import { closeSync, fsyncSync, ftruncateSync, readFileSync } from 'node:fs'

import { cutBack, isCutLine, openToAppend, replaceFile, writeAll } from '../../../base/index.js'
import { toHex } from '../../bytes.js'
import { hexBytes } from '../blocks/index.js'
import type { ChainEvent } from '../chain/machine.js'
import type { Snapshot } from '../chain/snapshot.js'
import { fail } from '../errors.js'
import { storeError } from './files.js'

export interface Journal {
  /**
   * Kept by the system when it returns: the end of this process, kill included, does not lose it. Ticks are on
   * the disk, and all before them.
   */
  append(event: ChainEvent): void
  /** Begins anew from a snapshot; the old lines are gone in the same step. */
  restart(snapshot: Snapshot): void
  close(): void
}

export interface JournalContent {
  readonly snapshot: Snapshot
  readonly events: readonly ChainEvent[]
  /** Bytes of whole lines; what stands behind them was being written when the process ended. */
  readonly bytes: number
}

/** `null` if there is no journal. A torn last line is left out; anything else wrong is `E_DEVCHAIN_DAMAGED`. */
export function readJournal(path: string): JournalContent | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw storeError(`cannot read ${path}`, error)
  }
  const whole = bytes.lastIndexOf(0x0a) + 1
  const lines = bytes.subarray(0, whole).toString().split('\n').slice(0, -1)
  if (!isCutLine(bytes.subarray(whole).toString()))
    throw fail('E_DEVCHAIN_DAMAGED', `line ${lines.length + 1} of ${path} is damaged`)
  const [first, ...rest] = lines.map((line, i) => {
    try {
      return JSON.parse(line) as unknown
    } catch (cause) {
      throw fail('E_DEVCHAIN_DAMAGED', `line ${i + 1} of ${path} is damaged`, { cause })
    }
  })
  if (first === undefined) throw fail('E_DEVCHAIN_DAMAGED', `${path} has no first line`)
  return {
    snapshot: first as Snapshot,
    events: rest.map((value, i) => eventOf(value, `line ${i + 2} of ${path}`)),
    bytes: whole,
  }
}

/** Goes on behind the first `from` bytes of an existing journal, or makes a new one from a snapshot. */
export function openJournal(path: string, from: number | Snapshot): Journal {
  let fd = -1
  let length = 0

  function restart(snapshot: Snapshot): void {
    const text = `${JSON.stringify(snapshot)}\n`
    let next: number
    try {
      next = replaceFile(path, text)
    } catch (cause) {
      throw storeError(`cannot write ${path}`, cause)
    }
    if (fd >= 0) closeSync(fd)
    fd = next
    length = Buffer.byteLength(text)
  }

  if (typeof from !== 'number') restart(from)
  else {
    try {
      fd = openToAppend(path)
      length = from
      ftruncateSync(fd, length)
    } catch (cause) {
      throw storeError(`cannot write ${path}`, cause)
    }
  }
  return {
    append(event) {
      if (fd < 0) throw fail('E_DEVCHAIN_CLOSED', 'the development chain is closed')
      const line = `${JSON.stringify(jsonOf(event))}\n`
      try {
        writeAll(fd, line, length)
        if (event.type === 'tick') fsyncSync(fd)
      } catch (cause) {
        cutBack(fd, length)
        throw storeError(`cannot write ${path}`, cause)
      }
      length += Buffer.byteLength(line)
    },
    restart,
    close() {
      if (fd < 0) return
      closeSync(fd)
      fd = -1
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
