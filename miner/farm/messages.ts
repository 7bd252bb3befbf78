/**
 * What coordinator and workers tell each other: JSON with a schema version, bounded and checked before it is used. A
 * newer version is told apart from what is malformed, so that an old program can say what is the matter.
 */
import {
  array,
  boolean,
  integer,
  literal,
  maxLength,
  maxValue,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  readonly,
  regex,
  safeParse,
  string,
  transform,
  type GenericSchema,
  type InferOutput,
} from 'valibot'
import { fromHex, parseJson, toHex } from '../../base/index.js'
import { type Lease, WHOLE_SPACE } from '../work/nonces.js'

/** Raised when an older program would misread a message. */
export const SCHEMA = 1

const hexOf = (bytes: number) =>
  pipe(
    string(),
    regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`)),
    transform((text) => fromHex(text) as Uint8Array),
  )
const hex64 = pipe(
  string(),
  regex(/^[0-9a-f]{16}$/),
  transform((text) => BigInt(`0x${text}`)),
)
const counter = pipe(
  string(),
  regex(/^[0-9]{1,19}$/),
  transform((text) => BigInt(text)),
)
const lease = object({ from: counter, to: counter })
const whole = (most: number) => pipe(number(), integer(), minValue(0), maxValue(most))
const amount = pipe(number(), minValue(0), maxValue(1e15))
const line = (most: number) => pipe(string(), maxLength(most), regex(/^[\x20-\x7e]*$/))
/** Ranges in one message. */
export const MOST_LEASES = 64
const leases = pipe(array(lease), maxLength(MOST_LEASES), readonly())
/** Names counters that were handed out ahead of their record; empty: none. */
const aheadName = pipe(string(), regex(/^([0-9a-f]{16})?$/))

const byteMap = object({
  bits: pipe(number(), integer(), minValue(8), maxValue(40)),
  seed: hex64,
  passes: whole(1000),
  hashBits: whole(4096),
  sha256: pipe(string(), regex(/^[0-9a-f]{64}$/)),
})

const jobShape = object({
  v: literal(SCHEMA),
  /** Nothing hashes unless it is open. */
  state: picklist(['idle', 'open', 'paused']),
  network: line(20),
  byteMap,
  machineId: whole(255),
  /** Null before the first record. */
  record: nullable(
    object({
      height: whole(2 ** 32),
      oprHash: hexOf(32),
      floor: hex64,
      keep: pipe(number(), integer(), minValue(1), maxValue(1000)),
      /** Counters that were handed out under this name are of this record. */
      ahead: optional(aheadName, ''),
    }),
  ),
})

const healthShape = object({
  version: line(40),
  host: line(80),
  cpu: line(120),
  threads: whole(4096),
  /** Whole number of the ByteMap's bits, 0 before it is open. */
  bits: whole(40),
  hugePages: pipe(number(), minValue(0), maxValue(1)),
  kernel: line(20),
  /** Counted since its start. */
  hashes: counter,
  rate: object({ s10: nullable(amount), s60: nullable(amount), m15: nullable(amount) }),
})

const askShape = object({
  v: literal(SCHEMA),
  health: healthShape,
  /** The record that it hashes; null: none. */
  oprHash: nullable(hexOf(32)),
  /** Counters that it has and has not hashed. */
  left: counter,
  /** Hashes a second. */
  rate: amount,
  /** Ranges that it will not hash: it leaves, or its lease had lapsed. */
  freed: leases,
  leaves: boolean(),
  /** Of a run of the worker's program, and which of its questions this is: one that comes late is told apart. */
  run: optional(pipe(string(), regex(/^[0-9a-f]{0,16}$/)), ''),
  number: optional(whole(Number.MAX_SAFE_INTEGER), 0),
  /** Which counters it has of a record that is still to come; null: it has no use for any. */
  ahead: optional(nullable(aheadName), null),
  /** For how long it has been hashing the record, ms; null: not yet. */
  hashedMs: optional(nullable(amount), null),
})

const answerShape = object({
  v: literal(SCHEMA),
  /** Of the job that the coordinator works on. */
  revision: whole(Number.MAX_SAFE_INTEGER),
  granted: leases,
  lifeMs: whole(3_600_000),
  /** What is not above it need not be told. */
  floor: hex64,
  /** Why the worker is to send nothing more. */
  refused: nullable(line(200)),
  /** Counters of the record that comes next, to be hashed as soon as it is heard of. */
  ahead: optional(nullable(object({ name: aheadName, ranges: leases })), null),
})

const hitShape = object({
  v: literal(SCHEMA),
  oprHash: hexOf(32),
  nonce: pipe(
    string(),
    regex(/^([0-9a-f]{2}){1,10}$/),
    transform((text) => fromHex(text) as Uint8Array),
  ),
  difficulty: hex64,
})

const grantShape = object({
  v: literal(SCHEMA),
  /** The first counter that was never leased. */
  next: counter,
  grants: pipe(
    array(object({ worker: line(81), from: counter, to: counter })),
    maxLength(10_000),
    readonly(),
  ),
})

const accounts = pipe(
  array(object({ worker: line(81), hits: whole(1e9), hashes: counter })),
  maxLength(20_000),
  readonly(),
)
const accountsShape = object({
  v: literal(SCHEMA),
  day: pipe(string(), regex(/^\d{4}-\d\d-\d\d$/)),
  accounts,
})

const bestShape = object({
  v: literal(SCHEMA),
  /** Whose hits of the record have counted so far. An earlier version of this program wrote none. */
  accounts: optional(accounts, []),
  best: pipe(
    array(object({ nonce: hitShape.entries.nonce, difficulty: hex64 })),
    maxLength(1000),
    readonly(),
  ),
})

const shortHash = pipe(string(), regex(/^([0-9a-f]{16})?$/))
const refusedShape = object({ v: literal(SCHEMA), worker: line(81), reason: line(200) })

const basisShape = object({
  v: literal(SCHEMA),
  height: whole(2 ** 32),
  oprHash: hexOf(32),
  winners: pipe(array(shortHash), maxLength(25), readonly()),
  winnersFrom: nullable(whole(2 ** 32)),
  floor: hex64,
  prices: pipe(array(counter), maxLength(200), readonly()),
})

export type FarmJob = InferOutput<typeof jobShape>
export type FarmRecord = NonNullable<FarmJob['record']>
export type FarmByteMap = FarmJob['byteMap']
export type Health = InferOutput<typeof healthShape>
export type Ask = InferOutput<typeof askShape>
export type Answer = InferOutput<typeof answerShape>
export type FarmHit = InferOutput<typeof hitShape>
export type GrantRound = InferOutput<typeof grantShape>
export type KeptBasis = InferOutput<typeof basisShape>
export type KeptRefusal = InferOutput<typeof refusedShape>
export type BestNonces = InferOutput<typeof bestShape>
export type RecordAccount = InferOutput<typeof accountsShape>
export type Account = RecordAccount['accounts'][number]

/** `newer`, `older`: another version of this program wrote it. */
export type Wrong = 'newer' | 'older' | 'malformed'
export type Read<T> = { readonly message: T } | { readonly wrong: Wrong }

export const WRONG_TEXTS: Readonly<Record<Wrong, string>> = {
  newer: 'of a newer version of this program',
  older: 'of an older version of this program',
  malformed: 'malformed',
}

const BOUNDS = { depth: 6, text: 256 }

function reader<T>(shape: GenericSchema<unknown, T>, values: number): (bytes: Uint8Array) => Read<T> {
  return (bytes) => {
    let given: unknown
    try {
      given = parseJson(new TextDecoder().decode(bytes), { ...BOUNDS, values })
    } catch {
      return { wrong: 'malformed' }
    }
    const read = safeParse(shape, given)
    if (read.success) return { message: read.output }
    const version = (given as { readonly v?: unknown } | null)?.v
    if (typeof version !== 'number' || version === SCHEMA) return { wrong: 'malformed' }
    return { wrong: version > SCHEMA ? 'newer' : 'older' }
  }
}

export const readJob = reader<FarmJob>(jobShape, 60)
export const readAsk = reader<Ask>(askShape, 300)
export const readAnswer = reader<Answer>(answerShape, 600)
export const readHit = reader<FarmHit>(hitShape, 20)
export const readGrants = reader<GrantRound>(grantShape, 100_000)
export const readBasis = reader<KeptBasis>(basisShape, 300)
export const readRefused = reader<KeptRefusal>(refusedShape, 10)
export const readBest = reader<BestNonces>(bestShape, 100_000)
export const readAccounts = reader<RecordAccount>(accountsShape, 100_000)

/** Bytes as lowercase hex, counters as decimal text, difficulties and seeds as 16 hex digits. */
export function write(
  message:
    FarmJob | Ask | Answer | FarmHit | GrantRound | BestNonces | RecordAccount | KeptBasis | KeptRefusal,
): string {
  return JSON.stringify(message, (key, value: unknown) => {
    if (value instanceof Uint8Array) return toHex(value)
    if (typeof value === 'bigint')
      return HEX_KEYS.has(key) ? value.toString(16).padStart(16, '0') : value.toString()
    return value
  })
}

const HEX_KEYS = new Set(['difficulty', 'floor', 'seed'])

/** Whether a range is one that may be leased: not empty, and within the nonces of a record. */
export const isRange = ({ from, to }: Lease): boolean =>
  from < to && from >= WHOLE_SPACE.from && to <= WHOLE_SPACE.to
