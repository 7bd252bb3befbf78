/** Rows of the history as lines of a table, CSV and events. Pure. */
import { hexOfWord } from '../../base/index.js'
import {
  priceToDecimal,
  type AssetCost,
  type Fate,
  type OwnRecord,
  type OwnStake,
} from '../../oracle/index.js'
import { oneLine } from '../../telemetry/log.js'
import { clockText, countText, minuteText, plural, rateText, wrap } from '../view/format.js'
import type { HistoryRow } from './rows.js'

const WHO_WIDTH = 10
const PRICE_WIDTH = 14
/** How many assets are named with a grade; the others are only counted. */
const NAMED_COSTS = 4

const sum = (amounts: readonly (bigint | null | undefined)[]): bigint =>
  amounts.reduce<bigint>((total, amount) => total + (amount ?? 0n), 0n)

/** Columns before those of prices, and the spaces between columns. */
const TABLE_WIDTH = 80
const GAP = 2
const HEIGHT_WIDTH = 6

/** Prices that stand in the table itself, or in tables of their own below it if it has no room for all of them. */
export function priceColumns(
  assets: readonly string[],
  width: number,
): { beside: readonly string[]; below: readonly (readonly string[])[] } {
  const columns = (used: number): number => Math.floor((width - used) / (PRICE_WIDTH + GAP))
  if (assets.length <= columns(TABLE_WIDTH)) return { beside: assets, below: [] }
  const most = columns(HEIGHT_WIDTH)
  const tables = Math.ceil(assets.length / most)
  const below = Array.from({ length: tables }, (_, k) => assets.slice(k * most, (k + 1) * most))
  return { beside: [], below }
}

/** One of the tables of prices: a head and a line for each block. */
export function priceTable(rows: readonly HistoryRow[], assets: readonly string[]): string[] {
  const line = (height: string, prices: readonly string[]): string =>
    [height.padStart(HEIGHT_WIDTH), ...prices.map((price) => price.padStart(PRICE_WIDTH))].join('  ')
  return [
    line('HEIGHT', assets),
    ...rows.map(({ height, rates }) =>
      line(
        String(height),
        assets.map((asset) => priceText(rates.get(asset))),
      ),
    ),
  ]
}

/** Titles and widths; numbers are set to the right. */
const COLUMNS: readonly (readonly [title: string, width: number, way?: 'right'])[] = [
  ['HEIGHT', HEIGHT_WIDTH, 'right'],
  ['TIME (UTC)', 16],
  ['V', 1],
  ['RECORDS', 7, 'right'],
  ['VALID', 5, 'right'],
  ['BEST', WHO_WIDTH],
  ['HASHRATE', 9, 'right'],
  ['OURS', 5, 'right'],
  ['PEG', 5, 'right'],
]

export const tableHead = (assets: readonly string[]): string =>
  tableRow(
    COLUMNS.map(([title]) => title),
    assets,
  )

export function tableLine(
  { height, block, rates, own, paid }: HistoryRow,
  assets: readonly string[],
): string {
  const best = block?.records[0]
  const cells = [
    String(height),
    block ? minuteText(block.time) : '–',
    block ? String(block.version) : '–',
    block ? countText(block.entries) : '–',
    block ? countText(block.valid) : '–',
    best ? shortened(oneLine(best.identity)) : block ? 'no winners' : 'no records',
    block === null || block.hashPower === null ? '–' : rateText(block.hashPower),
    own.length === 0 ? '–' : `${paid.length}/${own.length}`,
    paid.length === 0 ? '–' : priceToDecimal(sum(paid.map(({ payout }) => payout))),
  ]
  return tableRow(
    cells,
    assets.map((asset) => priceText(rates.get(asset))),
  )
}

const tableRow = (cells: readonly string[], prices: readonly string[]): string =>
  [
    ...COLUMNS.map(([, width, way], k) => {
      const cell = cells[k] ?? ''
      return way === 'right' ? cell.padStart(width) : cell.padEnd(width)
    }),
    ...prices.map((price) => price.padStart(PRICE_WIDTH)),
  ].join('  ')

const priceText = (price: bigint | undefined): string => (price === undefined ? '–' : priceToDecimal(price))

