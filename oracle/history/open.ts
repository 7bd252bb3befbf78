/** The history as others read it, beside a miner that writes it or without one: nothing in it is changed. */
import { openChainDatabase } from '../../chain/index.js'
import { OPR_SCHEMA } from './consumers.js'
import { createQueries, type HistoryQueries } from './queries.js'

/** Throws `E_HISTORY_NONE` if there is no such file, `E_HISTORY_OPEN`, `E_HISTORY_NEWER`, `E_HISTORY_SQLITE`, `E_HISTORY_DAMAGED`. */
export function openHistory(file: string): HistoryQueries {
  const db = openChainDatabase({ file, schemas: [OPR_SCHEMA], readOnly: true })
  return createQueries(db, () => db.close())
}
