/** What all answers of the explorer are made from. */
import { unitsText } from '../../base/index.js'
import type { Network } from '../../pegnet/index.js'
import type {
  createLedgerReads,
  GradedRecord,
  LedgerQueries,
  LedgerRules,
  Worths,
} from '../../ledger/index.js'

/** How the program that follows the chain is doing; null: none does, as far as is known. */
export interface Pulse {
  /** The last block that the node has saved. */
  readonly nodeHeight: number | null
  /** Of the block under construction. */
  readonly minute: number | null
  /** What keeps it from following. */
  readonly trouble: string | null
}

export interface Reader {
  readonly query: LedgerQueries
  readonly worths: Worths
  readonly reads: ReturnType<typeof createLedgerReads>
  readonly network: Network
  readonly rules: LedgerRules
  /** Time from block to block. */
  readonly blockSeconds: () => number
  readonly pulse: () => Pulse | null
}

/** Null: there is no such thing. Throws `BadRequest`. */
export type Answer = (reader: Reader, name: string, asked: URLSearchParams) => object | null

/** A copy of what is asked, with more. */
export function asking(
  values: Readonly<Record<string, string>>,
  asked = new URLSearchParams(),
): URLSearchParams {
  const all = new URLSearchParams(asked)
  for (const [name, value] of Object.entries(values)) all.set(name, value)
  return all
}

export const textOf = (amount: bigint | null | undefined): string | null =>
  amount == null ? null : unitsText(amount)

/** Minute 1 to minute 9: the part of a block in which miners hash. */
const MINING_PART = 0.8

/** Hashes a second of the whole network. */
export const powerOf = (
  hashes: number | null,
  { blockSeconds }: Pick<Reader, 'blockSeconds'>,
): number | null => (hashes === null ? null : hashes / (MINING_PART * blockSeconds()))

export const difficultyText = (difficulty: bigint): string => difficulty.toString(16).padStart(16, '0')

export const recordOf = ({ entryHash, payout, difficulty, place, identity, address }: GradedRecord) => ({
  ...{ place, entryHash, identity, address, payout: unitsText(payout) },
  difficulty: difficultyText(difficulty),
})
