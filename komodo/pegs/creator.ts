/**
 * Creates a peg: from an empty chain to one whose accounts can get coins. Every write is built, held against the plan,
 * written down, sent and confirmed; whatever happens in between, it goes on from there (docs/protocol/pegs.md).
 */
import { isCoded } from '../../base/index.js'
import type { KomodoClient } from '../client.js'
import { inspectRegistration, inspectSubscribe } from '../inspect.js'
import { coinsText, depositAddress, pubkeyAddress } from '../tx/index.js'
import { pegFamily } from './capabilities.js'
import { deadlineOf, isCrossing, stagesOf, type CreatorState, type Stage } from './creator-states.js'
import { fail } from './errors.js'
import { tellingPause } from './frozen.js'
import { evaluateExpression, parseExpression, priceBy } from './expression.js'
import { inspectBind, inspectOracle, inspectPeg, inspectToken } from './inspect.js'
import type { Journal } from './journal.js'
import { launchLine, type LaunchCheck } from './launch.js'
import { checkSizes, ownOutputs } from './operations.js'
import { costOf, LAST_HEIGHT, whyImpossible, type GatewayPlan, type PegPlan } from './plan.js'
import { carry, type WriteEvent, type WriteSpec } from './write.js'

export type CreatorEvent =
  | {
      readonly event: 'pegs.state'
      readonly state: CreatorState
      readonly height: number
      readonly pegstxid: string | null
      readonly [key: string]: unknown
    }
  | {
      readonly event: 'pegs.write'
      readonly id: string
      readonly stage: WriteEvent['stage']
      readonly txid: string
      readonly height: number | null
    }
  | { readonly event: 'pegs.deadline'; readonly height: number; readonly left: number }
  /** No block comes. */
  | { readonly event: 'pegs.still'; readonly height: number; readonly message: string }

export interface Operator {
  /** Says that the daemons were started again with -earlytxid. */
  readonly confirms: boolean
  /** Starts the daemons again; absent: the operator does it. */
  readonly restart?: (pegsTxid: string) => Promise<void>
  /** How the daemon was started, as far as it is seen; null: before there is a peg. */
  readonly launched: (pegsTxid: string | null) => LaunchCheck
}

export interface CreatorOptions {
  readonly plan: PegPlan
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly journal: Journal
  readonly signal: AbortSignal
  /** Waits for news of the chain. */
  readonly pause: () => Promise<void>
  readonly tell: (event: CreatorEvent) => void
  readonly operator: Operator
}

const given = ({ signal }: CreatorOptions) => ({ signal })

/** The oracle's description and format; its name is the coin's, or deposits fail. */
const ORACLE = { description: 'blockheaders', format: 'Ihh' } as const

/** Resolves when the peg is READY. Throws `E_PEGS_…`; given again it goes on. */
export async function createPeg(options: CreatorOptions): Promise<string> {
  try {
    const tell = (height: number, message: string): void =>
      options.tell({ event: 'pegs.still', height, message })
    return await create({ ...options, pause: tellingPause(options.asset, { ...options, tell }) })
  } catch (error) {
    // While an operator is asked for something the 100 blocks must not go by.
    const isAsking = isCoded(error) && error.code.startsWith('E_PEGS_')
    if (isAsking && options.journal.fact('restarted') === null)
      await mine(options, false).catch(() => undefined)
    throw error
  }
}

async function create(options: CreatorOptions): Promise<string> {
  const { plan, journal } = options
  const { height } = await preflight(options)
  say(options, 'PREFLIGHT', height)
  await bringUp(options)
  const ids = await makeGateways(options)
  const pegsTxid = await makePeg(options, ids)
  journal.learn({ pegsTxid })
  await holdKeys(options)
  await restart(options, pegsTxid)
  await awaitHeaders(options)
  await awaitPrices(options)
  journal.learn({ ready: 'yes' })
  say(options, 'READY', await heightOf(options), {
    gateways: plan.gateways.map(({ token }) => ({ token, ...ids.get(token) })),
  })
  return pegsTxid
}

function say(
  { tell, journal }: CreatorOptions,
  state: CreatorState,
  height: number,
  more: Readonly<Record<string, unknown>> = {},
): void {
  tell({ event: 'pegs.state', state, height, pegstxid: journal.fact('pegsTxid'), ...more })
}

async function heightOf(options: CreatorOptions): Promise<number> {
  return (await options.asset.chainInfo(given(options))).blocks
}

