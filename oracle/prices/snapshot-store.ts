/**
 * Where snapshots are kept: JSON lines in one file; when it is full it is compressed and put aside, and the oldest of
 * those are deleted. A line that was cut off by a crash is passed over.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import { makeFolder, messageOf, openToAppend, wallMs, writeAll, writeWhole } from '../../base/index.js'
import { fail } from './errors.js'
import { readSnapshotLine, replay, snapshotLine, type StoredSnapshot } from './snapshot-json.js'
import type { SnapshotInput } from './snapshot.js'
import type { PriceMemory, PriceSnapshot, WinnersView } from './types.js'

export interface SnapshotStoreOptions {
  /** Folder of its files. */
  readonly dir: string
  /** The file is put aside beyond so many bytes; a snapshot has about 100 kB. Default 16 MiB. */
  readonly fileBytes?: number
  /** How many compressed files are kept; each is about a tenth. Default 40, some six weeks of MainNet. */
  readonly files?: number
}

const FILE = 'snapshots.jsonl'
const ASIDE = /^snapshots-\d{8}T\d{6}-\d+\.jsonl\.gz$/
/** The last snapshot is looked for in so much of the file's end. */
const TAIL_BYTES = 2 << 20
/** A file of ours has 16 MiB; ten times as much is none. */
const MAX_BYTES = 256 << 20

export function createSnapshotStore({ dir, fileBytes = 16 << 20, files = 40 }: SnapshotStoreOptions) {
  const file = join(dir, FILE)

  function putAside(height: number): void {
    const stamp = new Date(wallMs()).toISOString().replace(/[-:]/g, '').slice(0, 15)
    const target = join(dir, `snapshots-${stamp}-${height}.jsonl.gz`)
    writeWhole(target, gzipSync(readFileSync(file)))
    rmSync(file)
    const old = readdirSync(dir)
      .filter((name) => ASIDE.test(name))
      .sort()
    for (const name of old.slice(0, Math.max(0, old.length - files))) rmSync(join(dir, name))
  }

  return {
    /** Throws `E_PRICES_STORE`. */
    add(input: SnapshotInput, snapshot: PriceSnapshot): void {
      try {
        makeFolder(dir)
        const size = existsSync(file) ? statSync(file).size : 0
        if (size > fileBytes) putAside(snapshot.height)
        // A line feed first: whatever a crash left behind stays a line of its own.
        const torn = size > 0 && existsSync(file) && !endsWithLineFeed(file, size)
        appendText(file, `${torn ? '\n' : ''}${snapshotLine(input, snapshot)}\n`)
      } catch (error) {
        throw fail('E_PRICES_STORE', `${file}: ${messageOf(error)}`, { cause: error })
      }
    },
    /** What the last snapshot of an earlier run leaves to the next one; nothing if there is none. */
    last(): {
      readonly memory: PriceMemory
      readonly winners: WinnersView | null
      readonly takenAt: number
    } | null {
      try {
        if (!existsSync(file)) return null
        const lines = tailOf(file, TAIL_BYTES)
          .split('\n')
          .filter((line) => line !== '')
          .reverse()
        for (const line of lines.slice(0, 3)) {
          const found = readable(line)
          if (found)
            return { memory: replay(found).memory, winners: found.input.winners, takenAt: found.input.now }
        }
      } catch {
        // What cannot be read is no memory; prices begin anew.
      }
      return null
    },
  }
}

function readable(line: string): StoredSnapshot | null {
  try {
    return readSnapshotLine(line)
  } catch {
    return null
  }
}

function appendText(file: string, text: string): void {
  const handle = openToAppend(file, { mode: 0o666 })
  try {
    writeAll(handle, text)
  } finally {
    closeSync(handle)
  }
}

function readAt(file: string, from: number, length: number): Buffer {
  const handle = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(handle, bytes, 0, length, from))
  } finally {
    closeSync(handle)
  }
}

const endsWithLineFeed = (file: string, size: number): boolean => readAt(file, size - 1, 1)[0] === 10

function tailOf(file: string, most: number): string {
  const { size } = statSync(file)
  return readAt(file, Math.max(0, size - most), Math.min(size, most)).toString('utf8')
}

/** All snapshots of a file, oldest first, also of one that was put aside. Throws `E_PRICES_STORED`. */
export function readSnapshotFile(path: string): StoredSnapshot[] {
  let text: string
  try {
    if (statSync(path).size > MAX_BYTES) throw new TypeError('it is too large')
    const bytes = readFileSync(path)
    text = (path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString('utf8')
  } catch (error) {
    throw fail('E_PRICES_STORED', `${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
  const lines = text.split('\n')
  const whole = text.endsWith('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    // The last line may have been cut off by a crash.
    if (index === lines.length - 1 && !whole && readable(line) === null) return []
    try {
      return [readSnapshotLine(line)]
    } catch (error) {
      throw fail('E_PRICES_STORED', `${path}, line ${index + 1}: ${messageOf(error)}`, { cause: error })
    }
  })
}
