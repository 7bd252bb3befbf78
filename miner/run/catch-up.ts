/** How far following the chain has come. */
import type { FollowProgress } from '../../oracle/index.js'
import type { Notice } from './tasks.js'

/** A block or two a time is the usual way; what takes longer is told now and then. */
const CATCH_UP_MS = 10_000

/** Of what is followed: mining and staking wait for it. */
export function tellCatchUp(notice: Notice): (progress: FollowProgress) => void {
  let last = 0
  return ({ height, to, blocks, milliseconds }) => {
    if (blocks === 1) last = 0
    if (milliseconds - last < CATCH_UP_MS || height === to) return
    last = milliseconds
    const rate = ((blocks * 1000) / milliseconds).toFixed(1)
    notice(
      'info',
      'E_MINER_FOLLOWING',
      `block ${height} of ${to} graded, ${rate} blocks/s; mining waits for it`,
    )
  }
}