/** Stages whose transactions are written down; each is confirmed before the next is built. */
function stagesDone({ plan, journal }: CreatorOptions): number {
  const written = stagesOf(plan).map(({ id }) => journal.fact(`done:${id}`) !== null)
  const first = written.indexOf(false)
  return first < 0 ? written.length : first
}

/** Nothing is sent before this. Throws `E_PEGS_DAEMON`, `E_PEGS_LATE`, `E_PEGS_EXISTS`. */
export async function preflight(options: CreatorOptions) {
  const { plan, asset, reference, journal } = options
  const { pubkey, blocks } = await asset.nodeInfo(given(options))
  if (pubkey !== plan.pubkey)
    throw fail(
      'E_PEGS_DAEMON',
      `${asset.name} was started with ${pubkey === null ? 'no -pubkey' : `-pubkey=${pubkey}`}, the plan says ${plan.pubkey}`,
    )
  const family = await pegFamily(asset.rpc, 'creator', given(options))
  const launch = options.operator.launched(null)
  if (launch.found && launch.missing.length > 0)
    throw fail(
      'E_PEGS_DAEMON',
      `${asset.name} was started without ${launch.missing.join(' ')}, which cannot be changed: begin a new chain with ${launchLine(plan, null)}`,
    )
  const address = pubkeyAddress(plan.pubkey)
  const own = await asset.address(address, given(options))
  if (!own.mine)
    throw fail(
      'E_PEGS_DAEMON',
      `${asset.name} lacks the private key of ${address}: importprivkey, then again`,
    )
  const { blocks: tip, headers } = await reference.chainInfo(given(options))
  if (headers - tip > 2)
    throw fail('E_PEGS_DAEMON', `${reference.name} is at ${tip} of ${headers}: wait until it is synced`)
  const why = whyImpossible(plan, blocks, stagesDone(options))
  if (
    why !== null &&
    stagesDone(options) < stagesOf(plan).length &&
    Object.keys(journal.state.writes).length === 0
  )
    throw fail('E_PEGS_LATE', why)
  await refuseStrangers(options)
  return { family, height: blocks }
}

/** Tokens of the same name and key that this journal does not know: the plan was begun elsewhere. */
async function refuseStrangers(options: CreatorOptions): Promise<void> {
  const { plan, asset, journal } = options
  const known = new Set(Object.values(journal.state.writes).map(({ txid }) => txid))
  for (const tokenId of await asset.tokenList(given(options))) {
    if (known.has(tokenId)) continue
    const { name, owner } = await asset.tokenInfo(tokenId, given(options))
    if (owner === plan.pubkey && plan.gateways.some(({ token }) => token === name))
      throw fail('E_PEGS_EXISTS', `${asset.name} has a token ${name} of this key already: ${tokenId}`)
  }
}

/** Mining on, the first block there, enough coins, and a price by each expression. */
async function bringUp(options: CreatorOptions): Promise<void> {
  const { plan, asset, pause, journal } = options
  await mine(options, true)
  if (journal.fact('up') !== null) return
  say(options, 'CHAIN_UP', await heightOf(options))
  const { total } = costOf(plan)
  for (;;) {
    const { balance, blocks } = await asset.nodeInfo(given(options))
    if (blocks >= 1 && balance >= total) break
    if (blocks >= 3)
      throw fail(
        'E_PEGS_DAEMON',
        `the wallet of ${asset.name} has ${coinsText(balance)} of ${coinsText(total)} coins: block 1 paid another key, or -ac_supply is too small`,
      )
    await pause()
  }
  await checkPrices(options)
  journal.learn({ up: 'yes' })
}

async function mine({ plan, asset, signal }: CreatorOptions, on: boolean): Promise<void> {
  if (plan.mining) await asset.setMining(on, { signal })
}

/** The expressions, by the feeds of the chain itself: a token's can never be changed. */
export async function checkPrices({ plan, asset, signal }: CreatorOptions): Promise<void> {
  const { feeds } = await asset.prices(1, { signal })
  const names = feeds.map(({ name }) => name)
  for (const { token, price } of plan.gateways) {
    const parsed = parseExpression(price, names)
    if (!parsed.ok)
      throw fail('E_PEGS_PRICE', `${token}: ${parsed.message}`, { details: { code: parsed.code } })
    const raw = new Map(feeds.map(({ name, samples }) => [name, samples[0]?.raw ?? 0n]))
    if (evaluateExpression(parsed.steps, (feed) => raw.get(feed) ?? 0n) === 0n)
      throw fail('E_PEGS_PRICE', `${token}: ${price} makes 0 of the chain's prices`)
  }
}

