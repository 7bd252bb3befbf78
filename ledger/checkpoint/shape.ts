/**
 * A ledger as it is after one block, as a file: all that the rules ask of the past to judge the blocks behind it
 * (docs/protocol/ledger.md#checkpoints). Whatever it says is bounded before it is used.
 */
import * as v from 'valibot'

import { MOST } from '../engine/convert.js'
import type { Balances } from '../engine/types.js'
import { TICKERS } from '../tickers.js'

const HEIGHT = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32))
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31))
const HASH = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const whole = (digits: number, most: bigint) =>
  v.pipe(
    v.string(),
    v.maxLength(digits),
    v.regex(/^(?:0|[1-9][0-9]*)$/),
    v.transform((text: string) => BigInt(text)),
    v.maxValue(most),
  )
const AMOUNT = whole(19, MOST)
const RATE = whole(20, (1n << 64n) - 1n)
const TICKER = v.picklist(TICKERS)
const AMOUNTS = v.record(TICKER, AMOUNT)
/** Version 1 prices assets that are no tokens. */
const RATED = v.picklist([...TICKERS, 'pPNT', 'pXPD', 'pXPT'])

const ACTION = v.strictTuple([
  COUNT,
  v.picklist(['transfer', 'conversion', 'coinbase', 'burn']),
  HASH,
  // Of the input: nothing, factoids, or what the parser takes a missing ticker for.
  v.picklist([...TICKERS, 'FCT', '']),
  AMOUNT,
  v.picklist([...TICKERS, '']),
  AMOUNT,
  v.nullable(AMOUNT),
  v.nullable(v.array(v.strictTuple([HASH, AMOUNT]))),
])

const LINE = v.strictTuple([
  HASH,
  HEIGHT,
  v.pipe(v.number(), v.integer(), v.minValue(-1), v.maxValue(2 ** 31)),
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 40)),
  v.pipe(v.number(), v.integer(), v.minValue(-5), v.maxValue(2 ** 32)),
  v.nullable(HEIGHT),
  v.array(ACTION),
])

export const CHECKPOINT = v.strictObject({
  format: v.literal('pegminer ledger checkpoint'),
  version: v.literal(1),
  /** Whose rules. */
  network: v.picklist(['MainNet', 'TestNet', 'local', 'dev']),
  /** `chain`, or the key MR of the first block of a recorded chain. */
  origin: v.union([v.literal('chain'), HASH]),
  averages: v.picklist(['window', 'incremental']),
  /** Of the block. */
  height: HEIGHT,
  /** State hash. */
  hash: HASH,
  /** Of a chain that is followed: the block, and the last block of each single chain: id, height, key MR, number. */
  chain: v.nullable(
    v.strictObject({
      keyMr: HASH,
      time: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 50)),
      tips: v.array(v.strictTuple([HASH, HEIGHT, HASH, COUNT])),
    }),
  ),
  /** In the order in which they were touched first: address, balances, what was another balance at the last snapshot. */
  accounts: v.array(v.strictTuple([HASH, AMOUNTS, AMOUNTS])),
  /** Height of the last snapshot. */
  snapshot: v.nullable(HEIGHT),
  rates: v.array(v.strictTuple([HEIGHT, v.record(RATED, RATE)])),
  /** The last block of oracle records, and what the next record must name. */
  winners: v.nullable(v.strictTuple([HEIGHT, v.array(v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{16})?$/)))])),
  /** Late lines of the history: hash, height, place, seconds, status, height of the verdict, actions. */
  lines: v.array(LINE),
})

export type Checkpoint = v.InferOutput<typeof CHECKPOINT>
/** Who holds what in it, for its state hash. */
export const balancesIn = (accounts: Checkpoint['accounts']): Map<string, Balances> =>
  new Map(accounts.map(([address, held]) => [address, new Map(Object.entries(held))]))

export type CheckpointLine = Checkpoint['lines'][number]
export type CheckpointAction = CheckpointLine[6][number]
