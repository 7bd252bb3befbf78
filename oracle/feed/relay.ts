/**
 * Publishes headers, pass by pass. What to do comes from the chain each time: the baton, the mempool, the reference
 * chain. One pass sends as many headers as the coming block can take (docs/protocol/komodo.md#subscriptions).
 */
import { CLOCK, isCoded, messageOf } from '../../base/index.js'
import {
  brokenRule,
  buildReason,
  decodeTransaction,
  encodePayload,
  inspectData,
  isWritable,
  opOf,
  sendAdvice,
  sendReason,
  type CallOptions,
  type InspectedData,
  type KomodoClient,
  type Outpoint,
  type Registration,
  type SendReason,
} from '../../komodo/index.js'
import { ORPHAN_ADVICE } from './baton.js'
import { createBatonChain, headersOf, type Walk } from './baton-chain.js'
import { createBatonWatch } from './baton-watch.js'
import type { FeedEvent, RelayState } from './events.js'
import { budgetOf, type Budget, type OracleUtxo } from './funds.js'
import { createMempool, type Mempool } from './mempool.js'
import { planHeaders, type HeightRange, type Job, type Plan } from './plan.js'
import type { Published } from './published.js'
import { createReference, type ReferenceHeader } from './reference.js'
import type { GatewaySettings } from './config.js'
import { AT_ONCE, type InTurn } from './build-queue.js'

export interface RelayParts {
  readonly settings: GatewaySettings
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly format: 'Ihh' | 'IhhL'
  /** Satoshis at the deposit address, for the format `IhhL`. */
  readonly balance: (options: CallOptions) => Promise<bigint>
  readonly published: Published
  /** Ranges that an operator asked for. */
  readonly wanted: () => Iterable<number>
  /** All that an operator asked for at any time. */
  readonly asked: () => readonly HeightRange[]
  readonly dryRun: boolean
  /** For what is built and sent on the asset daemon. */
  readonly inTurn?: InTurn
  readonly emit: (event: FeedEvent) => void
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** UNIX ms. */
  readonly now: () => number
  /** Default: the machine's. */
  readonly monotonicMs?: () => number
}

/** What one pass found, for the parts beside it: funds, metrics, status. */
export interface RelayFacts {
  readonly assetHeight: number
  readonly registration: Registration
  readonly utxos: readonly OracleUtxo[]
  readonly budget: Budget
  readonly mempool: Mempool
  readonly walk: Walk
}

export interface RelayView {
  state: RelayState
  plan: Plan | null
  tip: number | null
  assetHeight: number | null
  /** Since the start. */
  headers: number
  repairs: number
  reorgs: { reference: number; asset: number }
  refused: number
  /** When the last pass ended that reached both chains, UNIX ms. */
  lastPass: number | null
  /** When a header was published last, or there was nothing to publish: `monotonicMs`. */
  lastProgress: number | null
  budget: Budget | null
  facts: RelayFacts | null
}

export interface Relay {
  readonly view: RelayView
  /** Throws what the daemons throw. */
  pass(signal: AbortSignal): Promise<void>
}

/** Heights that are compared with the reference chain in one pass; from then on every reorganisation is seen. */
const COMPARED = 300
/** Blocks that a reference node may lack before it counts as still syncing. */
const SYNC_SLACK = 3
/** The wallet learns of its own change within a second (docs/protocol/komodo.md#contract-calls). */
const WALLET_MS = 1_100
const WALLET_TRIES = 4
const FORGERIES: ReadonlySet<string> = new Set(['E_KOMODO_HEADER', 'E_FEED_FORGED'])

