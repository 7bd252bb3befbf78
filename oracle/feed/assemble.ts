/** What a gateway works with, once its check list has passed. */
import { type Sleep } from '../../base/index.js'
import { accessOf, type CallOptions, type KomodoClient, type RpcCall } from '../../komodo/index.js'
import type { BuildQueue, InTurn } from './build-queue.js'
import type { Setup } from './checks.js'
import type { GatewaySettings } from './config.js'
import { fail } from './errors.js'
import type { FeedEvent } from './events.js'
import type { StateFile } from './ledger-file.js'
import { daemonOf } from './lock.js'
import type { Pace } from './pace.js'
import type { HeightRange } from './plan.js'
import type { Published } from './published.js'
import { heightsIn } from './ranges.js'
import { createRelay, type Relay } from './relay.js'
import { forgetSettle, readRequests } from './requests.js'
import { createTreasury, type Treasury } from './treasury.js'
import { createWithdrawals, type Withdrawals } from './withdrawals.js'

export interface GatewayDeps {
  /** Where its state is kept. */
  readonly folder: string
  /** Where locks are kept, the same for all processes of the user. */
  readonly lockFolder: string
  readonly dryRun: boolean
  /** Heights that are asked for, beside those in its state. */
  readonly wanted: readonly HeightRange[]
  /** Shared by all gateways. */
  readonly queue: BuildQueue
  readonly emit: (event: FeedEvent) => void
  readonly onCall?: (gateway: string, chain: 'asset' | 'reference', call: RpcCall) => void
  readonly sleep: Sleep
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
}

export interface AssembleParts extends GatewayDeps {
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly file: StateFile
  readonly published: Published
  readonly pace: Pace
}

/** Null: it is not asked for, or the daemon cannot. */
export interface Work {
  readonly relay: Relay | null
  readonly treasury: Treasury | null
  readonly withdrawals: Withdrawals | null
}

export function assemble(setup: Setup, settings: GatewaySettings, parts: AssembleParts): Work {
  const { gateway, capabilities, format } = setup
  const { asset, reference, file, published, pace, folder } = parts
  const { emit, sleep, now, monotonicMs, dryRun } = parts
  const inTurn: InTurn = (work) => parts.queue.take(daemonOf(accessOf(settings.asset).url), work)
  const shared = { settings, asset, reference, file, inTurn, emit, sleep, now, monotonicMs, dryRun }
  const { bindTxid } = settings
  const family = capabilities.withdrawals
  const signs = gateway !== null && bindTxid !== null && family !== null && settings.withdrawals.enabled
  return {
    relay: settings.headers
      ? createRelay({
          ...shared,
          format,
          balance: (options) => depositBalance({ reference, file }, gateway?.deposit, options),
          published,
          wanted: () => heightsIn([...parts.wanted, ...file.state.wanted]),
          asked: () => file.state.asked,
        })
      : null,
    treasury: settings.headers ? createTreasury({ ...shared, perHour: () => pace.perHour() }) : null,
    withdrawals: signs
      ? createWithdrawals({
          ...shared,
          settings: { ...settings, bindTxid },
          gateway,
          family,
          requests: () => readRequests(folder),
          forgetSettle: (withdrawTxid) => forgetSettle(folder, withdrawTxid),
        })
      : null,
  }
}

/** Confirmed coins, and our own change that is not yet. */
async function depositBalance(
  { reference, file }: Pick<AssembleParts, 'reference' | 'file'>,
  address: string | undefined,
  options: CallOptions,
): Promise<bigint> {
  if (address === undefined)
    throw fail(
      'E_FEED_CHECK',
      'the format IhhL publishes the balance of the deposit address: bindTxid is needed',
    )
  const ours = new Set(Object.values(file.state.withdrawals).map(({ payoutTxid }) => payoutTxid))
  const coins = await reference.unspent(0, [address], options)
  return coins
    .filter(({ confirmations, txid }) => confirmations > 0 || ours.has(txid))
    .reduce((sum, { sat }) => sum + sat, 0n)
}
