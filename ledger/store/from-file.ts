/** The ledger of a recorded chain, brought up to its last block. */
import { monotonicMs, type Database } from '../../base/index.js'
import type { DifficultyOrClaim } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { ledgerBlockOf, ledgerChains } from '../block.js'
import type { AverageForm } from '../engine/averages.js'
import { isQuiet } from '../engine/apply.js'
import { fail } from '../errors.js'
import type { RecordedChain } from '../recorded.js'
import { rulesOf } from '../rules.js'
import { beginLedger } from './about.js'
import { takeBlock } from './consumer.js'

export interface FileProgress {
  readonly height: number
  readonly to: number
  /** Of this call so far. */
  readonly blocks: number
  readonly entries: number
  readonly milliseconds: number
}

export interface FromFileOptions {
  readonly db: Database
  readonly chain: RecordedChain
  /** Whose rules. */
  readonly network: Network
  readonly difficulty: DifficultyOrClaim
  /** Default: `window`. */
  readonly averages?: AverageForm | undefined
  readonly signal: AbortSignal
  readonly onProgress: (progress: FileProgress) => void
}

/** So many blocks are taken before others get a turn. */
const TURN = 64

/** Each block with anything in it is one transaction; a kill at any moment loses at most the one that is under way. */
export async function syncFromFile(options: FromFileOptions): Promise<void> {
  const { db, chain, network, difficulty, averages, signal, onProgress } = options
  const rules = rulesOf(network)
  const chains = ledgerChains(network)
  const [first = 0] = chain.heights
  const to = chain.heights.at(-1) ?? 0
  const origin = chain.block(first)?.keyMr ?? ''
  const begun = db.transaction(() =>
    beginLedger(db, { network: network.name, origin, height: first - 1, averages }),
  )
  if (begun.height > to)
    throw fail('E_LEDGER_FILE', `the ledger is at block ${begun.height}, the file ends with block ${to}`)
  const started = monotonicMs()
  const recorded = new Set(chain.heights)
  let [taken, entries] = [0, 0]
  for (let height = begun.height + 1; height <= to; height++) {
    if (!recorded.has(height) && isQuiet(height, rules)) continue
    if (taken++ % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    const followed = chain.block(height) ?? chain.empty(height)
    const block = ledgerBlockOf(followed, chains)
    db.transaction(() => takeBlock(db, block, { network, difficulty, averages, rules }))
    for (const found of followed.chains.values()) entries += found.entries.length
    onProgress({ height, to, blocks: height - begun.height, entries, milliseconds: monotonicMs() - started })
  }
}
