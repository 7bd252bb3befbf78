/**
 * The account of what was followed, beside the tables of the consumers. A step that was released is never changed.
 * Hashes are blobs, times UNIX ms.
 */
import type { Migrations } from '../base/index.js'

/** The first three versions of such a file were those of the history of graded blocks alone, which is consumer `opr`. */
const HISTORY_ALONE: Migrations = ['', '', '']

const ACCOUNT = `
-- Every directory block that was followed, without gaps. Those of the history have it already.
CREATE TABLE IF NOT EXISTS blocks (
  height INTEGER PRIMARY KEY,
  key_mr BLOB NOT NULL,
  time INTEGER NOT NULL
);
-- The blocks of single chains in them, each of which the next one of its chain must link to.
CREATE TABLE chain_blocks (
  chain BLOB NOT NULL,
  height INTEGER NOT NULL,
  key_mr BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (chain, height)
) WITHOUT ROWID;
CREATE INDEX chain_blocks_height ON chain_blocks (height);
-- The last block that each consumer has taken; no row: none yet.
CREATE TABLE progress (
  consumer TEXT PRIMARY KEY,
  height INTEGER NOT NULL,
  common INTEGER                -- it has blocks above this height that are no longer on the chain; null: it has none
) WITHOUT ROWID;
INSERT INTO schemas SELECT 'opr', user_version FROM pragma_user_version WHERE user_version > 0;
`

export const CHAIN_MIGRATIONS: Migrations = [...HISTORY_ALONE, ACCOUNT]
