/**
 * The tables of the ledger, as steps from version to version. A step that was released is never changed. Hashes and
 * addresses are blobs, amounts and rates 1e-8 units; those that may be 2^63 or more are text.
 */
import type { Schema } from '../../base/index.js'
import { CONTENT_TABLES, CONTENTS, UNGRADED } from './contents.js'
import { FLOWS } from './flows.js'
import { MINER_SUMS } from './miner-sums.js'
import { RECORD_TABLES, RECORDS } from './records.js'

const FIRST = `
-- What the ledger is of, and the last block that it knows: one row.
CREATE TABLE ledger_about (
  network TEXT NOT NULL,        -- whose rules
  origin TEXT NOT NULL,         -- chain, or a file: the key MR of its first block
  height INTEGER NOT NULL
);
-- Every address that was ever touched, in this order.
CREATE TABLE ledger_accounts (
  id INTEGER PRIMARY KEY,
  address BLOB NOT NULL UNIQUE,
  height INTEGER NOT NULL       -- of the block that touched it first
);
CREATE INDEX ledger_accounts_height ON ledger_accounts (height);
CREATE TABLE ledger_balances (
  account INTEGER NOT NULL,
  ticker TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, ticker)
) WITHOUT ROWID;
CREATE INDEX ledger_richest ON ledger_balances (ticker, amount DESC, account);
CREATE TABLE ledger_supply (ticker TEXT PRIMARY KEY, amount TEXT NOT NULL) WITHOUT ROWID;
-- What balances were before a block changed them: to know them at any height, and to take blocks back.
CREATE TABLE ledger_changes (
  height INTEGER NOT NULL,
  account INTEGER NOT NULL,
  ticker TEXT NOT NULL,
  before INTEGER NOT NULL,
  PRIMARY KEY (height, account, ticker)
) WITHOUT ROWID;
CREATE TABLE ledger_rates (
  height INTEGER NOT NULL,
  ticker TEXT NOT NULL,
  rate TEXT NOT NULL,
  PRIMARY KEY (height, ticker)
) WITHOUT ROWID;
-- Lines of the history: batches, burns, rewards.
CREATE TABLE ledger_batches (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- in its block; -1: a burn
  seconds INTEGER NOT NULL,
  status INTEGER NOT NULL,      -- height of its execution, 0 while it waits, or why it was refused
  judged INTEGER,               -- height of the block that said so
  UNIQUE (hash, height)
);
CREATE INDEX ledger_batches_height ON ledger_batches (height);
CREATE INDEX ledger_batches_judged ON ledger_batches (judged);
CREATE TABLE ledger_actions (
  batch INTEGER NOT NULL,
  place INTEGER NOT NULL,
  kind TEXT NOT NULL,           -- transfer, conversion, coinbase, burn
  address BLOB NOT NULL,
  ticker TEXT NOT NULL,         -- of the input; empty: there is none
  amount INTEGER NOT NULL,
  target TEXT NOT NULL,         -- what a conversion or payment gives
  result INTEGER NOT NULL,
  refund INTEGER,               -- of a conversion into PEG from the bank
  outputs TEXT,                 -- of a transfer: JSON, [[address, amount], …]
  PRIMARY KEY (batch, place)
) WITHOUT ROWID;
-- Whose history a line is in.
CREATE TABLE ledger_lookup (
  address BLOB NOT NULL,
  batch INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (address, batch, place)
) WITHOUT ROWID;
CREATE TABLE ledger_bank (
  height INTEGER PRIMARY KEY,
  amount INTEGER NOT NULL,
  used INTEGER NOT NULL,
  requested TEXT NOT NULL
);
-- Heights whose balances of before are a snapshot.
CREATE TABLE ledger_snapshots (height INTEGER PRIMARY KEY);
-- Blocks of oracle records, with what the next record must name, and their graded records.
CREATE TABLE ledger_grades (
  height INTEGER PRIMARY KEY,
  winners TEXT NOT NULL         -- JSON
);
CREATE TABLE ledger_graded (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,
  entry_hash BLOB NOT NULL,
  nonce BLOB NOT NULL,
  difficulty BLOB NOT NULL,     -- big-endian
  identity TEXT NOT NULL,
  address TEXT NOT NULL,
  payout INTEGER NOT NULL,
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
-- What was left out, since the reference would stop at it.
CREATE TABLE ledger_skipped (height INTEGER NOT NULL, hash BLOB NOT NULL, reason TEXT NOT NULL);
CREATE INDEX ledger_skipped_height ON ledger_skipped (height);
`

