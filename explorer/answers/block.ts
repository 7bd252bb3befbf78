/** A block: how its records were graded, what was left out and why, what was executed in it. */
import { BadRequest, Csv, isoTime, unitsText } from '../../base/index.js'
import { addressText, bankTexts, readEntry, timeAt, type RawEntry } from '../../ledger/index.js'
import { asking, powerOf, recordOf, type Answer, type Reader } from './parts.js'

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
  return {
    ...{ height, tip, time: timeAt({ query }, height) },
    contents: contents && {
      ...{
        version: contents.version,
        entries: contents.entries,
        valid: contents.valid,
        staked: contents.staked,
      },
      power: powerOf(contents.hashes, reader),
    },
    tickers: grades?.tickers ?? [],
    records: query.gradedAt(height).map((record) => ({
      ...recordOf(record),
      grade: grades?.grades[record.place] ?? null,
      distances: grades?.distances[record.place] ?? [],
    })),
    refused: [
      ...query.leftOutAt(height).map(({ hash, reason }) => ({ hash, chain: 'oracle', reason })),
      ...refusedEntries(reader, height),
    ],
    rates: rates && [...rates].map(([ticker, rate]) => ({ ticker, usd: unitsText(rate) })),
    bank: bank === undefined ? null : bankTexts(bank[1]),
    ...history,
  }
}

/** Entries of the transaction chain that are no batches. */
function refusedEntries({ query, rules }: Reader, height: number): object[] {
  return query.entriesAt(height).flatMap((raw) => {
    const { wrong } = readEntry(raw, rules)
    return wrong === null ? [] : [{ hash: raw.hash, chain: 'transactions', reason: wrong }]
  })
}

/** An entry of the transaction chain with what it says. */
export function rawTexts(raw: RawEntry, rules: Reader['rules']): object {
  const { chainId, extIds, content, transactions, signed, wrong } = readEntry(raw, rules)
  return {
    ...{ chainId, place: raw.place, time: isoTime(raw.seconds), signed, wrong },
    raw: Buffer.from(raw.entry).toString('hex'),
    extIds: extIds.map((id) => Buffer.from(id).toString('hex')),
    content: Buffer.from(content).toString('utf8'),
    transactions:
      transactions?.map((transaction) => ({
        kind: transaction.kind,
        address: addressText(transaction.input.address),
        ticker: transaction.input.ticker,
        amount: unitsText(transaction.input.amount),
        target: transaction.kind === 'conversion' ? transaction.target : null,
        outputs:
          transaction.kind === 'transfer'
            ? transaction.outputs.map(({ address, amount }) => ({
                ...{ address: addressText(address), amount: unitsText(amount) },
              }))
            : [],
      })) ?? null,
  }
}