interface GatewayIds {
  readonly tokenId: string
  readonly oracleTxid: string
  readonly bindTxid: string
}

async function makeGateways(options: CreatorOptions): Promise<ReadonlyMap<string, GatewayIds>> {
  const { asset, plan } = options
  const made = new Map<string, GatewayIds>()
  for (const gateway of plan.gateways) {
    const { token, coin, supply, price, dataFee } = gateway
    const tokenId = await step(options, `token:${token}`, async (place) => {
      const hex = await asset.tokenCreate(token, supply, price, given(options))
      return inspectToken(hex, { name: token, supply, description: price }, place)
    })
    const oracleTxid = await step(options, `oracle:${token}`, async (place) => {
      const hex = await asset.oracleCreate(coin, ORACLE.description, ORACLE.format, given(options))
      return inspectOracle(hex, { name: coin, ...ORACLE }, place)
    })
    await step(options, `fund:${token}`, async (place) =>
      inspectRegistration(
        await asset.oracleFund(oracleTxid, given(options)),
        { oracleTxid, sat: null },
        place,
      ),
    )
    await step(options, `register:${token}`, async (place) => {
      const hex = await asset.oracleRegister(oracleTxid, dataFee, given(options))
      return inspectRegistration(hex, { oracleTxid, sat: dataFee }, place)
    })
    await subscribe(options, gateway, oracleTxid)
    await awaitBalances(options, gateway)
    const bind = { gateway, tokenId, oracleTxid }
    const bindTxid = await step(options, `bind:${token}`, (place) => buildBind(options, bind, place))
    await checkGateway(options, { ...bind, bindTxid })
    made.set(token, { tokenId, oracleTxid, bindTxid })
  }
  return made
}

function stageOf({ plan }: CreatorOptions, id: string): Stage {
  return stagesOf(plan).find((stage) => stage.id === id) as Stage
}

type Place = Awaited<ReturnType<typeof around>>
/** What the daemon built, held against the plan. */
type Build = (place: Place) => ReturnType<WriteSpec['build']>

/** One write of a stage, confirmed. */
async function step(options: CreatorOptions, id: string, build: Build): Promise<string> {
  const stage = stageOf(options, id)
  await announce(options, stage)
  return confirm(options, stage, build)
}

async function announce(options: CreatorOptions, { id, state }: Stage): Promise<void> {
  if (options.journal.fact(`done:${id}`) === null) say(options, state, await heightOf(options))
}

async function confirm(options: CreatorOptions, { id }: Stage, build: Build): Promise<string> {
  const { journal, plan } = options
  const { txid } = await write(options, id, build, plan.confirmations)
  journal.learn({ [`done:${id}`]: txid })
  return txid
}

const write = (options: CreatorOptions, id: string, build: Build, confirmations: number) =>
  carry(writing(options), {
    ...{ id, confirmations },
    build: async (height) => build(await around(options, height)),
  })

/** Before each look at the chain the limit is worked out anew. */
function writing(options: CreatorOptions) {
  const { asset, journal, signal, tell } = options
  return {
    client: asset,
    journal,
    signal,
    pause: async () => {
      await options.pause()
      await watchDeadline(options)
    },
    tell: ({ id, txid, stage, height }: WriteEvent) => tell({ event: 'pegs.write', id, stage, txid, height }),
  }
}

async function watchDeadline(options: CreatorOptions): Promise<void> {
  const { plan, tell } = options
  const done = stagesDone(options)
  if (done >= stagesOf(plan).length) return
  const deadline = deadlineOf(plan, await heightOf(options), done)
  if (deadline.is === 'missed') {
    throw fail('E_PEGS_LATE', deadline.why)
  }
  if (deadline.is === 'near') tell({ event: 'pegs.deadline', height: deadline.height, left: deadline.left })
}

/** Waits over the heights at which transactions change their version. */
async function around(options: CreatorOptions, height: number) {
  let at = height
  while (isCrossing(at)) {
    await options.pause()
    at = await heightOf(options)
  }
  return { height: at, pubkey: options.plan.pubkey }
}

