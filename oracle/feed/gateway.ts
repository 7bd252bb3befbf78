/**
 * One gateway: its daemons, its check list, its relay, its withdrawals, its funds. It waits for nobody else's daemon
 * and never gives up; what is wrong is told once and tried again with growing pauses.
 */
import { isCoded, messageOf } from '../../base/index.js'
import {
  accessOf,
  createKomodoClient,
  healthWord,
  type CallOptions,
  type Health,
  type KomodoClient,
  type RpcCall,
} from '../../komodo/index.js'
import { checkGateway, type CheckLine, type Setup } from './checks.js'
import { fail } from './errors.js'
import type { FeedEvent } from './events.js'
import { openState, type StateFile } from './ledger-file.js'
import { daemonOf, lockPublisher } from './lock.js'
import { mergedRanges } from './plan.js'
import { openPublished } from './published.js'
import { headersOf } from './baton-chain.js'
import { createRelay, type Relay, type RelayView } from './relay.js'
import { forgetRange, forgetSettle, readRequests } from './requests.js'
import type { GatewaySettings } from './config.js'
import type { BuildQueue, InTurn } from './build-queue.js'
import { createTreasury, type Treasury, type TreasuryView } from './treasury.js'
import { createWithdrawals, type Withdrawals, type WithdrawalView } from './withdrawals.js'

export interface GatewayDeps {
  /** Where its state is kept. */
  readonly folder: string
  /** Where locks are kept, the same for all processes of the user. */
  readonly lockFolder: string
  readonly dryRun: boolean
  /** Heights that are asked for, beside those in its state. */
  readonly wanted: readonly (readonly [from: number, to: number])[]
  /** Shared by all gateways. */
  readonly queue: BuildQueue
  readonly emit: (event: FeedEvent) => void
  readonly onCall?: (gateway: string, chain: 'asset' | 'reference', call: RpcCall) => void
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs: () => number
}

export interface GatewayView {
  readonly name: string
  readonly settings: GatewaySettings
  readonly relay: RelayView | null
  readonly withdrawals: WithdrawalView | null
  readonly treasury: TreasuryView | null
  readonly checks: readonly CheckLine[]
  readonly file: StateFile
  readonly daemons: { readonly asset: Daemon; readonly reference: Daemon }
  /** The last trouble of a pass; null: the last pass went well. */
  readonly trouble: string | null
}

export type Daemon = ReturnType<typeof healthWord>

export interface Gateway {
  readonly view: GatewayView
  /** Until the signal; rejects only with what no waiting mends: another feed with the same key, an unusable folder. */
  run(signal: AbortSignal): Promise<void>
  /** Set-up, one pass of each, no loop. */
  once(signal: AbortSignal): Promise<void>
  close(): void
}

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** The same trouble is told again after so long. */
const REPEAT_MS = 600_000
/** While there is something to publish, the next block of the asset chain is looked for this often. */
const EAGER_MS = 2_000
const WITHDRAW_MS = 15_000

