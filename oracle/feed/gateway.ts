/**
 * One gateway: its daemons, its check list, its relay, its withdrawals, its funds. It does not wait for another
 * gateway's daemon and never gives up; what is wrong is told once and tried again with growing pauses.
 */
import {
  accessOf,
  createKomodoClient,
  healthWord,
  type DaemonWord,
  type CallOptions,
  type KomodoClient,
} from '../../komodo/index.js'
import { assemble, type GatewayDeps, type Work } from './assemble.js'
import { headersOf } from './baton-chain.js'
import { checkGateway, type CheckLine } from './checks.js'
import type { GatewaySettings } from './config.js'
import { fail } from './errors.js'
import { openState, type StateFile } from './ledger-file.js'
import { lockPublisher } from './lock.js'
import { createLoop, LONGEST_PAUSE_MS } from './loop.js'
import { createNotices } from './notices.js'
import { createPace } from './pace.js'
import { openPublished } from './published.js'
import { createRanges } from './ranges.js'
import type { RelayView } from './relay.js'
import type { TreasuryView } from './treasury.js'
import type { WithdrawalView } from './withdrawals.js'

export interface GatewayView {
  readonly name: string
  readonly settings: GatewaySettings
  readonly relay: RelayView | null
  readonly withdrawals: WithdrawalView | null
  readonly treasury: TreasuryView | null
  readonly checks: readonly CheckLine[]
  readonly file: StateFile
  readonly daemons: { readonly asset: DaemonWord; readonly reference: DaemonWord }
  /** The last trouble of a pass; null: the last pass went well. */
  readonly trouble: string | null
}

export interface Gateway {
  readonly view: GatewayView
  /** Until the signal; rejects only with what no waiting mends: another feed with the same key, an unusable folder. */
  run(signal: AbortSignal): Promise<void>
  /** Set-up, one pass of each, no loop. */
  once(signal: AbortSignal): Promise<void>
  close(): void
}

/** While there is something to publish, the next block of the asset chain is looked for this often. */
const EAGER_MS = 2_000
const WITHDRAW_MS = 15_000

export function createGateway(settings: GatewaySettings, deps: GatewayDeps): Gateway {
  const { emit, monotonicMs, folder, dryRun } = deps
  const { name } = settings
  const notices = createNotices({ gateway: name, emit, monotonicMs })
  const loop = createLoop({ notices, sleep: deps.sleep })
  const clientOf = (chain: 'asset' | 'reference'): KomodoClient =>
    createKomodoClient({
      access: () => accessOf(settings[chain]),
      name: settings[chain].name,
      timeoutMs: settings.timeoutMs,
      onCall: (call) => deps.onCall?.(name, chain, call),
      onHealth: (health) => notices.health(chain, health),
      monotonicMs,
    })
  const clients = { asset: clientOf('asset'), reference: clientOf('reference') }
  const file = openState(folder, { readOnly: dryRun })
  const published = openPublished(folder, { readOnly: dryRun })
  const ranges = createRanges({ gateway: name, folder, file, emit })
  const pace = createPace(monotonicMs)
  let work: Work = { relay: null, withdrawals: null, treasury: null }
  let assembled = false
  /** Whether the reference wallet was looked at: it may have been away at the start. */
  let complete = false

  async function prepare(options: CallOptions): Promise<boolean> {
    const found = await checkGateway(settings, clients, { ...options, mend: !dryRun })
    notices.checked(found.lines)
    complete = found.complete
    if (found.setup === null) return false
    if (!assembled) work = assemble(found.setup, settings, { ...deps, ...clients, file, published, pace })
    assembled = true
    return true
  }

  async function relayPass(signal: AbortSignal): Promise<void> {
    const { relay, treasury } = work
    if (relay === null) return
    if (!dryRun) ranges.take()
    await relay.pass(signal)
    const { tip, facts } = relay.view
    if (tip !== null) pace.saw(tip)
    if (facts === null) return
    if (file.state.wanted.length > 0) ranges.trim(headersOf(facts.walk))
    await treasury?.look(facts, signal)
  }

  async function withdrawPass(signal: AbortSignal): Promise<void> {
    if (!complete) await prepare({ signal })
    await work.withdrawals?.pass(signal)
  }

  const eager = (): number => {
    const state = work.relay?.view.state.state
    return state === 'idle' || state === 'blocked' || state === 'foreign'
      ? settings.pollMs
      : Math.min(settings.pollMs, EAGER_MS)
  }

  async function ready(signal: AbortSignal): Promise<void> {
    const done = new AbortController()
    await loop(
      async () => {
        if (await prepare({ signal })) done.abort()
      },
      () => Math.min(LONGEST_PAUSE_MS, settings.pollMs),
      AbortSignal.any([signal, done.signal]),
    )
  }

  return {
    get view() {
      const { checks, trouble } = notices
      const { relay, withdrawals, treasury } = work
      return {
        ...{ name, settings, checks, trouble, file },
        relay: relay?.view ?? null,
        withdrawals: withdrawals?.view ?? null,
        treasury: treasury?.view ?? null,
        daemons: {
          asset: healthWord(clients.asset.rpc.health, monotonicMs()),
          reference: healthWord(clients.reference.rpc.health, monotonicMs()),
        },
      }
    },
    async run(signal) {
      const release = lock(settings, deps)
      try {
        notices.damaged(published.damaged)
        await ready(signal)
        const often = (): number => Math.min(WITHDRAW_MS, settings.pollMs * 2)
        await Promise.all([
          loop(() => relayPass(signal), eager, signal),
          loop(() => withdrawPass(signal), often, signal),
        ])
      } finally {
        release()
      }
    },
    async once(signal) {
      const release = lock(settings, deps)
      try {
        if (!(await prepare({ signal }))) {
          const wrong = notices.checks.filter(({ result }) => result === 'fail' || result === 'wait')
          throw fail(
            'E_FEED_CHECK',
            `${name}: ${wrong.map(({ name: what, found }) => `${what}: ${found}`).join('; ')}`,
          )
        }
        await relayPass(signal)
        await work.withdrawals?.pass(signal)
      } finally {
        release()
      }
    },
    close() {
      clients.asset.close()
      clients.reference.close()
    },
  }
}

/** Of the oracle that it publishes for, and of the gateway that it signs for. */
function lock(
  { asset, headers, oracleTxid, bindTxid, pubkey }: GatewaySettings,
  deps: GatewayDeps,
): () => void {
  const { url } = accessOf(asset)
  const ids = [...(headers ? [oracleTxid] : []), ...(bindTxid !== null ? [bindTxid] : [])]
  const releases = deps.dryRun
    ? []
    : ids.map((id) => lockPublisher(deps.lockFolder, { url, oracleTxid: id, pubkey }))
  return () => releases.forEach((release) => release())
}
