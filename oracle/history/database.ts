/**
 * One SQLite database through libsql: opened with a schema that is brought up to date, safe under a kill at any moment
 * (write-ahead log, transactions), shared with other processes (a writer waits for its turn).
 */
import { existsSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

import type Libsql from 'libsql'

import { makeFolder, messageOf } from '../../config/index.js'
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
  /** Throw `E_HISTORY_NONE` instead of making a new database. */
  readonly mustExist?: boolean
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
 * database, or a damaged one, is renamed and a new one begun.
 */
export function openDatabase(options: OpenOptions): Database {
  const { file, mustExist = false } = options
  const Library = loadLibrary()
  if (mustExist && !existsSync(file)) throw fail('E_HISTORY_NONE', `there is no ${file}`)
  try {
    if (!mustExist) makeFolder(dirname(file))
    try {
      return wrap(openChecked(Library, options), file)
    } catch (error) {
      if (!isDamage(error)) throw error
      const setAside = `${file}.damaged`
      for (const end of ['-wal', '-shm', ''])
        if (existsSync(file + end)) renameSync(file + end, setAside + end)
      options.onDamage?.(setAside, messageOf(error))
      return wrap(openChecked(Library, options), file)
    }
  } catch (error) {
    if (error instanceof Error && 'retryable' in error) throw error
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

function openChecked(Library: Library, { file, migrations }: OpenOptions): Libsql.Database {
  const db = new Library(file)
  try {
    db.pragma(`busy_timeout = ${BUSY_MS}`)
    db.pragma('journal_mode = WAL')
    // A kill loses nothing; a power failure at worst the last blocks, which are graded again.
    db.pragma('synchronous = NORMAL')
    if (statSync(file).size < CHECKED_BYTES) check(db)
    migrate(db, { file, migrations })
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function check(db: Libsql.Database): void {
  const [health] = db.prepare('PRAGMA quick_check(1)').raw().all() as [string][]
  if (health?.[0] !== 'ok') throw Object.assign(new Error(String(health?.[0])), { code: 'SQLITE_CORRUPT' })
}

function migrate(db: Libsql.Database, { file, migrations }: { file: string; migrations: Migrations }): void {
  const versionOf = (): number => {
    const [row] = db.prepare('PRAGMA user_version').raw().all() as [number][]
    return row?.[0] ?? 0
  }
  if (versionOf() === migrations.length) return
  db.transaction(() => {
    const version = versionOf() // another process may have been first
    if (version > migrations.length)
      throw fail('E_HISTORY_NEWER', `${file} has schema ${version}, this program knows ${migrations.length}`)
    for (const step of migrations.slice(version)) db.exec(step)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  }).immediate()
}

function wrap(db: Libsql.Database, file: string): Database {
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
    all: (sql, ...values) => guarded(() => statement(sql).all(...values.map(bound)) as Row[]),
    one: (sql, ...values) => guarded(() => (statement(sql).all(...values.map(bound)) as Row[])[0]),
    run: (sql, ...values) => guarded(() => void statement(sql).run(...values.map(bound))),
    transaction: (work) => guarded(() => db.transaction(work).immediate()),
    close() {
      prepared.clear()
      try {
        db.pragma('wal_checkpoint(TRUNCATE)')
      } catch {
        // The log stays beside the file, and is read again the next time.
      }
      db.close()
    },
  }
}

/** The library takes Buffers for blobs, and gives ArrayBuffers (`hexOf`). */
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
