/** What the status page shows of before this run: the history of graded blocks, and what earlier runs measured. */
import { hexOfWord, messageOf, unitsText, wallMs } from '../../base/index.js'
import { ASSETS } from '../../pegnet/index.js'
import {
  type HistoryQueries,
  openHistory,
  openSeries,
  type OprBlock,
  ownFate,
  type OwnRecord,
  PAID_PLACES,
  type PointRange,
  type SeriesStore,
} from '../../oracle/index.js'
import type {
  BlockDetails,
  BoardEntry,
  LogLine,
  Past,
  PastBlock,
  PastLog,
  PastSeries,
  StakePast,
} from '../../telemetry/index.js'

/** Writes down what a program measures and tells. Its errors never stop the program. */
export interface Recorder extends PastLog, PastSeries {
  measure(name: string, value: number): void
  tell(line: Omit<LogLine, 'id' | 'time'>): void
  close(): void
}

/** Beside the other data of a program. */
export const RECORDS_FILE = 'status.sqlite'

/**
 * `file` null: nothing is kept, as for commands that only look. `onTrouble` is called once, with the reason why nothing
 * is kept.
 */
export function openRecorder(file: string | null, onTrouble: (message: string) => void): Recorder {
  let store: SeriesStore | null = null
  let said = false
  const guarded = <T>(work: () => T, otherwise: T): T => {
    try {
      return work()
    } catch (error) {
      if (!said) onTrouble(`charts and log of the status page are not kept: ${messageOf(error)}`)
      said = true
      return otherwise
    }
  }
  if (file !== null) store = guarded<SeriesStore | null>(() => openSeries(file), null)
  const using = <T>(work: (store: SeriesStore) => T, otherwise: T): T =>
    store === null ? otherwise : guarded(() => work(store), otherwise)
  return {
    measure: (name, value) => using((kept) => kept.add(name, value, wallMs()), undefined),
    tell: (line) => using((kept) => kept.tell({ ...line, time: wallMs() }), undefined),
    lines: (page) => using((kept) => kept.log(page), []),
    names: () => using((kept) => kept.names(), []),
    points: (name, range) =>
      using((kept) => (kept.names().includes(name) ? kept.read(name, range) : null), null),
    close: () => store?.close(),
  }
}

const HASHRATE = 'hashrate'
const NETWORK = 'network'
const PRICE = 'price:'

/** A miner's past. The history is there as soon as the miner has opened it. */
export function createPast(file: string, recorder: Recorder): Past & { readonly close: () => void } {
  let query: HistoryQueries | null = null
  const asked = <T>(work: (query: HistoryQueries) => T, otherwise: T): T => {
    try {
      query ??= openHistory(file)
      return work(query)
    } catch {
      // A file that was set aside or is not there yet: it is opened again at the next question.
      query?.close()
      query = null
      return otherwise
    }
  }
  return {
    totals: () => asked((history) => ({ since: history.firstTime(), ...history.totals() }), null),
    blocks: (page) => asked((history) => pageOfBlocks(history, page), []),
    entries: ({ below, heights }) =>
      asked((history) => {
        const last = history.lastHeight() ?? 0
        return history
          .ownHeights({ below, most: heights })
          .flatMap((height) => history.own({ from: height, to: height }).map((own) => entryOf(own, last)))
      }, []),
    stakes: (address) => asked((history) => stakesOf(history, address), null),
    block: (height) => asked((history) => detailsOf(history, height), null),
    names: () => [
      ...[HASHRATE, NETWORK],
      ...asked((history) => history.assets().map((asset) => `${PRICE}${asset}`), []),
    ],
    points: (name, range) => {
      if (name === HASHRATE) return recorder.points(name, range) ?? []
      if (name === NETWORK) return asked((history) => history.networkHashrates(range), [])
      return asked((history) => pricesOf(history, name, range), null)
    },
    lines: (page) => recorder.lines(page),
    close: () => query?.close(),
  }
}

function stakesOf(history: HistoryQueries, address: string): StakePast {
  const { last, ...sums } = history.stakesOf(address)
  if (last === null) return { ...sums, last }
  const { height, place, payout } = last
  const fate = fateOf(last, history.lastHeight() ?? 0)
  return {
    ...sums,
    last: {
      ...{ height, ...fate, payout: payout ?? null },
      place: typeof place === 'number' ? place + 1 : null,
    },
  }
}

function pricesOf(history: HistoryQueries, name: string, range: PointRange) {
  const asset = name.startsWith(PRICE) ? name.slice(PRICE.length) : ''
  return history.assets().includes(asset) ? history.pricePoints(asset, range) : null
}

function pageOfBlocks(history: HistoryQueries, page: { below: number; most: number }): PastBlock[] {
  return history.summaries(page).map(({ entries, hashPower, ...block }) => {
    const paid = history
      .own({ from: block.height, to: block.height })
      .filter((own) => own.block === block.height && own.place !== null && own.place !== undefined)
    return {
      ...block,
      records: entries,
      network: hashPower,
      places: paid.map(({ place }) => (place as number) + 1),
      reward: paid.reduce((sum, { payout }) => sum + (payout ?? 0n), 0n),
    }
  })
}

function entryOf(own: OwnRecord, lastHeight: number): BoardEntry {
  const { entryHash, height, difficulty, place, payout } = own
  return {
    ...{ entryHash, height, difficulty: difficulty ?? '' },
    ...fateOf(own, lastHeight),
    time: own.acknowledged ?? own.submitted ?? 0,
    place: place === null || place === undefined ? null : place + 1,
    payout: payout === null || payout === undefined ? null : unitsText(payout),
  }
}

/** A record's fate in the words of the API: a record on its way is submitted. */
function fateOf(
  own: Parameters<typeof ownFate>[0],
  lastHeight: number,
): Pick<BoardEntry, 'status' | 'reason'> {
  const { status, reason } = ownFate(own, lastHeight)
  return { status: status === 'committed' || status === 'revealed' ? 'submitted' : status, reason }
}

function detailsOf(history: HistoryQueries, height: number): BlockDetails | null {
  const block = history.block(height)
  if (block === null) return null
  const own = history.own({ from: height, to: height })
  const ours = new Map(own.map((record) => [record.entryHash, record]))
  const { time, version, entries, valid, gradable, hashPower, winnersFrom } = block
  return {
    ...{ height, time, version, records: entries, valid, gradable, network: hashPower, winnersFrom },
    winners: block.records.slice(0, PAID_PLACES).map((record) => winnerOf(record, version, ours)),
    graded: block.records.length,
    refusals: history.refusals(height),
    own: own.map(({ costs = [], ...record }) => ({
      ...entryOf(record, history.lastHeight() ?? 0),
      grade: record.grade ?? null,
      verdict: record.verdict ?? null,
      costs: costs.slice(0, MOST_COSTS).map(({ asset, distance }) => ({ asset, distance })),
    })),
  }
}

/** The assets that a record's distance comes from most. */
const MOST_COSTS = 5

function winnerOf(
  { place, entryHash, identity, address, difficulty, grade, payout }: OprBlock['records'][number],
  version: OprBlock['version'],
  ours: ReadonlyMap<string, OwnRecord>,
) {
  return {
    ...{ place: place + 1, entryHash, identity, address },
    difficulty: hexOfWord(difficulty),
    grade: Number.isFinite(grade) ? grade : null,
    distance: Number.isFinite(grade) ? (grade / ASSETS[version].length) ** 0.25 : null,
    payout: unitsText(payout),
    ours: ours.has(entryHash),
  }
}