/** All in one block where the wallet can, each with an output of its own: one header a block for each. */
async function subscribe(options: CreatorOptions, gateway: GatewayPlan, oracleTxid: string): Promise<void> {
  const { plan, asset } = options
  const stage = stageOf(options, `subscribe:${gateway.token}`)
  const sat = gateway.subscription
  const build: Build = async (place) => {
    const hex = await asset.oracleSubscribe(oracleTxid, plan.pubkey, sat, given(options))
    return inspectSubscribe(hex, { oracleTxid, publisher: plan.pubkey, sat }, place)
  }
  const more = Array.from({ length: gateway.subscriptions - 1 }, (_, k) => `${stage.id}:${k + 1}`)
  await announce(options, stage)
  for (const id of more) await write(options, id, build, 0)
  await confirm(options, stage, build)
  for (const id of more) await write(options, id, build, plan.confirmations)
}

/** A key without a coin cannot be bound. */
async function awaitBalances(options: CreatorOptions, { pubkeys, token }: GatewayPlan): Promise<void> {
  if (options.journal.write(`bind:${token}`) !== null) return
  for (const pubkey of pubkeys) {
    const address = pubkeyAddress(pubkey)
    if ((await options.asset.utxos(address, false, given(options))).length > 0) continue
    throw fail(
      'E_PEGS_OPERATOR',
      `the gateway's key ${pubkey} has no coins on ${options.asset.name}: send some to ${address} (sendtoaddress), then pegs resume; mining is stopped`,
    )
  }
}

interface Bind {
  readonly gateway: GatewayPlan
  readonly oracleTxid: string
  readonly tokenId: string
}

async function buildBind(options: CreatorOptions, bind: Bind, place: Place): ReturnType<Build> {
  const { asset, pause } = options
  const { gateway, tokenId, oracleTxid } = bind
  const { coin, supply, signatures: m, pubkeys } = gateway
  let now = place
  // The first binding of a chain kills a daemon in whose mempool anything waits.
  while ((await asset.mempool(given(options))).length > 0) {
    await pause()
    await watchDeadline(options)
    now = await around(options, await heightOf(options))
  }
  const facts = { tokenId, oracleTxid, coin, supply, m, pubkeys }
  return inspectBind(await asset.gatewayBind(facts, given(options)), facts, now)
}

/** What the daemon says of the gateway, and the address to which deposits go, worked out here. */
async function checkGateway(
  options: CreatorOptions,
  bind: Bind & { readonly bindTxid: string },
): Promise<void> {
  const { gateway, tokenId, oracleTxid, bindTxid } = bind
  const info = await options.asset.gatewayInfo(bindTxid, given(options))
  const address = depositAddress(gateway.signatures, gateway.pubkeys)
  const same =
    info.tokenId === tokenId &&
    info.oracleTxid === oracleTxid &&
    info.coin === gateway.coin &&
    info.m === gateway.signatures &&
    info.pubkeys.join() === gateway.pubkeys.join() &&
    info.deposit === address
  if (!same)
    throw fail(
      'E_PEGS_DIFFERS',
      `gatewaysinfo ${bindTxid} does not say what was bound: deposits would go to ${info.deposit}`,
    )
}

async function makePeg(options: CreatorOptions, ids: ReadonlyMap<string, GatewayIds>): Promise<string> {
  const { plan, asset } = options
  const bindTxids = plan.gateways.map(({ token }) => ids.get(token)?.bindTxid ?? '')
  const txid = await step(options, 'peg', async (place) => {
    checkSizes(plan.amount, await ownOutputs(asset, given(options)))
    const hex = await asset.pegsCreate(plan.amount, bindTxids, given(options))
    return inspectPeg(hex, { sat: plan.amount, bindTxids }, place)
  })
  const found = await asset.transaction(txid, given(options))
  if ((found?.height ?? Infinity) > LAST_HEIGHT)
    throw fail('E_PEGS_LATE', `the peg ${txid} stands at height ${found?.height}: no node can be told of it`)
  return txid
}

