/** Where the addresses of this run stand, as staking tells it: for the page and the API. */
import type { StakeEvent } from '../../miner/index.js'
import type { StakeSkip, StakeStanding, StakingView } from '../../telemetry/index.js'

export interface Standings extends StakingView {
  hear(event: StakeEvent): void
}

export function createStandings(addresses: readonly string[]): Standings {
  const standings = new Map<string, StakeStanding>()
  const skips = new Map<string, StakeSkip>()
  return {
    addresses,
    standing: (address) => standings.get(address) ?? null,
    skipped: (address) => skips.get(address) ?? null,
    hear(event) {
      if (event.event === 'stake.standing') {
        const { height, address, rank, balance, entitled, payout } = event
        standings.set(address, { height, rank, balance, entitled, payout })
      }
      if (event.event !== 'stake.skipped') return
      const { height, code, reason } = event
      for (const address of event.address === null ? addresses : [event.address])
        skips.set(address, { height, code, reason })
    },
  }
}
