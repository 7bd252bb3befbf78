/**
 * Publishes headers, pass by pass. What to do comes from the chain each time: the baton, the mempool, the reference
 * chain. One pass sends as many headers as the coming block can take (docs/protocol/komodo.md#subscriptions).
 */
import { isWritable, type CallOptions, type KomodoClient, type Registration } from '../../komodo/index.js'
import { createBatonChain, headersOf, type Walk } from './baton-chain.js'
import { createBatonWatch } from './baton-watch.js'
import { AT_ONCE } from './build-queue.js'
import { budgetOf, type Budget, type OracleUtxo } from './funds.js'
import { createMempool, type Mempool } from './mempool.js'
import { planHeaders, type HeightRange, type HeaderPlan } from './plan.js'
import { createPublish, type HeaderParts, type PublishBasis } from './publish.js'
import { createReference, type Reference } from './reference.js'
import { advanceRelay, FIRST_COURSE, type Course, type RelayFact } from './relay-states.js'
import { createSubscriptions } from './subscriptions.js'

export interface RelayParts extends HeaderParts {
  readonly reference: KomodoClient
  /** Ranges that an operator asked for. */
  readonly wanted: () => Iterable<number>
  /** All that an operator asked for at any time. */
  readonly asked: () => readonly HeightRange[]
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

interface Seen {
  readonly tip: number | null
  readonly assetHeight: number | null
  /** When the last pass ended that reached both chains, UNIX ms. */
  readonly lastPass: number | null
  /** When a header was published last, or there was nothing to publish: `monotonicMs`. */
  readonly lastProgress: number | null
  readonly facts: RelayFacts | null
}

export interface RelayView extends Seen, Pick<Course, 'state' | 'plan' | 'headers' | 'repairs' | 'refused'> {
  readonly reorgs: { readonly reference: number; readonly asset: number }
  readonly budget: Budget | null
}

export interface Relay {
  readonly view: RelayView
  /** Throws what the daemons throw. */
  pass(signal: AbortSignal): Promise<void>
}

/** Heights that are compared with the reference chain in one pass; from then on every reorganisation is seen. */
const COMPARED = 300

export function createRelay(parts: RelayParts): Relay {
  const { settings, asset, emit, published, now, monotonicMs, inTurn = AT_ONCE } = parts
  const { name: gateway, oracleTxid, pubkey } = settings
  const reference = createReference(parts.reference, () => coin)
  const batons = createBatonChain(asset, { oracleTxid, publisher: pubkey })
  const mempool = createMempool(asset)
  const subscriptions = createSubscriptions(asset, oracleTxid)
  const reorgs = { reference: 0, asset: 0 }
  const seen: { -readonly [K in keyof Seen]: Seen[K] } = {
    ...{ tip: null, assetHeight: null, lastPass: null, lastProgress: null, facts: null },
  }
  let course = FIRST_COURSE
  let [coin, wrong] = ['', 0]

  const judge = createBatonWatch({ ...parts, mempool, onReorg: () => void reorgs.asset++ })
  const publish = createPublish({
    ...{ ...parts, reference, mempool },
    sent(txid, hex) {
      for (const each of [mempool, batons, subscriptions]) each.learn(txid, hex)
    },
  })

  async function pass(signal: AbortSignal): Promise<void> {
    const options = { signal }
    const { lost } = await reference.refresh(options)
    seen.tip = reference.tip
    if (lost > 0 && published.head !== null) reorgs.reference++
    const { blocks: assetHeight } = await asset.chainInfo(options)
    seen.assetHeight = assetHeight
    const oracle = await asset.oracleInfo(oracleTxid, options)
    coin = oracle.name
    const registration = oracle.registered.find(({ publisher }) => publisher === pubkey)
    if (registration === undefined) return void learn({ fact: 'unregistered', tip: reference.tip })
    const facts = await look(registration, assetHeight, options)
    learn({ fact: 'planned', plan: await planFor(facts, options), tip: reference.tip })
    seen.lastPass = now()
    const fact: RelayFact = {
      fact: 'judged',
      baton: await judge(facts.walk, registration, assetHeight, options),
      known: reference.headers,
      writable: isWritable(asset.rpc.health),
      funded: facts.utxos.some((utxo) => mempool.isSpent(utxo)) || registration.funds >= registration.dataFee,
    }
    await follow(fact, { registration, assetHeight, subscriptions: facts.utxos }, options)
  }

  /** One header after the other, until nothing is to be done in this pass. */
  async function follow(first: RelayFact, basis: PublishBasis, options: CallOptions): Promise<void> {
    for (let fact = first; ;) {
      const action = learn(fact)
      if (action.do === 'rest') return
      fact = await inTurn(() => publish(action, basis, options))
    }
  }

  function learn(fact: RelayFact) {
    const move = advanceRelay(course, fact)
    course = move.course
    for (const tell of move.tells) emit({ ...tell, gateway })
    const isIdle = fact.fact === 'judged' && course.state.state === 'idle'
    if (isIdle || fact.fact === 'published' || fact.fact === 'shown') seen.lastProgress = monotonicMs()
    return move.action
  }

  /** What the asset chain holds of ours. */
  async function look(
    registration: Registration,
    assetHeight: number,
    options: CallOptions,
  ): Promise<RelayFacts> {
    await mempool.refresh(options)
    const walk = await batons.follow(registration.batonTxid, settings.reach + 1, options)
    const utxos = await subscriptions.list(registration, options)
    const left = utxos.filter((utxo) => !mempool.isSpent(utxo))
    const budget = budgetOf(left, registration.dataFee)
    seen.facts = { assetHeight, registration, utxos, budget, mempool, walk }
    return seen.facts
  }

  async function planFor({ walk, budget }: RelayFacts, options: CallOptions): Promise<HeaderPlan> {
    const headers = headersOf(walk)
    await compare(reference, headers, options)
    const { depth, startHeight, reach } = settings
    const heights = walk.samples.flatMap(({ header, signed }) =>
      header === null || !signed ? [] : [header.height],
    )
    const knownFrom = walk.whole ? null : Math.min(...heights.slice(-20))
    const owed = published.owed.filter((height) => height >= (knownFrom ?? 0))
    const plan = planHeaders({
      ...{ tip: reference.tip, depth, startHeight, reach, knownFrom },
      published: headers,
      reference: reference.hashes,
      wanted: new Set([...owed, ...parts.wanted()]),
      asked: parts.asked(),
      most: Math.min(settings.perBlock - inFlight(walk, mempool), budget.perBlock),
    })
    if (plan.wrong > wrong) {
      const message = `${plan.wrong} published headers are no longer in the reference chain: published again`
      emit({ event: 'reorg', gateway, chain: 'reference', headers: plan.wrong, message })
    }
    wrong = plan.wrong
    return plan
  }

  return {
    get view() {
      return { ...course, ...seen, budget: seen.facts?.budget ?? null, reorgs }
    },
    pass,
  }
}

/** How many headers of ours wait for the coming block. */
function inFlight({ samples }: Walk, mempool: Mempool): number {
  const mined = samples.findIndex(({ txid }) => !mempool.transactions.has(txid))
  return mined < 0 ? samples.length : mined
}

/** Holds what was published against the reference chain, newest first. */
async function compare(
  reference: Reference,
  headers: ReadonlyMap<number, string>,
  options: CallOptions,
): Promise<void> {
  let looked = 0
  for (const height of headers.keys()) {
    if (looked >= COMPARED) break
    if (height > reference.tip || reference.hashes.has(height)) continue
    await reference.hash(height, options)
    looked++
  }
}
