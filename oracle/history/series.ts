/**
 * What a program measured and told in the course of time, kept across restarts: a small database of its own beside its
 * other data. Bounded by counts, so that a clock that is wrong for a while takes nothing away.
 */
import { openDatabase, type Migrations } from '../../base/index.js'
import { databaseFailure } from '../../chain/index.js'
import type { Point, PointRange } from './overview.js'

export interface LogEntry {
  /** Counts up. */
  readonly id: number
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

export type SeriesStore = ReturnType<typeof openSeries>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Minutes of eight days, hours of three years. */
const KEPT: readonly (readonly [stepMs: number, most: number])[] = [
  [MINUTE_MS, 8 * 24 * 60],
  [HOUR_MS, 3 * 365 * 24],
]
const KEPT_LOG = 5_000
const MOST_TEXT = 1_000
/** How many additions there are between two removals of old rows. */
const PRUNE_EVERY = 500

const FIRST = `
-- Means by minute (step 60000) and by hour; time: UNIX ms of their beginning.
CREATE TABLE samples (
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  time INTEGER NOT NULL,
  sum REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (name, step, time)
) WITHOUT ROWID;
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  level TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL
);
`
const MIGRATIONS: Migrations = [FIRST]

/** Throws `E_HISTORY_SQLITE`, `E_HISTORY_OPEN`, `E_HISTORY_NEWER`. A damaged file is set aside, and a new one begun. */
export function openSeries(file: string) {
  const db = openDatabase({ file, migrations: MIGRATIONS, fail: databaseFailure })
  let written = 0

  function prune(): void {
    if (++written % PRUNE_EVERY !== 1) return
    for (const { name } of db.all('SELECT DISTINCT name FROM samples'))
      for (const [step, most] of KEPT)
        db.run(
          `DELETE FROM samples WHERE name = ?1 AND step = ?2 AND time <= (
             SELECT time FROM samples WHERE name = ?1 AND step = ?2 ORDER BY time DESC LIMIT 1 OFFSET ?3)`,
          ...[String(name), step, most],
        )
    db.run('DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?', KEPT_LOG)
  }

  return {
    /** Adds a measurement to the mean of its minute and its hour. */
    add(name: string, value: number, time: number): void {
      db.transaction(() => {
        for (const [step] of KEPT)
          db.run(
            `INSERT INTO samples VALUES (?, ?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, count = count + 1`,
            ...[name, step, Math.floor(time / step) * step, value],
          )
        prune()
      })
    },
    /** Means over equal pieces of time, oldest first; where nothing was measured there is none. */
    read(name: string, { from, to, points }: PointRange): Point[] {
      const step = to - from <= 8 * DAY_MS ? MINUTE_MS : HOUR_MS
      const piece = BigInt(Math.max(1, Math.ceil((to - from) / step / points)) * step)
      return db
        .all(
          `SELECT time / ?1 * ?1 AS begin, sum(sum) / sum(count) AS value FROM samples
           WHERE name = ?2 AND step = ?3 AND time BETWEEN ?4 AND ?5 GROUP BY begin ORDER BY begin`,
          ...[piece, name, step, BigInt(Math.floor(from)), BigInt(Math.ceil(to))],
        )
        .map((row) => ({ time: Number(row['begin']), value: Number(row['value']) }))
    },
    names: (): string[] =>
      db.all('SELECT DISTINCT name FROM samples ORDER BY name').map((row) => String(row['name'])),
    tell({ time, level, code, message }: Omit<LogEntry, 'id'>): void {
      db.transaction(() => {
        db.run(
          'INSERT INTO log (time, level, code, message) VALUES (?, ?, ?, ?)',
          ...[time, level, code.slice(0, 100), message.slice(0, MOST_TEXT)],
        )
        prune()
      })
    },
    /** Newest first, below an id. */
    log: ({ below, most }: { readonly below: number; readonly most: number }): LogEntry[] =>
      db.all('SELECT * FROM log WHERE id < ? ORDER BY id DESC LIMIT ?', below, most).map((row) => ({
        id: Number(row['id']),
        time: Number(row['time']),
        level: row['level'] as LogEntry['level'],
        code: String(row['code']),
        message: String(row['message']),
      })),
    close: (): void => db.close(),
  }
}
