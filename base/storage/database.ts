/**
 * One SQLite database through libsql: opened with a schema that is brought up to date, safe under a kill at any moment
 * (write-ahead log, transactions), shared with other processes (a writer waits for its turn).
 */
import { existsSync, renameSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

import type Libsql from 'libsql'

import { hexOfWord } from '../bytes.js'
import { isCoded, messageOf, type CodedErrorInit } from '../errors.js'
import { makeFolder } from './folder.js'

export type Value = string | number | bigint | Uint8Array | null
export type Row = Readonly<Record<string, unknown>>

export interface Database {
  /** Rows of a query; whole numbers come as BigInt. */
  all(sql: string, ...values: readonly Value[]): Row[]
  /** The first row, or undefined. */
  one(sql: string, ...values: readonly Value[]): Row | undefined
  run(sql: string, ...values: readonly Value[]): void
  /**
   * All or nothing; the database is locked for other writers meanwhile. What the work throws undoes it and comes out as
   * it is.
   */
  transaction<T>(work: () => T): T
  close(): void
}

/** What is read and written within a transaction of another. */
export type Transaction = Pick<Database, 'all' | 'one' | 'run'>

/** Brings the schema from version `k` to `k + 1` at index `k`. Steps are never changed, only added. */
export type Migrations = readonly string[]

/** The tables of one of several that share a file. */
export interface Schema {
  /** Stands in the file: it is never changed. */
  readonly name: string
  readonly migrations: Migrations
}

/**
 * The library is not there; the file cannot be opened, is of a newer version, is not there; it cannot be read or
 * written; it is damaged.
 */
export type DatabaseTrouble = 'library' | 'open' | 'newer' | 'none' | 'write' | 'damaged'

export interface OpenOptions {
  readonly file: string
  /** The steps of the file itself; its version is SQLite's `user_version`. */
  readonly migrations: Migrations
  /**
   * The schemas that share the file, in the order in which they are made; their versions stand in the table `schemas`.
   */
  readonly schemas?: readonly Schema[]
  /** The caller's own error for each trouble. */
  readonly fail: (trouble: DatabaseTrouble, message: string, init?: CodedErrorInit) => Error
  /** To look only, beside a program that writes: nothing is made, mended or set aside. */
  readonly readOnly?: boolean
  /** Told that a damaged file was set aside under this name. */
  readonly onDamage?: (setAside: string, reason: string) => void
}

/** How long a writer waits for another process. */
const BUSY_MS = 10_000
/** A check reads the whole file, about this many bytes in a second. */
const CHECKED_BYTES = 256 * 1024 * 1024
const DAMAGE = /SQLITE_(?:CORRUPT|NOTADB)/

/**
 * Throws the caller's error: `library` where the library has no build, `open`, `newer`. A file that is no database, or
 * a damaged one, is renamed and a new one begun; with `readOnly` it is left as it is (`damaged`), and one that is
 * missing is not made (`none`).
 */
export function openDatabase(options: OpenOptions): Database {
  const { file, readOnly = false, fail } = options
  const Library = loadLibrary(fail)
  if (readOnly && !existsSync(file)) throw fail('none', `there is no ${file}`)
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
    if (isCoded(error)) throw error
    if (isDamage(error)) throw fail('damaged', `${file}: ${messageOf(error)}`, { cause: error })
    throw fail('open', `cannot open ${file}: ${messageOf(error)}`, { cause: error })
  }
}

type Library = new (path: string) => Libsql.Database

/** Loaded only where a database is wanted: its native part is optional. */
function loadLibrary(fail: OpenOptions['fail']): Library {
  try {
    return createRequire(import.meta.url)('libsql') as Library
  } catch (cause) {
    const here = `${process.platform} ${process.arch}`
    throw fail('library', `libsql cannot be loaded on ${here}: ${messageOf(cause)}`, { cause })
  }
}

