/**
 * The plan of a peg: chain, gateways, amounts; and what it costs in coins, blocks and time. Pure.
 */
import { exactOptional, optional, type InferOutput } from 'valibot'

import {
  integer,
  listOfShapes,
  readShape,
  section,
  SETTINGS,
  text,
  toggle,
  txid,
  value,
  valueOrNone,
  type SectionProblem,
  type SectionResult,
} from '../../config/index.js'
import { daemonShape } from '../daemon-shape.js'
import { coinsType } from './coins.js'
import { USUAL_THRESHOLDS, type Thresholds } from './formulas.js'
import type { WatchRules } from './watch-actions.js'
import { conflictsOfRules, rulesOf, WATCH_SECTION } from './watch-plan.js'

const pubkeyType = SETTINGS['feed.pubkey'].type
const chainName = value(SETTINGS['feed.assetName'].type, 'name of the chain')

/** Whole coins of tokens are locked in gateways; fewer than 0.01 none takes. */
const LEAST_SUPPLY = 1_000_000n

const GATEWAY = section({
  token: value(text(32), 'name of the token, and of its gateway'),
  coin: optional(value(text(32), 'ticker of the reference chain'), 'KMD'),
  supply: value(coinsType(LEAST_SUPPLY), 'tokens, and so many coins of the chain are locked for them'),
  price: value(text(4096), 'price of a token in coins of the chain'),
  signatures: optional(value(integer(1, 15), 'signatures that a withdrawal needs'), 1),
  pubkeys: exactOptional(
    listOfShapes(value(pubkeyType, 'a public key'), {
      ...{ least: 1, most: 15, expects: 'a list of 1 to 15 public keys' },
      meaning: 'keys of the gateway in their order, else the own one',
    }),
  ),
  dataFee: optional(value(coinsType(100_000n), 'coins that one header costs'), '0.001'),
  subscriptions: optional(value(integer(1, 100), 'headers that fit into one block'), 5),
  subscription: optional(value(coinsType(100_000n), 'coins of each subscription'), '1'),
})

const percent = integer(1, 100, 'percent')

const THRESHOLDS = section({
  account: optional(value(percent, 'debt from which on an account may be liquidated, percent'), 90),
  global: optional(value(percent, 'debt of the whole peg from which on any may be, percent'), 90),
  yellow: optional(value(percent, 'debt above which tokens can be exchanged out of an account, percent'), 60),
})

export const planShape = (folder = '.') =>
  section({
    asset: daemonShape(chainName, 'the chain of the peg, by its name or as a section', folder),
    reference: optional(daemonShape(chainName, 'the reference chain, KMD', folder), 'KMD'),
    pubkey: value(pubkeyType, 'key that owns the chain: -pubkey of its daemon'),
    supply: optional(
      value(coinsType(100_000_000n), 'coins of the whole chain, all made in its first block'),
      '1000000',
    ),
    amount: exactOptional(
      value(coinsType(100_000_000n), 'coins that the peg locks to pay for its operations'),
    ),
    blockSeconds: optional(value(integer(1, 86_400, 'seconds'), '-ac_blocktime of the chain'), 60),
    confirmations: optional(value(integer(1, 200), 'blocks on each transaction before the next'), 1),
    mining: optional(value(toggle, 'start and stop the mining of the daemon'), true),
    options: exactOptional(
      listOfShapes(value(text(200), 'an option of komodod'), {
        ...{ least: 0, most: 50, expects: 'a list of options of komodod' },
        meaning: 'further options of the chain',
      }),
    ),
    pegsTxid: valueOrNone(txid, 'a peg that exists already: for users; nothing is created then'),
    thresholds: exactOptional(THRESHOLDS),
    watch: exactOptional(WATCH_SECTION),
    gateways: exactOptional(
      listOfShapes(GATEWAY, {
        ...{ least: 1, most: 8, expects: 'a list of 1 to 8 gateways' },
        meaning: 'what backs the peg',
      }),
    ),
  })

type RawPlan = InferOutput<ReturnType<typeof planShape>>
type RawGateway = NonNullable<NonNullable<RawPlan['gateways']>[number]>
/** Amounts in satoshis. */
export type GatewayPlan = Omit<RawGateway, 'pubkeys'> & { readonly pubkeys: readonly string[] }
export type PegPlan = Omit<RawPlan, 'gateways' | 'options' | 'amount' | 'thresholds' | 'watch'> & {
  readonly amount: bigint
  /** Those that the daemons of the chain are started with. */
  readonly thresholds: Thresholds
  /** What `pegs watch` does by itself. */
  readonly watch: WatchRules
  readonly gateways: readonly GatewayPlan[]
  readonly options: readonly string[]
}

export function readPlan(raw: unknown, folder = '.'): SectionResult<PegPlan> {
  const { value: found, problems: wrong } = readShape(planShape(folder), raw ?? {})
  const problems = [...wrong, ...(found === undefined ? [] : conflictsOf(found))]
  if (found === undefined || problems.length > 0) return { problems }
  const gateways = (found.gateways ?? []).flatMap((gateway) => {
    if (gateway === undefined) return []
    const keys = (gateway.pubkeys ?? []).flatMap((key) => key ?? [])
    return { ...gateway, pubkeys: keys.length > 0 ? keys : [found.pubkey] }
  })
  const options = (found.options ?? []).flatMap((option) => option ?? [])
  return {
    value: {
      ...found,
      ...{ amount: found.amount ?? 0n, gateways, options },
      thresholds: thresholdsOf(found),
      watch: rulesOf(found.watch),
    },
  }
}

