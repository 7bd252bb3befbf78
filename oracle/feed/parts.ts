/** What each part of a gateway is made of. */
import type { KomodoClient } from '../../komodo/index.js'
import type { InTurn } from './build-queue.js'
import type { GatewaySettings } from './config.js'
import type { FeedEvent } from './events.js'

export interface GatewayParts {
  readonly settings: GatewaySettings
  readonly asset: KomodoClient
  readonly dryRun: boolean
  /** For what is built and sent on the asset daemon. */
  readonly inTurn?: InTurn
  readonly emit: (event: FeedEvent) => void
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
}
