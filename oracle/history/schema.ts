/**
 * The tables of the history, as steps from version to version. A step that was released is never changed. Hashes and
 * difficulties are blobs (difficulties big-endian, so that they sort), amounts and prices 1e-8 units, times UNIX ms.
 */
import type { Migrations } from '../../base/index.js'
import { NETWORKS } from '../../pegnet/index.js'
import { oprChainId, sprChainId } from '../records/index.js'

const FIRST = `
-- What the history is of: one row.
CREATE TABLE about (
  chain BLOB NOT NULL,          -- id of the record chain
  proof BLOB NOT NULL           -- difficulty of a fixed input: tells ByteMaps apart
);
-- Every directory block that was followed, without gaps. It belongs to the chain's account now.
CREATE TABLE IF NOT EXISTS blocks (
  height INTEGER PRIMARY KEY,
  key_mr BLOB NOT NULL,
  time INTEGER NOT NULL
);
-- Blocks of the chain of oracle price records.
CREATE TABLE opr_blocks (
  height INTEGER PRIMARY KEY,
  key_mr BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  version INTEGER NOT NULL,
  entries INTEGER NOT NULL,     -- in the block
  valid INTEGER NOT NULL,       -- passed the checks
  winners INTEGER NOT NULL,     -- places that are paid; 0: not gradable
  winners_from INTEGER,         -- height of the block that the next record names, null if there never was one
  hash_power REAL               -- estimate for the whole network, hashes a second
);
CREATE TABLE miners (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL,
  address TEXT NOT NULL,
  UNIQUE (identity, address)
);
-- The graded records of each gradable block, at most 50.
CREATE TABLE records (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- 0 is the best
  entry_hash BLOB NOT NULL,
  miner INTEGER NOT NULL REFERENCES miners,
  difficulty BLOB NOT NULL,
  grade REAL,                   -- null: not a number
  payout INTEGER NOT NULL,
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
-- The prices of each winner in first place.
CREATE TABLE rates (
  asset TEXT NOT NULL,
  height INTEGER NOT NULL,
  price NOT NULL,               -- integer, or text from 2^63 on
  PRIMARY KEY (asset, height)
) WITHOUT ROWID;
-- Blocks of the chain of staking price records, and what was graded of them.
CREATE TABLE spr_blocks (
  height INTEGER PRIMARY KEY,
  key_mr BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  version INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  valid INTEGER NOT NULL,
  winners INTEGER NOT NULL
);
CREATE TABLE stakes (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,
  entry_hash BLOB NOT NULL,
  address TEXT NOT NULL,
  grade REAL,
  payout INTEGER NOT NULL,
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
-- Our own records and what became of them.
CREATE TABLE own (
  entry_hash BLOB PRIMARY KEY,
  height INTEGER NOT NULL,      -- that it was mined for
  nonce BLOB,
  difficulty BLOB,
  status TEXT NOT NULL,         -- submitted, acknowledged, failed; since version 5 the words of the publisher
  reason TEXT,                  -- of a failure
  submitted INTEGER,
  acknowledged INTEGER,
  block INTEGER,                -- height of the block that it is in
  verdict TEXT,                 -- graded, or why not
  place INTEGER,
  payout INTEGER,
  grade REAL,
  costs TEXT                    -- JSON: [[asset, distance, part of the grade], …], dearest first
) WITHOUT ROWID;
CREATE INDEX own_height ON own (height);
CREATE INDEX own_block ON own (block);
`

/** Null in blocks that were graded before there was such a column. */
const MEDIANS = `
ALTER TABLE rates ADD COLUMN median;  -- of all winners, as price
`