function thresholdsOf({ thresholds }: RawPlan): Thresholds {
  if (thresholds === undefined) return USUAL_THRESHOLDS
  const { account, global, yellow } = thresholds
  return { ...USUAL_THRESHOLDS, red: BigInt(account), globalRed: BigInt(global), yellow: BigInt(yellow) }
}

function conflictsOf(plan: RawPlan): SectionProblem[] {
  const problems: SectionProblem[] = []
  const gateways = (plan.gateways ?? []).flatMap((gateway) => gateway ?? [])
  if (plan.pegsTxid === null && gateways.length === 0)
    problems.push({
      path: ['gateways'],
      message: 'a peg needs a gateway; or give pegsTxid, for one that exists',
    })
  if (plan.pegsTxid === null && plan.amount === undefined)
    problems.push({
      path: ['amount'],
      message: 'is missing: coins that the peg locks to pay for its operations',
    })
  for (const [k, { token, signatures, pubkeys }] of gateways.entries()) {
    const at = (key: string, message: string) => problems.push({ path: ['gateways', k, key], message })
    const keys = pubkeys?.length ?? 1
    if (signatures > keys) at('signatures', `${signatures} signatures of ${keys} keys are not possible`)
    if (gateways.slice(0, k).some((other) => other.token === token))
      at('token', `${token} is the name of another: the daemon tells accounts apart by it`)
    if (new Set(pubkeys).size !== (pubkeys?.length ?? 0)) at('pubkeys', 'a key stands there twice')
  }
  const unknown = (plan.options ?? []).find(
    (option) => option !== undefined && !/^-[\w]+(=\S*)?$/.test(option),
  )
  if (unknown !== undefined)
    problems.push({
      path: ['options'],
      message: `${unknown} is no option of komodod, such as -debug=pegscc`,
    })
  if ((plan.options ?? []).some((option) => option?.startsWith('-ac_pegsccparams') === true))
    problems.push({ path: ['options'], message: 'give -ac_pegsccparams as the section thresholds' })
  return [...problems, ...conflictsOfRules(plan.watch)]
}

/** Satoshis of a fee, and of a marker. */
const FEE = 10_000n
/** Height that the peg must not reach: others than the start-up ask for less than 100. */
export const LAST_HEIGHT = 99
/** From here on an operator is warned. */
export const WARN_HEIGHT = 80

/** Transactions of one gateway that wait for each other: token, oracle, its fund, publisher, subscriptions, binding. */
const STAGES = 6
/** Which of them the subscriptions are. */
const SUBSCRIBES = 4
/** A wallet knows its own change within a second, and a subscription needs that of the one before. */
const CHANGE_SECONDS = 1

/** Between two looks at the chain: a twelfth of a block, five seconds at most. */
export const lookSeconds = ({ blockSeconds }: Pick<PegPlan, 'blockSeconds'>): number =>
  Math.min(5, Math.max(0.1, blockSeconds / 12))

/** Blocks that are still needed after so many stages are done, with one in hand for each. */
export function blocksLeft(plan: PegPlan, stagesDone: number): number {
  const stages = plan.gateways.length * STAGES + 1
  const blocks = Math.max(0, stages - stagesDone) * (plan.confirmations + 1)
  const each = Math.max(CHANGE_SECONDS, lookSeconds(plan)) / plan.blockSeconds
  return plan.gateways.reduce((sum, { subscriptions }, k) => {
    const isOpen = stagesDone <= k * STAGES + SUBSCRIBES
    return sum + (isOpen ? Math.floor(subscriptions * each) : 0)
  }, blocks)
}

export function costOf(plan: PegPlan) {
  const sum = (of: (gateway: GatewayPlan) => bigint) =>
    plan.gateways.reduce((all, each) => all + of(each), 0n)
  const tokens = sum(({ supply }) => supply)
  const subscriptions = sum(({ subscriptions: n, subscription }) => BigInt(n) * subscription)
  const fees = sum(({ subscriptions: n }) => (11n + 2n * BigInt(n)) * FEE)
  const window = Math.floor(86_400 / plan.blockSeconds) + 1
  return {
    /** Coins that are locked or spent for good, satoshis. */
    tokens,
    subscriptions,
    peg: plan.amount,
    fees,
    total: tokens + subscriptions + plan.amount + fees,
    /** Blocks until the peg is in one, counted from an empty chain. */
    blocks: 1 + blocksLeft(plan, 0),
    /** Seconds until prices exist, by the block time. */
    seconds: (2 * window + 1) * plan.blockSeconds,
  }
}

/** What stands against it before anything is sent; empty: nothing. */
export function whyImpossible(plan: PegPlan, height: number, stagesDone: number): string | null {
  const needed = blocksLeft(plan, stagesDone)
  if (height + needed <= LAST_HEIGHT) return null
  return `the chain is at height ${height} and the peg needs ${needed} more blocks, but it must be in a block by ${LAST_HEIGHT}`
}
