/** Is the program alive, and is it doing its work? Pure functions of the miner's numbers. */
import { STALLED_MS, type MinerNumbers } from './sources.js'

export interface Check {
  readonly name: string
  readonly ok: boolean
  /** What was found, for a person. */
  readonly found: string
}

/** Alive: the loops have turned lately. A failed check means that a restart would help. */
export function liveChecks(miner: MinerNumbers): Check[] {
  const stalled = miner.threads.filter(({ beatAgeMs }) => beatAgeMs > STALLED_MS).map(({ slot }) => slot)
  return [
    { name: 'running', ok: miner.state !== 'stopped', found: miner.state },
    {
      name: 'threads',
      ok: stalled.length === 0 || miner.state !== 'mining',
      found: stalled.length === 0 ? `${miner.threads.length} turning` : `stalled: ${stalled.join(', ')}`,
    },
  ]
}

/** One block may be begun too late, or be a price short; with the second in a row something is wrong. */
const SKIPPED_BLOCKS = 2

/** Ready: it would mine and publish the block at hand. A failed check may mend itself. */
export function readyChecks(miner: MinerNumbers): Check[] {
  const { height, minute, prices, entryCredits, node, skipped } = miner
  // A hashrate that finds nothing worth publishing is no fault: the next block may have luck.
  const idle = skipped !== null && skipped.blocks >= SKIPPED_BLOCKS && skipped.code !== 'E_MINER_NO_HITS'
  return [
    { name: 'node', ok: node.state === 'ok', found: node.state },
    {
      name: 'clock',
      ok: height !== null,
      found: height === null ? 'no block yet' : `block ${height}, minute ${minute}`,
    },
    {
      name: 'prices',
      ok: prices?.complete === true,
      found: prices === null ? 'none yet' : `${prices.prices.size} assets, ${prices.missing.size} missing`,
    },
    {
      name: 'entry credits',
      ok: entryCredits !== null && entryCredits > 0,
      found: entryCredits === null ? 'not asked yet' : String(entryCredits),
    },
    {
      name: 'blocks',
      ok: !idle,
      found: skipped === null ? 'none skipped' : `${skipped.blocks} skipped in a row: ${skipped.reason}`,
    },
  ]
}
