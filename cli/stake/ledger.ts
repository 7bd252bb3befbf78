/** What staking asks of the ledger, which is followed into the same file. */
import { join } from 'node:path'

import { isCoded } from '../../base/index.js'
import { openLedger, readAddress, STAKERS, type LedgerQueries } from '../../ledger/index.js'
import type { StakeLedger } from '../../miner/index.js'
import { HISTORY_FILE } from '../../oracle/index.js'

export interface OpenStakeLedger extends StakeLedger {
  /** Whether any block was followed for it. */
  exists(): boolean
  close(): void
}

/** There may be no ledger before the first block is followed. */
export function openStakeLedger(dataDir: string): OpenStakeLedger {
  let query: LedgerQueries | null = null
  const opened = (): LedgerQueries | null => {
    try {
      return (query ??= openLedger(join(dataDir, HISTORY_FILE)))
    } catch (error) {
      if (isCoded(error) && error.code === 'E_LEDGER_NONE') return null
      throw error
    }
  }
  return {
    standings(addresses, height) {
      const ledger = opened()
      if (ledger?.about().height !== height - 1) return null
      const ranks = new Map(ledger.richest('PEG', STAKERS).map(({ address }, k) => [address, k + 1]))
      return new Map(
        addresses.map((text) => {
          const address = readAddress(text) ?? ''
          const balance = ledger.balancesOf(address).get('PEG') ?? 0n
          return [text, { rank: ranks.get(address) ?? null, balance }]
        }),
      )
    },
    paid(entryHash, height) {
      const ledger = opened()
      if (ledger === null || ledger.about().height < height) return null
      const page = { offset: 0, limit: 10, descending: false }
      return ledger
        .pageOf({ hash: entryHash }, { kinds: ['coinbase'] }, page)
        .reduce((sum, { result }) => sum + result, 0n)
    },
    exists: () => opened() !== null,
    close: () => query?.close(),
  }
}
