/**
 * Snapshots as text: one JSON object a line with all that went in and what came out, so that each can be recomputed
 * years later. Amounts are decimal strings, times milliseconds, maps objects.
 */
import { priceFromDecimal, priceToDecimal } from '../records/index.js'
import { isCoded, messageOf, parseJson } from '../../base/index.js'
import type { PriceConfig } from './config.js'
import { fail } from './errors.js'
import { reasonText } from './reasons.js'
import { buildSnapshot, type SnapshotInput, type SnapshotResult } from './snapshot.js'
import type {
  AssetPrice,
  PriceMemory,
  PriceSnapshot,
  Quote,
  Reason,
  Remembered,
  SourceView,
  WinnersView,
} from './types.js'

const FORMAT = 1

type Json = Readonly<Record<string, unknown>>
const objectOf = <V, W>(map: ReadonlyMap<string, V>, text: (value: V) => W): Record<string, W> =>
  Object.fromEntries([...map].map(([key, value]) => [key, text(value)]))
const mapOf = <V, W>(object: unknown, read: (value: V) => W): Map<string, W> =>
  new Map(Object.entries((object ?? {}) as Record<string, V>).map(([key, value]) => [key, read(value)]))
const same = <T>(value: T): T => value

/** An asset's price as `--json` shows it. */
export function assetJson(price: AssetPrice): Json {
  const { asset, status, units, votes, rejected, spread, ageMs, deviation, policy, note } = price
  return {
    asset,
    usd: units > 0n ? priceToDecimal(units) : null,
    units: units.toString(),
    status,
    votes: votes.map(({ route, price: voted, ageMs: age, origins, legs, live }) => ({
      route,
      price: voted,
      ageMs: age,
      origins,
      live,
      legs,
    })),
    rejected: rejected.map(({ route, reason, price: said }) => ({
      route,
      code: reason.code,
      reason: reasonText(reason),
      ...(said === undefined ? {} : { price: said }),
    })),
    spread,
    ageMs,
    deviation,
    ...(policy === undefined ? {} : { policy }),
    ...(note === undefined ? {} : { note }),
  }
}

/** A snapshot as it is kept and compared. */
function snapshotJson(snapshot: PriceSnapshot): Json {
  const { height, version, takenAt, complete, configHash, engine, sources, assets, indices } = snapshot
  return {
    height,
    version,
    takenAt,
    complete,
    configHash,
    engine,
    sources,
    indices: [...indices.values()].map(assetJson),
    assets: [...assets.values()].map(assetJson),
  }
}

function inputJson({ config, assets, height, version, now, sources, winners, memory }: SnapshotInput): Json {
  return {
    config,
    assets,
    height,
    version,
    now,
    sources: sources.map(({ quotes, absent, ...view }) => ({
      ...view,
      quotes: objectOf(quotes, same),
      absent: objectOf(absent, same),
    })),
    winners: winners && {
      height: winners.height,
      records: winners.records,
      best: objectOf(winners.best, priceToDecimal),
      median: objectOf(winners.median, priceToDecimal),
    },
    memory: objectOf(memory, same),
  }
}

/** The line of a snapshot, without a line feed. */
export function snapshotLine(input: SnapshotInput, snapshot: PriceSnapshot): string {
  return JSON.stringify({ format: FORMAT, input: inputJson(input), snapshot: snapshotJson(snapshot) })
}

export interface StoredSnapshot {
  readonly input: SnapshotInput
  /** As it was written: compared as text. */
  readonly snapshot: Json
}

/** Reads a line. Throws `E_PRICES_STORED`: files may come from anywhere. */
export function readSnapshotLine(line: string): StoredSnapshot {
  try {
    const { format, input, snapshot } = parseJson(line) as {
      format?: unknown
      input?: Json
      snapshot?: Json
    }
    if (format !== FORMAT) throw new TypeError(`its format is ${String(format)}, not ${FORMAT}`)
    if (typeof input !== 'object' || typeof snapshot !== 'object')
      throw new TypeError('it has no input or no snapshot')
    const winners = input['winners'] as RawWinners | null
    const read: SnapshotInput = {
      config: input['config'] as PriceConfig,
      assets: (input['assets'] as string[]).map(String),
      height: Number(input['height']),
      version: Number(input['version']),
      now: Number(input['now']),
      sources: (input['sources'] as (SourceView & { quotes: object; absent: object })[]).map((view) => ({
        ...view,
        quotes: mapOf<Quote, Quote>(view.quotes, same),
        absent: mapOf<Reason, Reason>(view.absent, same),
      })),
      winners: winners && readWinnersView(winners),
      memory: mapOf<Remembered, Remembered>(input['memory'], same) satisfies PriceMemory,
    }
    return { input: read, snapshot }
  } catch (error) {
    throw fail('E_PRICES_STORED', `this is no stored snapshot: ${messageOf(error)}`, { cause: error })
  }
}

type RawWinners = Omit<WinnersView, 'best' | 'median'> & { readonly best: object; readonly median: object }

const readWinnersView = (raw: RawWinners): WinnersView => ({
  height: raw.height,
  records: raw.records,
  best: mapOf(raw.best, priceFromDecimal),
  median: mapOf(raw.median, priceFromDecimal),
})

/** One value that a recomputation found to be another. */
export interface Difference {
  /** `assets.XBT.usd` */
  readonly at: string
  readonly stored: string
  readonly computed: string
}

/** Recomputes a stored snapshot. Throws `E_PRICES_STORED` if what went in cannot be used. */
export function replay(stored: StoredSnapshot): SnapshotResult & { readonly differences: Difference[] } {
  let result: SnapshotResult
  try {
    result = buildSnapshot(stored.input)
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_PRICES_STORED', `what went into this snapshot cannot be used: ${messageOf(error)}`, {
      cause: error,
    })
  }
  // Through text once, as the stored one went: undefined values are gone on both sides.
  const computed = JSON.parse(JSON.stringify(snapshotJson(result.snapshot))) as Json
  const differences: Difference[] = []
  if (JSON.stringify(computed) !== JSON.stringify(stored.snapshot))
    compare('', stored.snapshot, computed, differences)
  return { ...result, differences }
}

const MAX_DIFFERENCES = 1000
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** Where two JSON values differ; elements of lists go by their asset, route or name. */
function compare(at: string, stored: unknown, computed: unknown, found: Difference[]): void {
  if (found.length >= MAX_DIFFERENCES || JSON.stringify(stored) === JSON.stringify(computed)) return
  if (isObject(stored) && isObject(computed) && Array.isArray(stored) === Array.isArray(computed)) {
    const [left, right] = [named(stored), named(computed)]
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
      compare(at === '' ? key : `${at}.${key}`, left[key], right[key], found)
    return
  }
  const text = (value: unknown): string =>
    value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200)
  found.push({ at, stored: text(stored), computed: text(computed) })
}

function named(value: Json): Json {
  if (!Array.isArray(value)) return value
  return Object.fromEntries(
    (value as unknown[]).map((element, index) => {
      const { asset, route, name, quote } = isObject(element) ? element : ({} as Json)
      const key = [asset, route, name, quote].find((each) => typeof each === 'string') ?? index
      return [String(key), element]
    }),
  )
}
