/** An entry: as the chain has it, what it says, what became of it. */
import { BadRequest, Csv, unitsText } from '../../base/index.js'
import { refusalText } from '../../ledger/index.js'
import { isDeep, lastingIf } from './lasting.js'
import { asking, difficultyText, recordOf, type Answer, type Reader } from './parts.js'
import { keptOf, rawTexts } from './raw.js'

const HASH = /^[0-9a-f]{64}$/i

export const entry: Answer = (reader, name, asked) => {
  const { query, reads } = reader
  if (!HASH.test(name)) throw new BadRequest('a hash has 64 hexadecimal digits')
  const hash = name.toLowerCase()
  const [state, record, staked] = [query.statusOf(hash), query.recordBy(hash), query.stakedBy(hash)]
  const [leftOut, ungraded] = [query.leftOutBy(hash), query.ungradedBy(hash)]
  const all = [state, query.entryBy(hash), record, staked, leftOut, ungraded]
  const height = all.find((found) => found !== null)?.height
  if (height === undefined) return null
  const history = reads.history(asking({ hash }, asked))
  if (history instanceof Csv) return history
  const kept = keptOf(reader, hash, height)
  const refused = state !== null && state.status < 0 ? refusalText(state.status) : null
  const value = {
    ...{ hash, height, status: state?.status ?? null },
    reason: refused ?? leftOut?.reason ?? staked?.reason ?? null,
    raw: kept && rawTexts(reader, kept),
    ...gradedTexts(reader, record),
    ungraded: ungraded && { place: ungraded.place, difficulty: difficultyText(ungraded.claim) },
    staked: staked && { place: staked.place, payout: unitsText(staked.payout) },
    ...history,
  }
  return lastingIf(isDeep(reader, height), value, history.actions)
}

function gradedTexts({ query }: Reader, record: ReturnType<Reader['query']['recordBy']>): object {
  if (record === null) return { tickers: [], record: null }
  const { tickers = [], grades = [], distances = [] } = query.gradesAt(record.height) ?? {}
  return {
    tickers,
    record: {
      ...recordOf(record),
      grade: grades[record.place] ?? null,
      distances: distances[record.place] ?? [],
    },
  }
}
