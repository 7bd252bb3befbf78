/**
 * One record on its way to the chain, as a state machine without I/O, and its lines in the journal:
 * composed → revealed → acknowledged → landed (in its own block), or missed from any of the first three. Journals of
 * older versions also have committed, before revealed.
 */
import { periodOf, readMoment, spentUnder, type Moment, type Spent } from '../base/index.js'
import { fromHex, isHash, toHex } from './bytes.js'
import { decodeEntryCommit } from './commit.js'
import { sealedEntry, type SealedEntry } from './entry.js'

/** What is fixed when a record is composed. Its commit is signed once and never again. */
export interface RecordFacts {
  /** The block that it is for. */
  readonly height: number
  /** Place in the order of sending, 0 first. */
  readonly rank: number
  readonly entryHash: string
  readonly chainId: string
  /** The entry's binary form. */
  readonly raw: Uint8Array
  /** The entry commit, 136 bytes. */
  readonly commit: Uint8Array
  readonly credits: number
  readonly txid: string
  /** When its credits were spent, by both clocks. */
  readonly at: Moment
}

export type RecordStage =
  | { readonly state: 'composed' }
  | { readonly state: 'committed' }
  | { readonly state: 'revealed' }
  | { readonly state: 'acknowledged' }
  /** It is in the saved block that it was made for. */
  | { readonly state: 'landed' }
  | {
      readonly state: 'missed'
      /** `E_FACTOM_…`. */
      readonly code: string
      readonly reason: string
      /** Whether its commit may have reached the node, and so may be paid. */
      readonly sent: boolean
    }

export type RecordState = RecordStage['state']

/**
 * How far the writing of one entry has come, as far as it is told. `landed` (in the saved block that it was made for)
 * and `missed` are final; `missed` comes with a code and a reason.
 */
export type EntryStatus = Exclude<RecordState, 'composed'>

export interface PublishRecord extends RecordFacts {
  readonly stage: RecordStage
}

const ORDER: Readonly<Record<RecordState, number>> = {
  composed: 0,
  committed: 1,
  revealed: 2,
  acknowledged: 3,
  landed: 4,
  missed: 4,
}

/** The facts of an entry and its signed commit. `at` is not known of records of older versions. */
export function recordFacts(
  { height, rank, at }: { readonly height: number; readonly rank: number; readonly at?: Moment | undefined },
  entry: SealedEntry,
  commit: Uint8Array,
): RecordFacts {
  const { credits, txid, timeMs } = decodeEntryCommit(commit)
  return {
    height,
    rank,
    entryHash: entry.hash,
    chainId: entry.chainId,
    raw: entry.raw,
    commit,
    credits,
    txid,
    at: at ?? { wall: timeMs, steady: 0, run: '' },
  }
}

export function isFinal(record: PublishRecord): boolean {
  return ORDER[record.stage.state] === 4
}

/** Whether the record counts against the records of its block: all but those that never left. */
export function mayBeSent({ stage }: PublishRecord): boolean {
  return stage.state !== 'missed' || stage.sent
}

/** A line that holds everything. */
export function wholeLine({ height, rank, raw, commit, at, stage }: PublishRecord): string {
  return line({ height, rank, entry: toHex(raw), commit: toHex(commit), ...clocksOf(at), ...stage })
}

/** A line that only moves a record on that is in the journal already. */
export function stageLine({ entryHash: hash, stage }: PublishRecord): string {
  return line({ hash, ...stage })
}

/** A line that tells what forgotten records of a day (UTC) have cost. */
export function spentLine({ amount, at }: Spent): string {
  return line({ day: periodOf('day', at.wall), credits: Number(amount), ...clocksOf(at) })
}

/** Left out where only the day is known. */
const clocksOf = (at: Moment): { at?: Moment } => (at.run === '' ? {} : { at })

export interface JournalContent {
  /** By entry hash. */
  readonly records: Map<string, PublishRecord>
  /** Entry credits of forgotten records, oldest first. */
  readonly spent: Spent[]
}

/**
 * What a journal's text holds. Each line is checked; only `damaged`, the line's number (from 1), for one that cannot
 * be: not JSON, hashes that do not fit, a step backwards, a step of a record that was never composed.
 */
export function readLines(lines: readonly string[]): JournalContent | { damaged: number } {
  const content: JournalContent = { records: new Map(), spent: [] }
  for (const [index, text] of lines.entries()) if (!readLine(text, content)) return { damaged: index + 1 }
  return content
}

/**
 * What a journal's text holds whose beginning may be lost: what cannot be read, or moves what is not known, is left
 * out.
 */
export function knownLines(lines: readonly string[]): JournalContent {
  const content: JournalContent = { records: new Map(), spent: [] }
  for (const text of lines) readLine(text, content)
  return content
}

function readLine(text: string, { records, spent }: JournalContent): boolean {
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    return false
  }
  if (typeof fields !== 'object' || fields === null) return false
  const { day, credits, at } = fields as Record<string, unknown>
  if (typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) && isCount(credits)) {
    const known = spentUnder(day, BigInt(credits))
    spent.push({ amount: known.amount, at: readMoment(at) ?? known.at })
    return readMoment(known.at) !== null
  }
  const record = readRecord(fields as Record<string, unknown>, records)
  if (record) records.set(record.entryHash, record)
  return record !== null
}

function readRecord(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlyMap<string, PublishRecord>,
): PublishRecord | null {
  const { hash, height, rank, entry, commit, at, ...rest } = fields
  const stage = readStage(rest)
  if (!stage) return null
  if (isHash(hash)) {
    const before = known.get(hash)
    return before && follows(stage.state, before.stage.state) ? { ...before, stage } : null
  }
  if (!isCount(height) || !isCount(rank) || typeof entry !== 'string' || typeof commit !== 'string')
    return null
  const raw = fromHex(entry)
  const message = fromHex(commit)
  if (!raw || !message) return null
  try {
    const facts = recordFacts({ height, rank, at: readMoment(at) ?? undefined }, sealedEntry(raw), message)
    return decodeEntryCommit(message).entryHash === facts.entryHash ? { ...facts, stage } : null
  } catch {
    return null
  }
}

function follows(state: RecordState, before: RecordState): boolean {
  return ORDER[state] > ORDER[before] || state === before
}

function readStage(fields: Record<string, unknown>): RecordStage | null {
  const { state, code, reason, sent } = fields
  switch (state) {
    case 'composed':
    case 'committed':
    case 'revealed':
    case 'acknowledged':
    case 'landed':
      return { state }
    case 'missed':
      if (typeof code !== 'string' || typeof reason !== 'string' || typeof sent !== 'boolean') return null
      return { state, code, reason, sent }
    default:
      return null
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function line(fields: object): string {
  return `${JSON.stringify(fields)}\n`
}