function openChecked(Library: Library, options: OpenOptions): Libsql.Database {
  const db = new Library(options.file)
  try {
    db.pragma(`busy_timeout = ${BUSY_MS}`)
    db.pragma('journal_mode = WAL')
    // A kill loses nothing; a power failure at worst the last transactions, never a part of one.
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
    if (isCurrent(db, options)) return db
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

type Versions = readonly (readonly [name: string | null, version: number, migrations: Migrations])[]

/** Version and steps of the file itself (name `null`), then of each schema that shares it. */
function versionsOf(db: Libsql.Database, { migrations, schemas = [] }: OpenOptions): Versions {
  const rows = <T>(sql: string): T[] => db.prepare(sql).raw().all() as T[]
  const [own] = rows<[number]>('PRAGMA user_version')
  const shared = rows("SELECT 1 FROM sqlite_master WHERE name = 'schemas'").length > 0
  const known = new Map(shared ? rows<[string, number]>('SELECT name, version FROM schemas') : [])
  return [
    [null, own?.[0] ?? 0, migrations],
    ...schemas.map(({ name, migrations }) => [name, known.get(name) ?? 0, migrations] as const),
  ]
}

/** Whether the schema is up to date. Throws `newer`. */
function isCurrent(db: Libsql.Database, options: OpenOptions): boolean {
  const versions = versionsOf(db, options)
  const newer = versions.find(([, version, migrations]) => version > migrations.length)
  if (newer === undefined) return versions.every(([, version, migrations]) => version === migrations.length)
  const [name, version, { length }] = newer
  const what = name === null ? 'schema' : `schema ${name}`
  throw options.fail('newer', `${options.file} has ${what} ${version}, this program knows ${length}`)
}

const SCHEMAS = `
CREATE TABLE IF NOT EXISTS schemas (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) WITHOUT ROWID;
`

function migrate(db: Libsql.Database, options: OpenOptions): void {
  if (isCurrent(db, options)) return
  const execute = (sql: string): void => void db.exec(sql)
  inTransaction(execute, () => {
    if (isCurrent(db, options)) return // Another process was first.
    if (options.schemas !== undefined) execute(SCHEMAS)
    const [[, own] = [null, 0] as const] = versionsOf(db, options)
    for (const step of options.migrations.slice(own)) execute(step)
    execute(`PRAGMA user_version = ${options.migrations.length}`)
    // Looked up again: the file's own steps may say which of the others are there already.
    for (const [name, version, migrations] of versionsOf(db, options).slice(1)) {
      for (const step of migrations.slice(version)) execute(step)
      db.prepare('INSERT OR REPLACE INTO schemas VALUES (?, ?)').run([name, migrations.length])
    }
  })
}

/**
 * All or nothing. The library's own transactions are not used: where SQLite has rolled back by itself, as it does when
 * the disk is full, they report that there is nothing to roll back, and the true reason is lost.
 */
function inTransaction<T>(execute: (sql: string) => void, work: () => T): T {
  execute('BEGIN IMMEDIATE')
  try {
    const outcome = work()
    execute('COMMIT')
    return outcome
  } catch (error) {
    try {
      execute('ROLLBACK')
    } catch {
      // It is rolled back already; the error that led here is the one to tell.
    }
    throw error
  }
}

function wrap(db: Libsql.Database, { file, readOnly = false, fail }: OpenOptions): Database {
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
      if (isCoded(cause)) throw cause
      if (isDamage(cause)) throw fail('damaged', `${file}: ${messageOf(cause)}; remove it`, { cause })
      throw fail('write', `${file}: ${messageOf(cause)}`, { cause })
    }
  }
  return {
    all: (sql, ...values) => guarded(() => statement(sql).all(values.map(bound)) as Row[]),
    one: (sql, ...values) => guarded(() => (statement(sql).all(values.map(bound)) as Row[])[0]),
    run: (sql, ...values) => guarded(() => void statement(sql).run(values.map(bound))),
    transaction: (work) => inTransaction((sql) => guarded(() => db.exec(sql)), work),
    close() {
      prepared.clear()
      // The library lets go of the files when its statements are collected, which may be later: the log is emptied now.
      try {
        if (!readOnly) db.pragma('wal_checkpoint(TRUNCATE)')
      } catch {
        // The log stays beside the file, and is read again the next time.
      }
      db.close()
    },
  }
}

/**
 * The library takes Buffers for blobs, and gives ArrayBuffers (`hexOf`). Values go as one array: a lone Buffer ends the
 * process.
 */
function bound(value: Value): Value {
  return value instanceof Uint8Array ? Buffer.from(value) : value
}

/** Bytes of hex, for a blob column. */
export const blobOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** Of a number of 64 bits, big-endian: SQLite's own integers end at 2^63. */
export const wordBlob = (value: bigint): Uint8Array => blobOf(hexOfWord(value))

/** A column that may be empty, or a row that may lack it. */
export const numberOrNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value)

/** Lower-case hex of a blob column. */
export function hexOf(value: unknown): string {
  return Buffer.from(value as ArrayBuffer).toString('hex')
}

function isDamage(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return (typeof code === 'string' && DAMAGE.test(code)) || /malformed|not a database/.test(messageOf(error))
}