const shortened = (name: string): string =>
  name.length > WHO_WIDTH ? `${name.slice(0, WHO_WIDTH - 1)}…` : name

/** Below a block: each record of ours, with what became of it. */
export function ownLines({ own, stakes }: Pick<HistoryRow, 'own' | 'stakes'>, width: number): string[] {
  const indent = 2 * GAP
  const column = indent + 16 + GAP
  const lines = (entryHash: string, about: string): string[] =>
    wrap(about, width - column).map(
      (text, k) =>
        `${' '.repeat(indent)}${(k === 0 ? entryHash.slice(0, 16) : '').padEnd(column - indent)}${text}`,
    )
  return [
    ...own.flatMap((record) => lines(record.entryHash, ownText(record))),
    ...stakes.flatMap((stake) => lines(stake.entryHash, stakeText(stake))),
  ]
}

function stakeText(stake: OwnStake): string {
  const { address, submitted, block, status, reason } = stake
  const way = [
    `staked by ${address}`,
    ...(submitted === null ? [] : [`submitted ${clockText(submitted)}`]),
    ...(status === 'missed' ? [`failed: ${oneLine(reason ?? 'unknown reason')}`] : []),
  ]
  return [...way, block === null ? 'in no block' : fateText(stake, block)].join(', ')
}

function ownText(record: OwnRecord): string {
  const { submitted, acknowledged, block, reason } = record
  const way = [
    submitted === null ? '' : `submitted ${clockText(submitted)}`,
    acknowledged === null ? '' : `acknowledged ${clockText(acknowledged)}`,
    statusWord(record) === 'failed' ? `failed: ${oneLine(reason ?? 'unknown reason')}` : '',
  ].filter(Boolean)
  return [...way, block === null ? 'in no block' : fateText(record, block)].join(', ')
}

/** The last stage that the publisher told of, in the words of this command's output. */
function statusWord({ acknowledged, status }: OwnRecord): 'submitted' | 'acknowledged' | 'failed' {
  if (acknowledged !== null) return 'acknowledged'
  return status === 'missed' ? 'failed' : 'submitted'
}

function fateText(
  { height, verdict, place, payout, grade, costs }: Pick<OwnRecord, 'height' | keyof Fate>,
  block: number,
): string {
  const late = block === height ? '' : `in block ${block}, `
  if (place === null || place === undefined) return `${late}${verdict ?? ''}`
  const paid = payout ? `${priceToDecimal(payout)} PEG` : 'not paid'
  return `${late}place ${place + 1}, ${paid}, grade ${gradeText(grade ?? NaN)}${costsText(costs ?? [], grade ?? 0)}`
}

const gradeText = (grade: number): string => (grade === 0 ? '0' : grade.toExponential(2))

/** Less would be written as 0.00 %. */
const LEAST_DISTANCE = 0.00005

/** ` from XBT +1.2 % (80 %), ETH -0.9 % (15 %) and 3 more`: distance from the average, and part of the grade. */
function costsText(costs: readonly AssetCost[], grade: number): string {
  const visible = costs.filter(({ distance }) => Math.abs(distance) >= LEAST_DISTANCE)
  if (visible.length === 0 || !(grade > 0)) return ''
  const named = visible.slice(0, NAMED_COSTS).map(({ asset, distance, cost }) => {
    const percent = `${distance >= 0 ? '+' : ''}${(100 * distance).toFixed(2)} %`
    return `${asset} ${percent} (${Math.round((100 * cost) / grade)} %)`
  })
  const more = visible.length > named.length ? ` and ${visible.length - named.length} more` : ''
  return ` from ${named.join(', ')}${more}`
}

/** The totals of all rows. */
export function totalsOf(rows: readonly HistoryRow[]): [label: string, value: string][] {
  const own = rows.flatMap((row) => row.own)
  const paid = rows.flatMap((row) => row.paid)
  const graded = own.filter(({ place }) => place !== null && place !== undefined)
  const blocks = rows.filter(({ block }) => block?.gradable)
  const powers = blocks.flatMap(({ block }) => block?.hashPower ?? [])
  const power = powers.length === 0 ? 'unknown' : rateText(powers.reduce((a, b) => a + b, 0) / powers.length)
  return [
    ['blocks', `${plural(rows.length, 'block')}, ${blocks.length} with winners; mean hash power ${power}`],
    ...(own.length === 0
      ? []
      : ([
          [
            'ours',
            `${plural(own.length, 'record')}, ${own.filter(({ block }) => block !== null).length} on the chain, ` +
              `${graded.length} graded, ${plural(paid.length, 'place')} paid: ` +
              `${priceToDecimal(sum(paid.map(({ payout }) => payout)))} PEG`,
          ],
          ...dearest(graded),
        ] as [string, string][])),
  ]
}

