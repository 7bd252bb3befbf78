/**
 * The publisher's memory on disk: append-only JSON lines, each batch synced before anything depends on it, rewritten
 * without old blocks when it is opened and when it has grown.
 */
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import { makeFolder, messageOf } from '../config/index.js'
import { fail } from './errors.js'
import { readLines, stageLine, wholeLine } from './record.js'
import type { PublishRecord } from './record.js'

export interface Journal {
  /** Every record that is remembered, by entry hash. */
  readonly records: ReadonlyMap<string, PublishRecord>
  /**
   * Remembers new records or new stages. When it resolves they are on disk; when it rejects (`E_FACTOM_JOURNAL`)
   * neither disk nor `records` has changed.
   */
  put(records: readonly PublishRecord[]): Promise<void>
  /** Waits for what is being written and closes the file. */
  close(): Promise<void>
}

/** Records this far below the newest block are forgotten; a record is only good for the one block it names. */
const KEEP_BLOCKS = 20
const MAX_BYTES = 256 * 1024 * 1024
const REWRITE_BYTES = 8 * 1024 * 1024
const fdatasync = promisify(fs.fdatasync)

interface Batch {
  readonly records: readonly PublishRecord[]
  resolve(): void
  reject(error: Error): void
}

/** Opens or creates the journal; a last line that was cut off by a crash is dropped. Throws `E_FACTOM_JOURNAL`. */
export function openJournal(file: string): Journal {
  const records = guarded(file, () => {
    makeFolder(path.dirname(file))
    return read(file)
  })
  forgetOld(records)
  let size = 0
  let fd = -1
  const rewrite = () => {
    if (fd >= 0) fs.closeSync(fd)
    fd = -1
    ;({ fd, size } = writeWhole(file, records.values()))
  }
  guarded(file, rewrite)

  const waiting: Batch[] = []
  let writing: Promise<void> | null = null
  let closed = false

  /** Everything that came in while the disk was busy goes down with one sync. */
  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batches = waiting.splice(0)
      try {
        await append(batches.flatMap((batch) => batch.records))
        for (const batch of batches) batch.resolve()
      } catch (error) {
        const trouble = journalError(file, error)
        for (const batch of batches) batch.reject(trouble)
      }
    }
    writing = null
  }

  async function append(changes: readonly PublishRecord[]): Promise<void> {
    if (fd < 0) rewrite()
    const seen = new Set(records.keys())
    const text = changes.map((record) => {
      const known = seen.has(record.entryHash)
      seen.add(record.entryHash)
      return known ? stageLine(record) : wholeLine(record)
    })
    const bytes = Buffer.from(text.join(''))
    try {
      writeAll(fd, bytes, size)
      await fdatasync(fd)
    } catch (error) {
      cutBack()
      throw error
    }
    size += bytes.length
    for (const record of changes) records.set(record.entryHash, record)
    if (size > REWRITE_BYTES && forgetOld(records)) shrink()
  }

  /** If it fails, the old file is whole still, or the next batch writes a new one. */
  function shrink(): void {
    try {
      rewrite()
    } catch {
      fd = -1
    }
  }

  /** Takes a half-written batch off again; if even that fails, the next batch writes the file anew. */
  function cutBack(): void {
    try {
      fs.ftruncateSync(fd, size)
    } catch {
      fs.closeSync(fd)
      fd = -1
    }
  }

  return {
    records,
    put(changes) {
      if (closed) return Promise.reject(fail('E_FACTOM_JOURNAL', `the journal ${file} is closed`))
      return new Promise((resolve, reject) => {
        waiting.push({ records: changes, resolve, reject })
        writing ??= write()
      })
    },
    async close() {
      if (closed) return
      closed = true
      await writing
      if (fd >= 0) fs.closeSync(fd)
    },
  }
}

function read(file: string): Map<string, PublishRecord> {
  let size: number
  try {
    size = fs.statSync(file).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  if (size > MAX_BYTES)
    throw fail('E_FACTOM_JOURNAL', `the journal ${file} has ${size} bytes, which is no journal`)
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  lines.pop() // what follows the last newline: nothing, or a line that a crash cut off
  const found = readLines(lines)
  if (found.records) return found.records
  throw fail(
    'E_FACTOM_JOURNAL',
    `line ${found.damaged} of the journal ${file} is damaged: move the file away if no record of the last hour is in it`,
  )
}

/** Writes the records under a temporary name, syncs, renames. The new file stays open for appending. */
function writeWhole(file: string, records: Iterable<PublishRecord>): { fd: number; size: number } {
  const temporary = `${file}.new`
  const bytes = Buffer.from(Array.from(records, wholeLine).join(''))
  const fd = fs.openSync(temporary, 'w', 0o600)
  try {
    writeAll(fd, bytes, 0)
    fs.fsyncSync(fd)
    fs.renameSync(temporary, file)
    syncFolder(path.dirname(file))
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
  return { fd, size: bytes.length }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at, bytes.length - at, position + at)
}

/** Makes the rename itself durable. */
function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Whether anything was old enough. */
function forgetOld(records: Map<string, PublishRecord>): boolean {
  let newest = 0
  for (const { height } of records.values()) newest = Math.max(newest, height)
  const before = records.size
  for (const [hash, { height }] of records) if (height < newest - KEEP_BLOCKS) records.delete(hash)
  return records.size < before
}

function guarded<T>(file: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw journalError(file, error)
  }
}

function journalError(file: string, error: unknown): Error {
  if (error instanceof Error && 'retryable' in error) return error
  return fail('E_FACTOM_JOURNAL', `the journal ${file} cannot be kept: ${messageOf(error)}`)
}