/**
 * Supplies at every height. Of blocks that were followed before there was this table they are worked out from the changes
 * of balances: their sums, in two halves since they may be beyond 64 bits; those that are are left out.
 */
const SUPPLIES = `
CREATE TABLE ledger_supplies (
  ticker TEXT NOT NULL,
  height INTEGER NOT NULL,
  amount TEXT NOT NULL,         -- from this block on
  PRIMARY KEY (ticker, height)
) WITHOUT ROWID;
CREATE INDEX ledger_supplies_height ON ledger_supplies (height);
-- What one address held earlier.
CREATE INDEX ledger_changes_account ON ledger_changes (account, ticker, height);
INSERT INTO ledger_supplies
WITH steps AS (
  SELECT c.ticker, c.height, coalesce(lead(before) OVER own, amount) - before AS gain
  FROM ledger_changes c JOIN ledger_balances b ON b.account = c.account AND b.ticker = c.ticker
  WINDOW own AS (PARTITION BY c.account, c.ticker ORDER BY c.height)
),
gains AS (SELECT ticker, height, sum(gain) AS gain FROM steps GROUP BY ticker, height HAVING sum(gain) <> 0),
totals AS (
  SELECT ticker, height, sum(gain >> 32) OVER past AS high, sum(gain & 4294967295) OVER past AS low
  FROM gains WINDOW past AS (PARTITION BY ticker ORDER BY height)
)
SELECT ticker, height, CAST(((high + (low >> 32)) << 32) + (low & 4294967295) AS TEXT) FROM totals
WHERE high + (low >> 32) < 2147483648;
`

/** By which averages conversions were executed: a ledger has those of one form alone. */
const AVERAGES = "ALTER TABLE ledger_about ADD COLUMN averages TEXT NOT NULL DEFAULT 'window'"

const MINERS = `
-- The records of one miner.
CREATE INDEX ledger_graded_identity ON ledger_graded (identity, height);
CREATE INDEX ledger_graded_address ON ledger_graded (address, height);
`

const ROLLBACKS = `
-- How often blocks were taken back: balances that are kept in memory are read anew then.
CREATE TABLE ledger_rollbacks (count INTEGER NOT NULL);
INSERT INTO ledger_rollbacks VALUES (0);
`

/** Null: the ledger was begun with the first block. */
const CHECKPOINTS = 'ALTER TABLE ledger_about ADD COLUMN begins INTEGER'

/** Heights of record versions on a network of one's own, as JSON; null: those of the network's name. */
const ACTIVATIONS = 'ALTER TABLE ledger_about ADD COLUMN activations TEXT'

export const LEDGER_SCHEMA: Schema = {
  name: 'ledger',
  migrations: [
    FIRST,
    SUPPLIES,
    AVERAGES,
    MINERS,
    ROLLBACKS,
    CHECKPOINTS,
    CONTENTS,
    FLOWS,
    RECORDS + MINER_SUMS,
    `${UNGRADED}${ACTIVATIONS};`,
  ],
}

/** Those whose rows belong to one block and go with it. */
export const BLOCK_TABLES = [
  ...['changes', 'supplies', 'rates', 'bank', 'snapshots', 'grades', 'graded', 'skipped'],
  ...[...CONTENT_TABLES, ...RECORD_TABLES, 'flows'],
].map((name) => `ledger_${name}`)
