/** The network as it stands. */
import { unitsText } from '../../base/index.js'
import { timeAt } from '../../ledger/index.js'
import { indexOf, phaseAt, phasesOf } from '../phases.js'
import { powerOf, textOf, type Answer, type Reader } from './parts.js'

const BLOCKS = 12

export const network: Answer = (reader) => {
  const { query, worths, reads, rules } = reader
  const { network: name, height } = query.about()
  const rated = query.ratesHeight(height)
  const rates = rated === null ? null : query.ratesAt(rated)
  const dollars = worths.dollars()
  const rows = [...query.issuance()].map(([ticker, units]) => ({
    ...{ ticker, units, worth: dollars?.(units, ticker) ?? null, rate: rates?.get(ticker) ?? null },
  }))
  const worth = rows.reduce((sum, row) => sum + (row.ticker === 'PEG' ? 0n : (row.worth ?? 0n)), 0n)
  const peg = rows.find(({ ticker }) => ticker === 'PEG')
  const phases = phasesOf(rules)
  return {
    ...{ network: name, height, ratesHeight: rated, time: timeAt({ query }, height) },
    ...pulseOf(reader, height),
    pegged: unitsText(worth),
    peg: {
      ...{ usd: textOf(peg?.rate), index: textOf(indexOf(worth, peg?.units ?? 0n)) },
      ...{ phases, phase: phaseAt(phases, height)?.from ?? null },
      mined: textOf(query.flowBy('mined', 'PEG', height)?.amount ?? 0n),
      burnt: textOf(query.flowBy('burnt', 'pFCT', height)?.amount ?? 0n),
    },
    records: lastRecords(reader, height),
    tokens: rows.map((row) => ({
      ...{
        ticker: row.ticker,
        supply: unitsText(row.units),
        usd: textOf(row.rate),
        value: textOf(row.worth),
      },
    })),
    ...reads.blocks(new URLSearchParams({ limit: String(BLOCKS) })),
  }
}

function pulseOf({ pulse }: Reader, height: number): object {
  const { nodeHeight, minute, trouble } = pulse() ?? { nodeHeight: null, minute: null, trouble: null }
  return {
    nodeHeight,
    minute,
    trouble,
    behind: nodeHeight === null ? null : Math.max(0, nodeHeight - height),
  }
}

/** Of the last block that has any. */
function lastRecords(reader: Reader, tip: number): object | null {
  const [last] = reader.query.contentsBefore(tip, 1)
  if (last === undefined) return null
  const { height, entries, valid, staked, hashes } = last
  return { height, entries, valid, staked, power: powerOf(hashes, reader) }
}
