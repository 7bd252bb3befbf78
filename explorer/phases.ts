/** How PEG came to its price, from which height on (docs/protocol/ledger.md#rates); and the index of the network. */
import type { LedgerRules } from '../ledger/index.js'

export interface Phase {
  readonly from: number
  readonly text: string
}

/** Of a network of one's own only those that it has. */
export function phasesOf(rules: LedgerRules): Phase[] {
  const all: Phase[] = [
    { from: 0, text: 'PEG has no price' },
    { from: rules.pegEquation, text: 'what all pegged tokens are worth, divided by the PEG that there is' },
    { from: rules.pegFloating, text: 'what the oracle records say' },
    { from: rules.pegnet2, text: 'what oracle and staking records say' },
    { from: rules.averages, text: 'the same; conversions use the worse of it and its average' },
  ]
  return all.filter(({ from }, k) => Number.isFinite(from) && from !== all[k + 1]?.from)
}

/** The last phase that has begun. */
export const phaseAt = (phases: readonly Phase[], height: number): Phase | null =>
  phases.findLast(({ from }) => from <= height) ?? null

/** What all pegged tokens are worth, divided by the supply of PEG, 1e-8 USD; null: there is none. */
export const indexOf = (worth: bigint, peg: bigint): bigint | null =>
  peg > 0n ? (worth * 100_000_000n) / peg : null
