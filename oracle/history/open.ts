/** The history as others read it, beside a miner that writes it or without one: nothing in it is changed. */
import { openDatabase } from './database.js'
import { createQueries } from './queries.js'
import type { HistoryQueries } from './queries.js'
import { MIGRATIONS } from './schema.js'

/** Throws `E_HISTORY_NONE` if there is no such file, `E_HISTORY_OPEN`, `E_HISTORY_NEWER`, `E_HISTORY_SQLITE`, `E_HISTORY_DAMAGED`. */
export function openHistory(file: string): HistoryQueries {
  return createQueries(openDatabase({ file, migrations: MIGRATIONS, readOnly: true }))
}
