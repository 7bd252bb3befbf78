/**
 * The publisher's memory on disk: append-only JSON lines, each batch synced before anything depends on it, rewritten
 * without old blocks when it is opened and when it has grown.
 */
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import {
  book,
  isCutLine,
  lockFile,
  makeFolder,
  messageOf,
  replaceFile,
  takenOver,
  takeOver,
  writeAll,
  type Moment,
  type Spent,
} from '../base/index.js'
import { fail } from './errors.js'
import { knownLines, mayBeSent, readLines, spentLine, stageLine, wholeLine } from './record.js'
import type { JournalContent, PublishRecord } from './record.js'

export interface Journal {
  /** Every record that is remembered, by entry hash. */
  readonly records: ReadonlyMap<string, PublishRecord>
  /**
   * Remembers new records or new stages. When it resolves they are on disk; when it rejects (`E_FACTOM_JOURNAL`)
   * neither disk nor `records` has changed.
   */
  put(records: readonly PublishRecord[]): Promise<void>
  /** Forgets records for good; what they cost stays in `spent`. Rejects like `put`. */
  discard(entryHashes: readonly string[]): Promise<void>
  /** Entry credits of all records that may have been paid, forgotten ones too, oldest first. */
  spent(): readonly Spent[]
  /** Waits for what is being written and closes the file. */
  close(): Promise<void>
}

/** A second place that the journal is kept in, for another process that may take over. */
export interface JournalMirror {
  /** All lines that were there when this process took over; none: it is new. */
  readonly kept: readonly string[]
  /** Resolves when the lines are safe there; rejects if they may not be added by this process. */
  append(lines: readonly string[]): Promise<void>
}

/** Records this far below the newest block are forgotten; a record is only good for the one block it names. */
const KEEP_BLOCKS = 20
const MAX_BYTES = 256 * 1024 * 1024
const REWRITE_BYTES = 8 * 1024 * 1024
const fdatasync = promisify(fs.fdatasync)

interface Batch {
  readonly records: readonly PublishRecord[]
  readonly discard: readonly string[]
  resolve(): void
  reject(error: Error): void
}

/**
 * Opens or creates the journal; a last line that was cut off by a crash is dropped. Throws `E_FACTOM_JOURNAL`, or
 * `E_FACTOM_JOURNAL_LOCKED` if another process has it: each would rewrite it without what the other has published.
 */
export function openJournal(file: string, now: () => Moment, mirror?: JournalMirror): Journal {
  guarded(file, () => makeFolder(path.dirname(file)))
  const unlock = lockFile(`${file}.lock`, {
    held: (who) => fail('E_FACTOM_JOURNAL_LOCKED', `${who} publishes from ${path.dirname(file)}`),
    failed: (cause) => journalError(file, cause),
  })
  try {
    return journalOn({ file, unlock, now, mirror })
  } catch (error) {
    unlock()
    throw error
  }
}

interface OpenedFile {
  readonly file: string
  readonly unlock: () => void
  readonly now: () => Moment
  readonly mirror: JournalMirror | undefined
}

