/** An entry: as the chain has it, what it says, what became of it. */
import { BadRequest, Csv } from '../../base/index.js'
import { refusalText } from '../../ledger/index.js'
import { rawTexts } from './block.js'
import { asking, recordOf, type Answer } from './parts.js'

const HASH = /^[0-9a-f]{64}$/i

export const entry: Answer = ({ query, reads, rules }, name, asked) => {
  if (!HASH.test(name)) throw new BadRequest('a hash has 64 hexadecimal digits')
  const hash = name.toLowerCase()
  const state = query.statusOf(hash)
  const raw = query.entryBy(hash)
  const record = query.recordBy(hash)
  const leftOut = query.leftOutBy(hash)
  const height = state?.height ?? raw?.height ?? record?.height ?? leftOut?.height
  if (height === undefined) return null
  const history = reads.history(asking({ hash }, asked))
  if (history instanceof Csv) return history
  const grades = record && query.gradesAt(record.height)
  return {
    ...{ hash, height, status: state?.status ?? null },
    reason: state !== null && state.status < 0 ? refusalText(state.status) : (leftOut?.reason ?? null),
    raw: raw && rawTexts(raw, rules),
    tickers: grades?.tickers ?? [],
    record: record && {
      ...recordOf(record),
      grade: grades?.grades[record.place] ?? null,
      distances: grades?.distances[record.place] ?? [],
    },
    ...history,
  }
}
