/** The one database of all consumers. */
import { openDatabase, type Database, type DatabaseOptions } from '../base/index.js'
import { databaseFailure } from './errors.js'
import { CHAIN_MIGRATIONS } from './schema.js'

export type ChainDatabaseOptions = Pick<DatabaseOptions, 'file' | 'readOnly' | 'onDamage'> & {
  /** The tables of the consumers, in their order. */
  readonly schemas: NonNullable<DatabaseOptions['schemas']>
}

/**
 * Opened with the tables of these consumers; those of others stay as they are. Throws `E_HISTORY_SQLITE`,
 * `E_HISTORY_OPEN`, `E_HISTORY_NEWER`; a damaged file is set aside and a new one begun. With `readOnly` it is neither
 * made nor mended: `E_HISTORY_NONE`, `E_HISTORY_DAMAGED`.
 */
export function openChainDatabase(options: ChainDatabaseOptions): Database {
  return openDatabase({ ...options, migrations: CHAIN_MIGRATIONS, fail: databaseFailure })
}
