/** What each part of a gateway is made of. */
import type { KomodoClient } from '../../komodo/index.js'
import type { InTurn } from './build-queue.js'
import type { GatewaySettings } from './config.js'
import type { FeedEvent } from './events.js'

export interface GatewayParts {
  readonly settings: GatewaySettings
  readonly asset: KomodoClient
  readonly dryRun: boolean
  /** Takes a turn at the asset daemon, for what is built and sent there. */
  readonly inTurn?: InTurn
  readonly emit: (event: FeedEvent) => void
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
}
