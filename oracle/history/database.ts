/**
 * One SQLite database through libsql: opened with a schema that is brought up to date, safe under a kill at any moment
 * (write-ahead log, transactions), shared with other processes (a writer waits for its turn).
 */
import { existsSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

import type Libsql from 'libsql'

import { makeFolder, messageOf } from '../../base/index.js'
import { fail } from './errors.js'

export type Value = string | number | bigint | Uint8Array | null
export type Row = Readonly<Record<string, unknown>>

export interface Database {
  /** Rows of a query; whole numbers come as BigInt. */
  all(sql: string, ...values: readonly Value[]): Row[]
  /** The first row, or undefined. */
  one(sql: string, ...values: readonly Value[]): Row | undefined
  run(sql: string, ...values: readonly Value[]): void
  /** All or nothing; the database is locked for other writers meanwhile. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Brings the schema from version `k` to `k + 1` at index `k`. Steps are never changed, only added. */
export type Migrations = readonly string[]

export interface OpenOptions {
  readonly file: string
  readonly migrations: Migrations
  /** To look only, beside a program that writes: nothing is made, mended or set aside. */
  readonly readOnly?: boolean
  /** Told that a damaged file was set aside under this name. */
  readonly onDamage?: (setAside: string, reason: string) => void
}

/** How long a writer waits for another process. */
const BUSY_MS = 10_000
/** A check reads all of it: a second for so much. */
const CHECKED_BYTES = 256 * 1024 * 1024
const DAMAGE = /SQLITE_(?:CORRUPT|NOTADB)/

/**
 * Throws `E_HISTORY_SQLITE` where the library has no build, `E_HISTORY_OPEN`, `E_HISTORY_NEWER`. A file that is no
 * database, or a damaged one, is renamed and a new one begun; with `readOnly` it is left as it is
 * (`E_HISTORY_DAMAGED`), and one that is missing is not made (`E_HISTORY_NONE`).
 */
export function openDatabase(options: OpenOptions): Database {
  const { file, readOnly = false } = options
  const Library = loadLibrary()
  if (readOnly && !existsSync(file)) throw fail('E_HISTORY_NONE', `there is no ${file}`)
  try {
    if (readOnly) return wrap(openReadOnly(Library, options), options)
    makeFolder(dirname(file))
    try {
      return wrap(openChecked(Library, options), options)
    } catch (error) {
      if (!isDamage(error)) throw error
      const setAside = `${file}.damaged`
      for (const end of ['-wal', '-shm', ''])
        if (existsSync(file + end)) renameSync(file + end, setAside + end)
      options.onDamage?.(setAside, messageOf(error))
      return wrap(openChecked(Library, options), options)
    }
  } catch (error) {
    if (error instanceof Error && 'retryable' in error) throw error
    if (isDamage(error)) throw fail('E_HISTORY_DAMAGED', `${file}: ${messageOf(error)}`, { cause: error })
    throw fail('E_HISTORY_OPEN', `cannot open ${file}: ${messageOf(error)}`, { cause: error })
  }
}

type Library = new (path: string) => Libsql.Database

/** Loaded only where a history is wanted: its native part is optional. */
function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('libsql') as Library
  } catch (cause) {
    const here = `${process.platform} ${process.arch}`
    throw fail('E_HISTORY_SQLITE', `libsql cannot be loaded on ${here}: ${messageOf(cause)}`, { cause })
  }
}