function journalOn({ file, unlock, now, mirror }: OpenedFile): Journal {
  const content = guarded(file, () => ofThisRun(merged(read(file), mirror?.kept ?? []), now()))
  const { records, spent } = content
  forgetOld(content, now())
  /** What a new mirror lacks. */
  let unmirrored = mirror?.kept.length === 0 ? linesOf(content) : []
  let size = 0
  let fd = -1
  const rewrite = () => {
    if (fd >= 0) fs.closeSync(fd)
    fd = -1
    ;({ fd, size } = write(file, content))
  }
  guarded(file, rewrite)

  const waiting: Batch[] = []
  let writing: Promise<void> | null = null
  let closed = false

  /** Everything that came in while the disk was busy goes down with one sync. */
  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batches = waiting.splice(0)
      try {
        await append(batches.flatMap((batch) => batch.records))
        const discarded = batches.flatMap((batch) => batch.discard)
        if (discarded.length > 0) {
          forget(content, { which: (record) => discarded.includes(record.entryHash), now: now() })
          rewrite()
        }
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
    if (changes.length === 0) return
    const seen = new Set(records.keys())
    const text = changes.map((record) => {
      const known = seen.has(record.entryHash)
      seen.add(record.entryHash)
      return known ? stageLine(record) : wholeLine(record)
    })
    // The mirror gets the lines first: if this process ends before it has written them here, the process that takes
    // over knows them.
    await mirror?.append([...unmirrored, ...text])
    unmirrored = []
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
    if (size > REWRITE_BYTES && forgetOld(content, now())) shrink()
  }

  /** If it fails, the old file is still whole, or the next batch writes a new one. */
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

  function queue(changes: readonly PublishRecord[], discard: readonly string[]): Promise<void> {
    if (closed) return Promise.reject(fail('E_FACTOM_JOURNAL', `the journal ${file} is closed`))
    return new Promise((resolve, reject) => {
      waiting.push({ records: changes, discard, resolve, reject })
      writing ??= writeWaiting()
    })
  }

  return {
    records,
    put: (changes) => queue(changes, []),
    discard: (entryHashes) => queue([], entryHashes),
    spent: () => [...spent, ...Array.from(records.values(), paymentOf)],
    async close() {
      if (closed) return
      closed = true
      await writing
      if (fd >= 0) fs.closeSync(fd)
      unlock()
    },
  }
}

function read(file: string): JournalContent {
  let size: number
  try {
    size = fs.statSync(file).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: new Map(), spent: [] }
    throw error
  }
  if (size > MAX_BYTES)
    throw fail('E_FACTOM_JOURNAL', `the journal ${file} has ${size} bytes, which is no journal`)
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  const end = lines.pop() ?? ''
  // A line that lacks its line feed only is whole; one that a crash cut off is left out.
  if (isWhole(end)) lines.push(end)
  const found = readLines(lines)
  const damaged = 'damaged' in found ? found.damaged : lines.length + 1
  if ('records' in found && (isWhole(end) || isCutLine(end))) return found
  throw fail(
    'E_FACTOM_JOURNAL',
    `line ${damaged} of the journal ${file} is damaged: move the file away if no record of the last hour is in it`,
  )
}

/**
 * What other processes have published since belongs to the journal. Records that the mirror does not know stay; what
 * forgotten ones cost is known there, unless it is empty.
 */
function merged(own: JournalContent, kept: readonly string[]): JournalContent {
  if (kept.length === 0) return own
  const { records, spent } = knownLines(kept)
  for (const record of own.records.values())
    if (!records.has(record.entryHash)) records.set(record.entryHash, record)
  return { records, spent }
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** Its payments as `takeOver` has them. */
function ofThisRun({ records, spent }: JournalContent, now: Moment): JournalContent {
  for (const record of records.values())
    records.set(record.entryHash, { ...record, at: takenOver('day', record.at, now) })
  return { records, spent: takeOver('day', spent, now) }
}

/** Replaces the file. The new one stays open for appending. */
function write(file: string, content: JournalContent): { fd: number; size: number } {
  const bytes = Buffer.from(linesOf(content).join(''))
  return { fd: replaceFile(file, bytes, { mode: 0o600 }), size: bytes.length }
}

const linesOf = ({ records, spent }: JournalContent): string[] => [
  ...spent.map(spentLine),
  ...Array.from(records.values(), wholeLine),
]

/** Returns whether any record was old enough. */
function forgetOld(content: JournalContent, now: Moment): boolean {
  let newest = 0
  for (const { height } of content.records.values()) newest = Math.max(newest, height)
  return forget(content, { which: ({ height }) => height < newest - KEEP_BLOCKS, now })
}

/** Takes records out and books what they cost. Returns whether there were any. */
function forget(
  { records, spent }: JournalContent,
  { which, now }: { readonly which: (record: PublishRecord) => boolean; readonly now: Moment },
): boolean {
  const before = records.size
  for (const record of records.values()) {
    if (!which(record)) continue
    records.delete(record.entryHash)
    spent.splice(0, spent.length, ...book('day', spent, { payment: paymentOf(record), now }))
  }
  return records.size < before
}

/** What a record may have cost. */
function paymentOf(record: PublishRecord): Spent {
  return { amount: String(mayBeSent(record) ? record.credits : 0), at: record.at }
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