const STATUS_PAGE = `
-- How many entries of a block took no part in grading, by why.
CREATE TABLE refusals (
  height INTEGER NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (height, reason)
) WITHOUT ROWID;
-- Sums over own, kept beside it: the table may have millions of rows. One row.
CREATE TABLE own_totals (
  records INTEGER NOT NULL,
  landed INTEGER NOT NULL,
  places INTEGER NOT NULL,
  reward INTEGER NOT NULL
);
INSERT INTO own_totals SELECT count(*), count(block), coalesce(sum(payout > 0), 0), coalesce(sum(payout), 0) FROM own;
CREATE TRIGGER own_added AFTER INSERT ON own BEGIN
  UPDATE own_totals SET records = records + 1, landed = landed + (NEW.block IS NOT NULL),
    places = places + (coalesce(NEW.payout, 0) > 0), reward = reward + coalesce(NEW.payout, 0);
END;
CREATE TRIGGER own_changed AFTER UPDATE OF block, payout ON own BEGIN
  UPDATE own_totals SET landed = landed + (NEW.block IS NOT NULL) - (OLD.block IS NOT NULL),
    places = places + (coalesce(NEW.payout, 0) > 0) - (coalesce(OLD.payout, 0) > 0),
    reward = reward + coalesce(NEW.payout, 0) - coalesce(OLD.payout, 0);
END;
CREATE TRIGGER own_removed AFTER DELETE ON own BEGIN
  UPDATE own_totals SET records = records - 1, landed = landed - (OLD.block IS NOT NULL),
    places = places - (coalesce(OLD.payout, 0) > 0), reward = reward - coalesce(OLD.payout, 0);
END;
`

const stakingChains = Object.values(NETWORKS).map(
  (network) => `WHEN x'${oprChainId(network)}' THEN x'${sprChainId(network)}'`,
)

/** What was followed before the chain had an account of its own is put into it, so that nothing is graded twice. */
const TAKEN_OVER = `
INSERT OR IGNORE INTO chain_blocks SELECT chain, height, key_mr, sequence FROM opr_blocks, about;
INSERT OR IGNORE INTO chain_blocks
  SELECT CASE chain ${stakingChains.join(' ')} END, height, key_mr, sequence FROM spr_blocks, about;
INSERT INTO progress SELECT 'opr', max(height), NULL FROM blocks, about GROUP BY chain;
INSERT INTO progress SELECT 'spr', max(height), NULL FROM blocks, about GROUP BY chain;
`

/** The status of our own records in the words of the publisher: committed, revealed, acknowledged, landed, missed. */
const STATUS_WORDS = `
UPDATE own SET status = CASE status WHEN 'submitted' THEN 'revealed' ELSE 'missed' END
  WHERE status IN ('submitted', 'failed');
`

/** Blocks that were graded before there was such a column, or without a ledger, took every valid record. */
const JUDGED = `
ALTER TABLE spr_blocks ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;  -- 1: only those of the largest holders took part
`

const OWN_STAKES = `
-- Our own staking records and what became of them.
CREATE TABLE own_stakes (
  entry_hash BLOB PRIMARY KEY,
  height INTEGER NOT NULL,      -- that it was made for
  address TEXT NOT NULL,
  status TEXT NOT NULL,         -- in the words of the publisher
  reason TEXT,
  submitted INTEGER NOT NULL,
  block INTEGER,                -- height of the block that it is in
  verdict TEXT,                 -- graded, or why not
  place INTEGER,
  payout INTEGER,
  grade REAL
) WITHOUT ROWID;
CREATE INDEX own_stakes_height ON own_stakes (height);
CREATE INDEX own_stakes_block ON own_stakes (block);
`

/** Of consumer `opr`; the tables of consumer `spr` came with its first step. */
export const MIGRATIONS: Migrations = [
  FIRST,
  MEDIANS,
  STATUS_PAGE,
  TAKEN_OVER,
  STATUS_WORDS,
  JUDGED,
  OWN_STAKES,
]

export const OPR_TABLES = ['opr_blocks', 'records', 'rates', 'refusals'] as const
export const SPR_TABLES = ['spr_blocks', 'stakes'] as const