function openChecked(Library: Library, options: OpenOptions): Libsql.Database {
  const db = new Library(options.file)
  try {
    db.pragma(`busy_timeout = ${BUSY_MS}`)
    db.pragma('journal_mode = WAL')
    // A kill loses nothing; a power failure at worst the last blocks, which are graded again.
    db.pragma('synchronous = NORMAL')
    if (statSync(options.file).size < CHECKED_BYTES) check(db)
    migrate(db, options)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A file of an earlier version is brought up to date first: that takes milliseconds and loses nothing. */
function openReadOnly(Library: Library, options: OpenOptions): Libsql.Database {
  const open = (): Libsql.Database => {
    const db = new Library(`${pathToFileURL(options.file).href}?mode=ro`)
    db.pragma(`busy_timeout = ${BUSY_MS}`)
    return db
  }
  const db = open()
  try {
    const version = versionOf(db)
    if (version > options.migrations.length) throw newer(options, version)
    if (version === options.migrations.length) return db
  } catch (error) {
    db.close()
    throw error
  }
  db.close()
  openChecked(Library, options).close()
  return open()
}

function check(db: Libsql.Database): void {
  const [health] = db.prepare('PRAGMA quick_check(1)').raw().all() as [string][]
  if (health?.[0] !== 'ok') throw Object.assign(new Error(String(health?.[0])), { code: 'SQLITE_CORRUPT' })
}

function versionOf(db: Libsql.Database): number {
  const [row] = db.prepare('PRAGMA user_version').raw().all() as [number][]
  return row?.[0] ?? 0
}

const newer = ({ file, migrations }: OpenOptions, version: number): Error =>
  fail('E_HISTORY_NEWER', `${file} has schema ${version}, this program knows ${migrations.length}`)

function migrate(db: Libsql.Database, options: OpenOptions): void {
  const { migrations } = options
  if (versionOf(db) === migrations.length) return
  inTransaction(db, () => {
    const version = versionOf(db) // another process may have been first
    if (version > migrations.length) throw newer(options, version)
    for (const step of migrations.slice(version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

/**
 * All or nothing. Not the library's own: where SQLite has rolled back by itself, as it does when the disk is full, that
 * one says that there is nothing to roll back, and no longer why.
 */
function inTransaction<T>(db: Libsql.Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const outcome = work()
    db.exec('COMMIT')
    return outcome
  } catch (error) {
    try {
      db.exec('ROLLBACK')
    } catch {
      // It is rolled back already; the error that led here is the one to tell.
    }
    throw error
  }
}

function wrap(db: Libsql.Database, { file, readOnly = false }: OpenOptions): Database {
  const prepared = new Map<string, Libsql.Statement<unknown[]>>()
  const statement = (sql: string): Libsql.Statement<unknown[]> => {
    let found = prepared.get(sql)
    if (!found)
      prepared.set(sql, (found = (db.prepare(sql) as Libsql.Statement<unknown[]>).safeIntegers(true)))
    return found
  }
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      if (cause instanceof Error && 'retryable' in cause) throw cause
      if (isDamage(cause))
        throw fail('E_HISTORY_DAMAGED', `${file}: ${messageOf(cause)}; remove it`, { cause })
      throw fail('E_HISTORY_WRITE', `${file}: ${messageOf(cause)}`, { cause })
    }
  }
  return {
    all: (sql, ...values) => guarded(() => statement(sql).all(values.map(bound)) as Row[]),
    one: (sql, ...values) => guarded(() => (statement(sql).all(values.map(bound)) as Row[])[0]),
    run: (sql, ...values) => guarded(() => void statement(sql).run(values.map(bound))),
    transaction: (work) => guarded(() => inTransaction(db, work)),
    close() {
      prepared.clear()
      try {
        if (!readOnly) db.pragma('wal_checkpoint(TRUNCATE)')
      } catch {
        // The log stays beside the file, and is read again the next time.
      }
      db.close()
    },
  }
}

/** The library takes Buffers for blobs, and gives ArrayBuffers (`hexOf`). Values go as one array: a lone Buffer ends the process. */
function bound(value: Value): Value {
  return value instanceof Uint8Array ? Buffer.from(value) : value
}

/** Lower-case hex of a blob column. */
export function hexOf(value: unknown): string {
  return Buffer.from(value as ArrayBuffer).toString('hex')
}

function isDamage(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return (typeof code === 'string' && DAMAGE.test(code)) || /malformed|not a database/.test(messageOf(error))
}