export function createRelay(parts: RelayParts): Relay {
  const { settings, asset, emit, published, now, monotonicMs = CLOCK.monotonicMs, inTurn = AT_ONCE } = parts
  const { name: gateway, oracleTxid, pubkey } = settings
  const reference = createReference(parts.reference, () => coin)
  const batons = createBatonChain(asset, { oracleTxid, publisher: pubkey })
  const mempool = createMempool(asset)
  const view: RelayView = {
    state: { state: 'starting' },
    plan: null,
    tip: null,
    assetHeight: null,
    headers: 0,
    repairs: 0,
    reorgs: { reference: 0, asset: 0 },
    refused: 0,
    lastPass: null,
    lastProgress: null,
    budget: null,
    facts: null,
  }
  let coin = ''
  /** Said once. */
  let forgery = ''
  let refusal: SendReason | null = null

  const become = (state: RelayState): void => {
    const changed = state.state !== view.state.state
    view.state = state
    if (!changed) return
    emit({
      event: 'state',
      gateway,
      state: state.state,
      message: 'why' in state ? state.why : '',
      published: view.plan?.top ?? null,
      tip: view.tip,
      lag: view.plan?.lag ?? null,
    })
  }

  const watch = createBatonWatch({
    ...parts,
    mempool,
    become,
    onReorg: () => void view.reorgs.asset++,
    monotonicMs,
  })

  async function pass(signal: AbortSignal): Promise<void> {
    const options = { signal }
    const { lost } = await reference.refresh(options)
    view.tip = reference.tip
    if (lost > 0 && published.head !== null) view.reorgs.reference++
    const { blocks: assetHeight } = await asset.chainInfo(options)
    view.assetHeight = assetHeight
    const oracle = await asset.oracleInfo(oracleTxid, options)
    coin = oracle.name
    const registration = oracle.registered.find(({ publisher }) => publisher === pubkey)
    if (registration === undefined)
      return become({
        state: 'blocked',
        why: 'the publisher is not registered, or its registration is not confirmed',
      })
    await mempool.refresh(options)
    const walk = await batons.follow(registration.batonTxid, settings.reach + 1, options)
    const utxos = await subscriptions(registration, options)
    const budget = budgetOf(
      utxos.filter((utxo) => !mempool.isSpent(utxo)),
      registration.dataFee,
    )
    view.budget = budget
    view.facts = { assetHeight, registration, utxos, budget, mempool, walk }
    const headers = headersOf(walk)
    await compare(headers, options)
    const plan = planOf(headers, walk, budget)
    noteWrong(plan)
    view.plan = plan
    view.lastPass = now()

    const verdict = await watch.judge(walk, registration, assetHeight, options)
    if (verdict.verdict !== 'build') return
    if (reference.headers - reference.tip > SYNC_SLACK)
      return become({
        state: 'sync',
        why: `the reference node is at ${reference.tip} of ${reference.headers} blocks`,
      })
    if (!isWritable(asset.rpc.health))
      return become({
        state: 'daemon',
        why: 'the asset daemon hung: waiting until its height moves or it is restarted',
      })
    if (plan.jobs.length === 0) return rest(plan, registration)
    await publishAll(plan, { registration, assetHeight, budget, on: verdict.on }, options)
  }

  function planOf(headers: ReadonlyMap<number, string>, walk: Walk, budget: Budget): Plan {
    const { depth, startHeight, reach } = settings
    const heights = walk.samples.flatMap(({ header, signed }) =>
      header === null || !signed ? [] : [header.height],
    )
    const knownFrom = walk.whole ? null : Math.min(...heights.slice(-20))
    const owed = published.owed.filter((height) => height >= (knownFrom ?? 0))
    return planHeaders({
      tip: reference.tip,
      depth,
      startHeight,
      reach,
      published: headers,
      knownFrom,
      reference: reference.hashes,
      wanted: new Set([...owed, ...parts.wanted()]),
      asked: parts.asked(),
      most: Math.min(settings.perBlock - inFlight(walk), budget.perBlock),
    })
  }

  /** Headers of ours that wait for the coming block. */
  function inFlight({ samples }: Walk): number {
    const mined = samples.findIndex(({ txid }) => !mempool.transactions.has(txid))
    return mined < 0 ? samples.length : mined
  }

  /** What was published is held against the reference chain, newest first. */
  async function compare(headers: ReadonlyMap<number, string>, options: CallOptions): Promise<void> {
    let looked = 0
    for (const height of headers.keys()) {
      if (looked >= COMPARED) break
      if (height > reference.tip || reference.hashes.has(height)) continue
      await reference.hash(height, options)
      looked++
    }
  }

  let wrong = 0
  function noteWrong(plan: Plan): void {
    if (plan.wrong > wrong) {
      const message = `${plan.wrong} published headers are no longer in the reference chain: published again`
      emit({ event: 'reorg', gateway, chain: 'reference', headers: plan.wrong, message })
    }
    wrong = plan.wrong
  }

  async function subscriptions(registration: Registration, options: CallOptions): Promise<OracleUtxo[]> {
    fundsAddress ??= await asset.oracleFundsAddress(registration.publisher, options)
    const found = await asset.utxos(fundsAddress, true, options)
    const mine: OracleUtxo[] = []
    for (const utxo of found) if (utxo.sat >= 10_000n && (await isOurs(utxo, options))) mine.push(utxo)
    if (origins.size > 5_000) origins.clear()
    return mine
  }
  let fundsAddress: string | null = null
  const origins = new Map<string, boolean>()

  /** The address holds the subscriptions of every oracle that the key publishes for, and what `oraclesfund` made. */
  async function isOurs({ txid }: Outpoint, options: CallOptions): Promise<boolean> {
    const known = origins.get(txid)
    if (known !== undefined) return known
    const found = await asset.transaction(txid, options)
    if (found === null) return false
    const ours = isSubscription(found.hex, oracleTxid)
    origins.set(txid, ours)
    return ours
  }

  /** Nothing can be sent: why? */
  function rest(plan: Plan, registration: Registration): void {
    const due = plan.lag + plan.gaps + plan.wrong
    if (due === 0) {
      view.lastProgress = monotonicMs()
      return become({ state: 'idle' })
    }
    const spent = view.facts?.utxos.some((utxo) => mempool.isSpent(utxo)) ?? false
    if (spent || registration.funds >= registration.dataFee) return become({ state: 'budget' })
    become({ state: 'funds', why: 'the oracle has no subscription left that covers the fee of a header' })
  }

  interface PublishBasis {
    readonly registration: Registration
    readonly assetHeight: number
    readonly budget: Budget
    readonly on: string
  }

  async function publishAll(plan: Plan, ground: PublishBasis, options: CallOptions): Promise<void> {
    const { jobs } = plan
    // One header now and then is what it does while it is idle.
    const busy = jobs.length > 1 || view.state.state !== 'idle'
    let on = ground.on
    for (const job of jobs) {
      const sent = await inTurn(() => publish(job, { ...ground, on }, options))
      if (sent === null) return
      if (busy) become({ state: 'publishing' })
      // What was not sent is nothing to build on: in a dry run each stands for itself.
      if (parts.dryRun) continue
      on = sent.txid
      note(job)
    }
    const { lag, gaps, wrong } = view.plan ?? plan
    if (lag + gaps + wrong === 0) become({ state: 'idle' })
  }

  /** The plan of this pass, with one header less to do. */
  function note({ height, why }: Job): void {
    const { plan } = view
    if (plan === null) return
    view.plan = {
      ...plan,
      top: Math.max(plan.top ?? 0, height),
      lag: plan.lag - (why === 'live' ? 1 : 0),
      gaps: plan.gaps - (why === 'gap' ? 1 : 0),
      wrong: plan.wrong - (why === 'repair' ? 1 : 0),
    }
  }

  /** Null if no more can be sent in this pass; the state says why. */
  async function publish(
    job: Job,
    ground: PublishBasis,
    options: CallOptions,
  ): Promise<InspectedData | null> {
    const header = await provenHeader(job.height, options)
    if (header === null) return null
    const balance = parts.format === 'IhhL' ? await parts.balance(options) : null
    const payload = encodePayload({ ...header, balance })
    const built = await build(payload, ground, options)
    if (built === null) return null
    if (!parts.dryRun) {
      published.add({ txid: built.txid, hex: built.hex, height: job.height })
      if (!(await send(built, options))) return null
      mempool.add(built.txid, built.hex)
      batons.learn(built.txid, built.hex)
      origins.set(built.txid, true)
      view.headers++
      if (job.why === 'repair') view.repairs++
    }
    view.lastProgress = monotonicMs()
    const { txid } = built
    emit({
      event: 'header',
      gateway,
      height: job.height,
      txid,
      hash: header.hash,
      why: job.why,
      payload,
      dryRun: parts.dryRun,
    })
    return built
  }

  /** Null: the reference daemon says what cannot be; nothing of it is published. */
  async function provenHeader(height: number, options: CallOptions): Promise<ReferenceHeader | null> {
    try {
      const header = await reference.header(height, options)
      forgery = ''
      return header
    } catch (error) {
      if (!isCoded(error) || !FORGERIES.has(error.code)) throw error
      view.refused++
      const why = `header ${height} is not published: ${error.message}`
      if (forgery !== why) emit({ event: 'notice', gateway, level: 'error', code: error.code, message: why })
      forgery = why
      become({ state: 'blocked', why })
      return null
    }
  }

  async function build(
    payload: string,
    ground: PublishBasis,
    options: CallOptions,
  ): Promise<InspectedData | null> {
    const { registration } = ground
    for (let attempt = 1; ; attempt++) {
      try {
        const hex = await asset.oracleData(oracleTxid, payload, options)
        const intent = {
          oracleTxid,
          publisher: pubkey,
          payload,
          baton: ground.on,
          batonAddress: registration.baton,
          dataFee: registration.dataFee,
          subscriptions: view.facts?.utxos ?? [],
        }
        return inspectData(hex, intent, { height: ground.assetHeight, pubkey })
      } catch (error) {
        const reason = buildReason(error)
        if (reason === 'normal-coins' && attempt < WALLET_TRIES) {
          await parts.sleep(WALLET_MS, options.signal)
          continue
        }
        return notBuilt(error)
      }
    }
  }

  function notBuilt(error: unknown): null {
    switch (buildReason(error)) {
      case 'oracle-funds':
        become({ state: 'budget' })
        return null
      case 'normal-coins':
        become({
          state: 'funds',
          why: 'the wallet has no coins for the transaction fee: send some to its address',
        })
        return null
      case 'no-key':
        become({ state: 'blocked', why: "the wallet lacks the publisher's private key: importprivkey" })
        return null
      case 'unregistered':
        become({ state: 'blocked', why: 'the registration of the publisher is not confirmed' })
        return null
      case null:
        break
      default:
        become({ state: 'blocked', why: messageOf(error) })
        return null
    }
    const rule = brokenRule(error)
    if (rule === null) throw error
    view.refused++
    emit({ event: 'notice', gateway, level: 'warn', code: 'E_KOMODO_INSPECT', message: messageOf(error) })
    become(
      rule === 'baton'
        ? { state: 'baton', why: "the daemon built on another baton than our last one: it wasn't sent" }
        : { state: 'blocked', why: messageOf(error) },
    )
    return null
  }

  async function send(built: InspectedData, options: CallOptions): Promise<boolean> {
    try {
      await asset.send(built.hex, options)
      refusal = null
      return true
    } catch (error) {
      const reason = sendReason(error)
      // Whether it arrived is not known: the next pass sees it, or sends it again.
      if (reason === null) throw error
      if (reason === 'in-chain') return true
      published.drop(built.txid)
      const lost = reason === 'spent' ? await lostInput(built.hex, options) : null
      const advice = lost ?? sendAdvice(reason)
      const text = `the daemon does not take the header: ${messageOf(error)}${advice === '' ? '' : `; ${advice}`}`
      if (reason !== refusal)
        emit({
          event: 'notice',
          gateway,
          level: 'warn',
          code: isCoded(error) ? error.code : 'unknown',
          message: text,
        })
      refusal = reason
      become(
        lost === null && (reason === 'conflict' || reason === 'spent')
          ? { state: 'baton', why: 'an input of the header is spent already: looking again' }
          : { state: 'blocked', why: text },
      )
      return false
    }
  }

  /** The daemon builds on what an unclean stop left in its address index: an input of a block that is lost. */
  async function lostInput(hex: string, options: CallOptions): Promise<string | null> {
    for (const { txid } of decodeTransaction(hex).inputs) {
      if (mempool.transactions.has(txid)) continue
      if ((await asset.transaction(txid, options))?.orphaned === true)
        return `its input ${txid} stands in a block that is lost: if the daemon has no peers that still have the block, ${ORPHAN_ADVICE}`
    }
    return null
  }

  return { view, pass }
}

/** Whether the daemon takes outputs of this transaction for headers of the oracle. */
function isSubscription(hex: string, oracleTxid: string): boolean {
  const op = opOf(decodeTransaction(hex))
  return (op?.op === 'oracle-subscribe' || op?.op === 'oracle-data') && op.oracleTxid === oracleTxid
}
