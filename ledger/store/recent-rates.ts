/** Rates of the last blocks, kept in memory: averages are asked for after each block, and need those of 288. */
import type { DatedRates, LedgerView } from '../engine/types.js'

interface Source extends Pick<LedgerView, 'ratesFrom'> {
  /** How often blocks were taken back. */
  readonly rollbacks: () => bigint
}

/** Answers as the source does; of heights that follow on those of before only the new ones are read. */
export function createRecentRates(source: Source): LedgerView['ratesFrom'] {
  let kept: { readonly list: readonly DatedRates[]; readonly from: number; readonly to: number } | null = null
  let rollbacks = 0n
  return (from, to) => {
    const now = source.rollbacks()
    const follows =
      kept !== null && now === rollbacks && from >= kept.from && to >= kept.to && from <= kept.to
    const known = follows && kept ? kept.list.filter(({ height }) => height >= from) : []
    const list = [...known, ...source.ratesFrom(follows && kept ? kept.to + 1 : from, to)]
    kept = { list, from, to }
    rollbacks = now
    return list
  }
}