/** What signs and sees deposits on the reference chain. */
async function holdKeys(options: CreatorOptions): Promise<void> {
  const { plan, reference, asset } = options
  say(options, 'KEYS', await heightOf(options))
  for (const { token, signatures, pubkeys } of plan.gateways) {
    if (!pubkeys.includes(plan.pubkey)) continue
    const own = pubkeyAddress(plan.pubkey)
    if (!(await reference.address(own, given(options))).mine) {
      throw fail(
        'E_PEGS_OPERATOR',
        `${reference.name} lacks the key that pays withdrawals of ${token}: give "importprivkey KEY" there, KEY as "dumpprivkey ${own}" prints it on ${asset.name}; then pegs resume; mining is stopped`,
      )
    }
    if (pubkeys.length === 1) continue
    const deposit = depositAddress(signatures, pubkeys)
    const { watched, mine: mineToo, redeemScript } = await reference.address(deposit, given(options))
    if (!redeemScript) {
      const made = await reference.watchMultisig(signatures, pubkeys, given(options))
      if (made !== deposit)
        throw fail(
          'E_PEGS_DIFFERS',
          `${reference.name} makes ${made} of the gateway's keys instead of ${deposit}`,
        )
    }
    if (!watched && !mineToo) await reference.watch(deposit, token, given(options))
  }
}

/** All nodes are to be started with the peg's id; the operator does it, and the running process shows it. */
async function restart(options: CreatorOptions, pegsTxid: string): Promise<void> {
  const { plan, asset, journal, operator } = options
  if (journal.fact('restarted') === pegsTxid) return
  await mine(options, false)
  const command = launchLine(plan, pegsTxid)
  say(options, 'RESTART', await heightOf(options), { command })
  if (operator.restart) await operator.restart(pegsTxid)
  else checkRestart(options, pegsTxid, command)
  const found = await asset.transaction(pegsTxid, given(options))
  if ((found?.height ?? Infinity) > LAST_HEIGHT)
    throw fail(
      'E_PEGS_DIFFERS',
      `after the restart ${asset.name} has no peg ${pegsTxid} at height ${LAST_HEIGHT} or below`,
    )
  journal.learn({ restarted: pegsTxid })
}

function checkRestart({ operator, asset }: CreatorOptions, pegsTxid: string, command: string): void {
  const launch = operator.launched(pegsTxid)
  if (launch.found && launch.missing.length === 0) return
  const odd = launch.found && launch.odd.length > 0 ? ` (it has ${launch.odd.join(' ')})` : ''
  if (launch.found)
    throw fail(
      'E_PEGS_OPERATOR',
      `${asset.name} runs without ${launch.missing.join(' ')}${odd}: stop every node of the chain, start it with: ${command} ; then pegs resume`,
    )
  if (!operator.confirms)
    throw fail(
      'E_PEGS_OPERATOR',
      `stop every node of the chain and start it with: ${command} ; then pegs resume --yes, since its process is not seen from here`,
    )
}

/** A feed publishes headers, and the chain is beyond the limit. */
async function awaitHeaders(options: CreatorOptions): Promise<void> {
  const { plan, asset, pause, journal } = options
  await mine(options, true)
  say(options, 'FEED', await heightOf(options))
  for (const { token } of plan.gateways) {
    const oracleTxid = journal.fact(`done:oracle:${token}`) ?? ''
    const first = journal.fact(`done:register:${token}`)
    for (;;) {
      const { registered } = await asset.oracleInfo(oracleTxid, given(options))
      const own = registered.find(({ publisher }) => publisher === plan.pubkey)
      if (own && own.batonTxid !== null && own.batonTxid !== first) break
      await pause()
    }
  }
  while ((await heightOf(options)) <= LAST_HEIGHT + 1) await pause()
}

async function awaitPrices(options: CreatorOptions): Promise<void> {
  const { plan, asset, pause } = options
  let announced = false
  for (;;) {
    const { feeds, height, window } = await asset.prices(1, given(options))
    const values = new Map(feeds.map(({ name, samples }) => [name, samples[0]?.smoothed ?? 0n]))
    if (plan.gateways.every(({ price }) => priceBy(price, values) > 0n)) return
    const left = Math.max(0, 2 * window + 1 - height)
    if (!announced) say(options, 'WARM_UP', height, { blocksLeft: left })
    announced = true
    await pause()
  }
}

/** One line for `status`: where a creation stands by what is written down. */
export function stateOf(plan: PegPlan, journal: Pick<Journal, 'fact'>): CreatorState {
  const open = stagesOf(plan).find(({ id }) => journal.fact(`done:${id}`) === null)
  if (open) return journal.fact('up') === null ? 'PREFLIGHT' : open.state
  if (journal.fact('ready') !== null) return 'READY'
  return journal.fact('restarted') === null ? 'RESTART' : 'FEED'
}