export function createGateway(settings: GatewaySettings, deps: GatewayDeps): Gateway {
  const { emit, now, monotonicMs } = deps
  const { name } = settings
  const clientOf = (chain: 'asset' | 'reference'): KomodoClient =>
    createKomodoClient({
      access: () => accessOf(settings[chain]),
      name: settings[chain].name,
      timeoutMs: settings.timeoutMs,
      onCall: (call) => deps.onCall?.(name, chain, call),
      onHealth: (health) => onHealth(chain, health),
      monotonicMs,
    })
  const asset = clientOf('asset')
  const reference = clientOf('reference')
  const readOnly = deps.dryRun
  const file = openState(deps.folder, { readOnly })
  const published = openPublished(deps.folder, { readOnly })
  let setup: Setup | null = null
  let checks: readonly CheckLine[] = []
  let relay: Relay | null = null
  let withdrawals: Withdrawals | null = null
  let treasury: Treasury | null = null
  let trouble: string | null = null
  /** Whether the reference wallet was looked at: it may have been away at the start. */
  let complete = false
  const told = new Map<string, number>()
  const pace = createPace(monotonicMs)

  function onHealth(chain: 'asset' | 'reference', health: Health): void {
    const about = `the ${chain} daemon`
    const [code, text] = {
      up: ['E_KOMODO_UP', `${about} answers, and its chain moves`],
      down: ['E_KOMODO_UNREACHABLE', `${about} cannot be reached`],
      starting: ['E_KOMODO_WARMUP', `${about} is starting`],
      suspect: ['E_KOMODO_TIMEOUT', `${about} did not answer in time; nothing is sent until its chain moves`],
      hung: ['E_KOMODO_HUNG', `${about} hangs: kill it with SIGKILL and start it again if it goes on`],
    }[health.state === 'down' && health.starting ? 'starting' : health.state] as [string, string]
    notice(health.state === 'up' ? 'info' : 'warn', code, text)
  }

  function notice(level: 'info' | 'warn' | 'error', code: string, message: string): void {
    emit({ event: 'notice', gateway: name, level, code, message })
  }

  /** Told once, and again if it lasts. */
  function tell(error: unknown): void {
    const code = isCoded(error) ? error.code : 'E_FEED_INTERNAL'
    const message = messageOf(error)
    trouble = message
    const last = told.get(code)
    if (last !== undefined && monotonicMs() - last < REPEAT_MS) return
    if (told.size > 100) told.clear()
    told.set(code, monotonicMs())
    notice(isCoded(error) && error.retryable ? 'warn' : 'error', code, message)
  }

  async function prepare(options: CallOptions): Promise<boolean> {
    const found = await checkGateway(settings, { asset, reference }, { ...options, mend: !deps.dryRun })
    const before = checks
    checks = found.lines
    for (const { name: what, result, found: text, remedy } of checks) {
      const same = before.some((line) => line.name === what && line.result === result)
      if (result === 'ok' || same) continue
      notice(
        result === 'fail' ? 'error' : 'warn',
        'E_FEED_CHECK',
        `${what}: ${text}${remedy === '' ? '' : `; ${remedy}`}`,
      )
    }
    complete = found.complete
    if (found.setup === null) return false
    if (setup === null) assemble(found.setup)
    return true
  }

  function assemble(ready: Setup): void {
    setup = ready
    const { gateway, capabilities, format } = ready
    const inTurn: InTurn = (work) => deps.queue.take(daemonOf(accessOf(settings.asset).url), work)
    const shared = {
      inTurn,
      settings,
      asset,
      reference,
      emit,
      now,
      monotonicMs,
      dryRun: deps.dryRun,
      sleep: deps.sleep,
    }
    relay = settings.headers
      ? createRelay({
          ...shared,
          format,
          balance: (options) => depositBalance(gateway?.deposit, options),
          published,
          wanted: () => heightsIn([...deps.wanted, ...file.state.wanted]),
          asked: () => file.state.asked,
        })
      : null
    treasury = settings.headers ? createTreasury({ ...shared, file, perHour: () => pace.perHour() }) : null
    const { bindTxid } = settings
    const family = capabilities.withdrawals
    if (gateway !== null && bindTxid !== null && family !== null && settings.withdrawals.enabled)
      withdrawals = createWithdrawals({
        ...shared,
        settings: { ...settings, bindTxid },
        gateway,
        family,
        file,
        requests: () => readRequests(deps.folder),
        forgetSettle: (withdrawTxid) => forgetSettle(deps.folder, withdrawTxid),
      })
  }

  /** Confirmed coins, and our own change that is not yet. */
  async function depositBalance(address: string | undefined, options: CallOptions): Promise<bigint> {
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

  async function relayPass(signal: AbortSignal): Promise<void> {
    if (relay === null) return
    takeRanges()
    await relay.pass(signal)
    if (relay.view.tip !== null) pace.saw(relay.view.tip)
    trimRanges()
    if (relay.view.facts !== null) await treasury?.look(relay.view.facts, signal)
  }

  function takeRanges(): void {
    const { ranges } = readRequests(deps.folder)
    if (ranges.length === 0 || deps.dryRun) return
    file.update((state) => ({
      ...state,
      wanted: [...state.wanted, ...ranges],
      asked: mergedRanges([...state.asked, ...ranges]),
    }))
    for (const range of ranges) forgetRange(deps.folder, range)
  }

  /** Heights that are published by now are no longer asked for. */
  function trimRanges(): void {
    const { wanted } = file.state
    const facts = relay?.view.facts
    if (wanted.length === 0 || !facts) return
    const heights = headersOf(facts.walk)
    const left = wanted.flatMap(([from, to]) => {
      let next = from
      while (next <= to && heights.has(next)) next++
      if (next > to) emit({ event: 'backfilled', gateway: name, to })
      return next > to ? [] : [[next, to] as const]
    })
    if (left.length !== wanted.length || left.some(([from], k) => from !== wanted[k]?.[0]))
      file.update((state) => ({ ...state, wanted: left }))
  }

  /** Runs a step again and again; trouble makes the pauses longer, never ends it. */
  async function loop(step: () => Promise<void>, pause: () => number, signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        await step()
        if (failures > 0) told.clear()
        failures = 0
        trouble = null
      } catch (error) {
        if (signal.aborted) return
        if (isCoded(error) && error.code === 'E_FEED_STATE') throw error
        failures++
        tell(error)
      }
      const wait = failures === 0 ? pause() : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
      await deps.sleep(failures === 0 ? wait : wait * (0.5 + Math.random()), signal)
    }
  }

  const eager = (): number => {
    const state = relay?.view.state.state
    return state === 'idle' || state === 'blocked' || state === 'foreign'
      ? settings.pollMs
      : Math.min(settings.pollMs, EAGER_MS)
  }

  function tellDamaged(): void {
    const { damaged } = published
    if (damaged === 0) return
    const message = `${damaged} lines of published.jsonl were damaged and are left out: the chain tells what is published; the file as it was is published.jsonl.damaged`
    notice('warn', 'E_FEED_STATE', message)
  }

  function lock(): () => void {
    const { url } = accessOf(settings.asset)
    const { oracleTxid, bindTxid, pubkey } = settings
    const ids = [...(settings.headers ? [oracleTxid] : []), ...(bindTxid !== null ? [bindTxid] : [])]
    const releases = deps.dryRun
      ? []
      : ids.map((id) => lockPublisher(deps.lockFolder, { url, oracleTxid: id, pubkey }))
    return () => releases.forEach((release) => release())
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
      return {
        name,
        settings,
        relay: relay?.view ?? null,
        withdrawals: withdrawals?.view ?? null,
        treasury: treasury?.view ?? null,
        checks,
        file,
        daemons: {
          asset: healthWord(asset.rpc.health, monotonicMs()),
          reference: healthWord(reference.rpc.health, monotonicMs()),
        },
        trouble,
      }
    },
    async run(signal) {
      const release = lock()
      try {
        tellDamaged()
        await ready(signal)
        await Promise.all([
          loop(() => relayPass(signal), eager, signal),
          loop(
            async () => {
              if (!complete) await prepare({ signal })
              await withdrawals?.pass(signal)
            },
            () => Math.min(WITHDRAW_MS, settings.pollMs * 2),
            signal,
          ),
        ])
      } finally {
        release()
      }
    },
    async once(signal) {
      const release = lock()
      try {
        if (!(await prepare({ signal }))) {
          const wrong = checks.filter(({ result }) => result === 'fail' || result === 'wait')
          throw fail(
            'E_FEED_CHECK',
            `${name}: ${wrong.map(({ name: what, found }) => `${what}: ${found}`).join('; ')}`,
          )
        }
        await relayPass(signal)
        await withdrawals?.pass(signal)
      } finally {
        release()
      }
    },
    close() {
      asset.close()
      reference.close()
    },
  }
}

function* heightsIn(ranges: readonly (readonly [from: number, to: number])[]): Iterable<number> {
  for (const [from, to] of ranges) for (let height = from; height <= to; height++) yield height
}

/** How fast the reference chain grows; one block a minute until that is known. */
function createPace(monotonicMs: () => number) {
  const KNOWN_MS = 600_000
  let first: { height: number; at: number } | null = null
  let last: { height: number; at: number } | null = null
  return {
    saw(height: number): void {
      last = { height, at: monotonicMs() }
      first ??= last
    },
    perHour(): number {
      if (first === null || last === null || last.at - first.at < KNOWN_MS) return 60
      return Math.max(1, ((last.height - first.height) / (last.at - first.at)) * 3_600_000)
    },
  }
}
