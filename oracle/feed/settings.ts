/** What a gateway of the feed is configured with. */
import type { AccessOptions } from '../../komodo/index.js'

export interface WithdrawPolicy {
  readonly enabled: boolean
  /** Satoshis; larger ones are never paid. */
  readonly most: bigint | null
  /** Satoshis a day (UTC); what is beyond waits for the next. */
  readonly dailyMost: bigint | null
  /** Satoshis; larger ones wait for `feed approve`. */
  readonly approveAbove: bigint | null
  /** Confirmations of a payout before it is marked as done. */
  readonly confirmations: number
}

export interface FundsSettings {
  readonly auto: boolean
  readonly lowWater: number
  readonly outputs: number
  /** Satoshis. */
  readonly amount: bigint
  /** Satoshis a day. */
  readonly dailyLimit: bigint
  readonly merge: boolean
}

export interface GatewaySettings {
  /** Names it in events, metrics and folders: letters, digits, - and _. */
  readonly name: string
  readonly asset: AccessOptions
  readonly reference: AccessOptions
  readonly oracleTxid: string
  /** Null: headers only. */
  readonly bindTxid: string | null
  readonly pubkey: string
  /** Whether headers are published; not, if another gateway of the same oracle and key does. */
  readonly headers: boolean
  readonly depth: number
  readonly startHeight: number | null
  /** How far below the newest height missing headers are published. */
  readonly reach: number
  /** Most data transactions in a block. */
  readonly perBlock: number
  readonly pollMs: number
  readonly timeoutMs: number
  readonly withdrawals: WithdrawPolicy
  readonly funds: FundsSettings
  /** Blocks behind (beyond the depth) and seconds without progress that still count as ready. */
  readonly readyLag: number
}
