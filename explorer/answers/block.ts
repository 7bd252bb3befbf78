/** A block: how its records were graded, what was left out and why, what was executed in it. */
import { BadRequest, Csv, unitsText } from '../../base/index.js'
import { bankTexts, readEntry, saidIn, timeAt, type BlockContents } from '../../ledger/index.js'
import { isDeep, lastingIf } from './lasting.js'
import { asking, difficultyText, powerOf, recordOf, type Answer, type Reader } from './parts.js'

export const block: Answer = (reader, name, asked) => {
  const { query, reads } = reader
  if (!/^\d{1,10}$/.test(name)) throw new BadRequest('a height is a whole number')
  const height = Number(name)
  const { height: tip, begins } = query.about()
  if (height > tip || height < (begins ?? 0)) return null
  const history = reads.history(asking({ height: name }, asked))
  if (history instanceof Csv) return history
  const rates = query.ratesAt(height)
  const [bank] = query.banks({ from: height, to: height, most: 1 })
  const contents = query.contentsAt(height)
  const grades = query.gradesAt(height)
  const deep = isDeep(reader, height)
  const value = {
    // An answer that lasts does not name what moves.
    ...{ height, tip: deep ? null : tip, time: timeAt({ query }, height) },
    contents: contents && {
      ...{
        version: contents.version,
        entries: contents.entries,
        valid: contents.valid,
        staked: contents.staked,
        ungraded: ungradedCount(reader, contents),
      },
      power: powerOf(contents.hashes, reader),
    },
    tickers: grades?.tickers ?? [],
    records: query.gradedAt(height).map((record) => ({
      ...recordOf(record),
      grade: grades?.grades[record.place] ?? null,
      distances: grades?.distances[record.place] ?? [],
    })),
    ungraded: query.ungradedAt(height).map(({ place, hash, claim }) => ({
      ...{ place, entryHash: hash, difficulty: difficultyText(claim) },
    })),
    ...{ staked: stakedRecords(reader, height), refused: refusedEntries(reader, height) },
    rates: rates && [...rates].map(([ticker, rate]) => ({ ticker, usd: unitsText(rate) })),
    bank: bank === undefined ? null : bankTexts(bank[1]),
    ...history,
  }
  return lastingIf(deep, value, history.actions)
}

/** Valid records without a grade; repeated ones and those with a false claim are among the refused. */
function ungradedCount({ query }: Reader, { height, entries, valid }: BlockContents): number {
  const dropped = Math.max(0, query.leftOutAt(height).length - (entries - valid))
  return Math.max(0, valid - dropped - query.gradedAt(height).length)
}

/** Staking records that came to a place. */
function stakedRecords({ query, network }: Reader, height: number): object[] {
  const found = query.stakedAt(height)
  if (found.length === 0) return []
  const bytes = query.recordsAt(height, 'staking')
  return found.flatMap(({ hash, place, payout }) => {
    if (place === null) return []
    const raw = bytes.get(hash)
    const said = raw && saidIn(raw, 'staking', network).said
    const { identity = '', address = '' } = said ?? {}
    return [{ place, entryHash: hash, identity, address, payout: unitsText(payout) }]
  })
}

/** Records that were left out, and entries of the transaction chain that are no batches, the first of each. */
function refusedEntries({ query, rules }: Reader, height: number): object[] {
  return [
    ...query.leftOutAt(height).map(({ hash, reason }) => ({ hash, chain: 'oracle', reason })),
    ...query
      .stakedAt(height)
      .flatMap(({ hash, reason }) => (reason === null ? [] : [{ hash, chain: 'staking', reason }])),
    ...query.strangersAt(height).flatMap((raw) => {
      const { wrong } = readEntry(raw, rules)
      return wrong === null ? [] : [{ hash: raw.hash, chain: 'transactions', reason: wrong }]
    }),
  ]
}
