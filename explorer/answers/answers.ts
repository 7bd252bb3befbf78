/** What `/api/v1/explorer/…` answers. Amounts and rates are decimal text; a page of a list says where the next begins. */
import {
  createLedgerReads,
  createWorths,
  ledgerNetwork,
  rulesOf,
  type LedgerQueries,
  type Worths,
} from '../../ledger/index.js'
import { findings } from '../search.js'
import { address } from './address.js'
import { asset } from './asset.js'
import { block } from './block.js'
import { entry } from './entry.js'
import { miner } from './miner.js'
import { network } from './network.js'
import type { Answer, Pulse, Reader } from './parts.js'
import { series } from './series.js'

/** What fits into a request, nearly; names of version 1 may be longer. */
const MOST_NAME = 4_000

/** By the first word of a path; what follows it is the name. */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  ...{ network, block, asset, address, entry, miner, series },
  blocks: ({ reads }, _, asked) => reads.blocks(asked),
  search: ({ query }, _, asked) => findings(query, (asked.get('q') ?? '').trim().slice(0, MOST_NAME)),
}

export interface ReaderOptions {
  /** Time from block to block. Default: that of MainNet. */
  readonly blockSeconds?: () => number
  readonly pulse?: () => Pulse | null
  /** Those of the program, if it needs them besides. */
  readonly worths?: Worths
}

export function createReader(
  query: LedgerQueries,
  { blockSeconds = () => 600, pulse = () => null, worths = createWorths(query) }: ReaderOptions = {},
): Reader {
  // To read all holdings takes a second where there are many: now, so that no question waits for it.
  worths.holders()
  const network = ledgerNetwork(query.about())
  const rules = rulesOf(network)
  return { query, worths, reads: createLedgerReads(query, worths), network, rules, blockSeconds, pulse }
}