/** The assets that cost our graded records most, over all of them. */
function dearest(graded: readonly OwnRecord[]): [string, string][] {
  const costs = new Map<string, number>()
  for (const record of graded)
    for (const { asset, cost } of record.costs ?? []) costs.set(asset, (costs.get(asset) ?? 0) + cost)
  const total = [...costs.values()].reduce((a, b) => a + b, 0)
  if (!(total > 0)) return []
  const named = [...costs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 2 * NAMED_COSTS)
    .map(([asset, cost]) => `${asset} ${Math.round((100 * cost) / total)} %`)
  return [['grade from', named.join(', ')]]
}

const CSV_COLUMNS = [
  'height',
  'time',
  'version',
  'records',
  'valid',
  'winners_from',
  'best',
  'hash_power',
  'own_records',
  'own_paid',
  'own_best_place',
  'own_peg',
]

export function csvHead(assets: readonly string[]): string {
  return [...CSV_COLUMNS, ...assets].join(',')
}

export function csvLine({ height, block, rates, own, paid }: HistoryRow, assets: readonly string[]): string {
  const places = own.flatMap(({ place }) => (place === null || place === undefined ? [] : [place + 1]))
  const cells = [
    height,
    block ? new Date(block.time).toISOString() : '',
    block?.version ?? '',
    block?.entries ?? '',
    block?.valid ?? '',
    block?.winnersFrom ?? '',
    quoted(block?.records[0]?.identity ?? ''),
    block?.hashPower ?? '',
    own.length,
    paid.length,
    places.length === 0 ? '' : Math.min(...places),
    priceToDecimal(sum(paid.map(({ payout }) => payout))),
    ...assets.map((asset) => (rates.has(asset) ? priceToDecimal(rates.get(asset) as bigint) : '')),
  ]
  return cells.join(',')
}

/** Identities of version 1 may hold anything, also what a spreadsheet would take for a formula. */
function quoted(text: string): string {
  const line = oneLine(text)
  const safe = /^[=+\-@\t]/.test(line) ? `'${line}` : line
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The event of a row. `blockTime` is the start of the block. */
export function rowEvent({ height, block, rates, own, stakes }: HistoryRow, assets: readonly string[]) {
  return {
    event: 'block' as const,
    height,
    blockTime: block ? new Date(block.time).toISOString() : null,
    version: block?.version ?? null,
    records: block?.entries ?? null,
    valid: block?.valid ?? null,
    gradable: block?.gradable ?? null,
    winnersFrom: block?.winnersFrom ?? null,
    winners: block?.winners ?? [],
    hashPower: block?.hashPower ?? null,
    places: (block?.records ?? []).map(
      ({ place, entryHash, identity, address, difficulty, grade, payout }) => ({
        ...{ place, entryHash, identity, address, grade },
        difficulty: hexOfWord(difficulty),
        payout: priceToDecimal(payout),
      }),
    ),
    rates: Object.fromEntries(
      assets.flatMap((asset) =>
        rates.has(asset) ? [[asset, priceToDecimal(rates.get(asset) as bigint)]] : [],
      ),
    ),
    own: own.map(({ payout, ...record }) => ({
      ...record,
      status: statusWord(record),
      submitted: isoOf(record.submitted),
      acknowledged: isoOf(record.acknowledged),
      payout: payout === null || payout === undefined ? null : priceToDecimal(payout),
    })),
    stakes: stakes.map(({ payout, ...record }) => ({
      ...record,
      submitted: isoOf(record.submitted),
      payout: payout === null || payout === undefined ? null : priceToDecimal(payout),
    })),
  }
}

const isoOf = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString())
