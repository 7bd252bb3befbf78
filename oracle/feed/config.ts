/**
 * The section `feed` of the configuration: its shape, and what one gateway asks of the others. Everything that is wrong
 * comes back at once, each with the path of its key. Pure.
 */
import { exactOptional, optional, type InferOutput } from 'valibot'

import { cronMistake } from '../../base/calendar.js'
import { isMapping } from '../../base/index.js'
import {
  integer,
  listOfShapes,
  readShape,
  section,
  SETTINGS,
  toggle,
  txid,
  value,
  valueOrNone,
  wrongValue,
  type SectionProblem,
  type SectionResult,
  type ValueType,
} from '../../config/index.js'
import { coinsText, daemonShape, satOf } from '../../komodo/index.js'

/** Where the section stands. */
export interface FeedConfigPlace {
  /** Relative paths of conf files count from here. */
  readonly folder: string
  /** Whether others than its owner can read the file: then no password may stand in it. */
  readonly readableByOthers: boolean
}

/** Coins → satoshis. */
const coins = (least = 0n): ValueType<bigint> => ({
  placeholder: 'COINS',
  expects: `an amount of coins such as 1.5, with at most 8 decimals${least > 0n ? `, at least ${coinsText(least)}` : ''}`,
  schema: { type: ['number', 'string'] },
  parse: (text) => {
    try {
      const sat = satOf(/e/i.test(text) ? Number(text) : text, '')
      return sat >= least ? sat : undefined
    } catch {
      return undefined
    }
  },
})

const cronOrNone: ValueType<string | null> = {
  placeholder: 'CRON|false',
  expects: 'a cron expression of five or six fields such as 0 * * * * (UTC), or false for none',
  schema: { anyOf: [{ type: 'string' }, { const: false }] },
  parse: (text) => (text === 'false' ? null : cronMistake(text) === null ? text : undefined),
}

const WITHDRAWALS = section({
  enabled: optional(value(toggle, 'whether withdrawals are signed, paid and marked'), true),
  most: valueOrNone(coins(), 'larger withdrawals are never paid'),
  dailyMost: valueOrNone(coins(), 'coins paid in a day (UTC); what is beyond waits for the next'),
  approveAbove: valueOrNone(coins(), 'larger withdrawals wait for pegminer feed approve'),
  confirmations: optional(value(integer(1, 1000), 'confirmations of a payout before it is marked'), 1),
})

const FUNDS = section({
  auto: optional(value(toggle, 'subscribe when it is needed'), true),
  lowWater: optional(value(integer(0, 1_000_000, 'headers'), 'headers left below which it is needed'), 500),
  outputs: optional(value(integer(1, 500), 'outputs kept ready: so many headers fit into one block'), 10),
  amount: optional(value(coins(10_000n), 'coins of one subscription'), '1'),
  dailyLimit: optional(value(coins(), 'coins that may be subscribed in a day (UTC)'), '20'),
  merge: optional(value(toggle, 'merge small outputs of the wallet'), true),
})

/** The section `feed`; relative paths of conf files count from the folder. */
export const feedShape = (folder = '.') => {
  const name = value(SETTINGS['feed.assetName'].type, 'name of the chain')
  const gateway = section({
    name: exactOptional(
      value(SETTINGS['feed.gateway'].type, "names it in events, metrics and folders, else the asset chain's"),
    ),
    asset: daemonShape(name, 'the asset chain, by its name or as a section', folder),
    reference: optional(
      daemonShape(optional(name, 'KMD'), 'the reference chain, whose headers are published', folder),
      {},
    ),
    oracleTxid: value(txid, 'oracle that headers are published to'),
    bindTxid: valueOrNone(txid, 'gatewaysbind transaction of the gateway; without it headers only'),
    pubkey: value(SETTINGS['feed.pubkey'].type, SETTINGS['feed.pubkey'].description),
    headers: optional(
      value(toggle, 'false if another gateway of the same oracle and key publishes the headers'),
      true,
    ),
    depth: optional(value(SETTINGS['feed.depth'].type, SETTINGS['feed.depth'].description), 10),
    startHeight: valueOrNone(
      integer(1, 1_000_000_000),
      'first height of a feed that has published nothing, else 2 × depth below the tip',
    ),
    reach: optional(
      value(integer(10, 200_000, 'blocks'), 'how far back missing headers are found and published'),
      10_000,
    ),
    perBlock: optional(value(integer(1, 500), 'most headers in one block'), 50),
    poll: optional(value(SETTINGS['feed.poll'].type, SETTINGS['feed.poll'].description), 10),
    timeout: optional(value(integer(1, 900, 'seconds'), 'how long a daemon may take to answer'), 30),
    readyLag: optional(
      value(integer(1, 100_000), 'blocks behind (beyond the depth) that still count as ready'),
      20,
    ),
    withdrawals: optional(WITHDRAWALS, {}),
    funds: optional(FUNDS, {}),
  })
  return section({
    report: optional(value(cronOrNone, 'when the state of all gateways is reported'), '0 * * * *'),
    gateways: listOfShapes(gateway, {
      ...{ least: 1, most: 100 },
      expects: 'a list with at least one gateway, at most 100',
      meaning: 'gateways to serve',
    }),
  })
}

export type WithdrawPolicy = InferOutput<typeof WITHDRAWALS>
/** Amounts in satoshis. */
export type GatewaySettings = ReturnType<typeof settingsOf>

type RawGateway = NonNullable<InferOutput<ReturnType<typeof feedShape>>['gateways'][number]>

const settingsOf = ({ name, poll, timeout, ...rest }: RawGateway) => ({
  ...rest,
  name: name ?? rest.asset.name,
  pollMs: poll * 1000,
  timeoutMs: timeout * 1000,
})

export interface FeedConfig {
  readonly gateways: readonly GatewaySettings[]
  /** A cron expression, UTC; null: no reports. */
  readonly report: string | null
}

export function readFeedConfig(
  raw: unknown,
  { folder, readableByOthers }: FeedConfigPlace = { folder: '.', readableByOthers: false },
): SectionResult<FeedConfig> {
  const { value: found, problems: wrong } = readShape(feedShape(folder), raw ?? {})
  // Undefined stands for one that cannot be read.
  const gateways = (found?.gateways ?? []).map((gateway) => gateway && settingsOf(gateway))
  const problems = [
    ...wrong,
    ...gateways.flatMap((_, k) => conflictsOf(gateways, k)),
    ...(readableByOthers ? passwordsIn(raw) : []),
  ]
  if (found === undefined || problems.length > 0) return { problems }
  const read = gateways.filter((gateway) => gateway !== undefined)
  const secrets = read.flatMap(({ asset, reference }) => [asset.password, reference.password])
  return {
    value: { gateways: read, report: found.report },
    secrets: secrets.filter((secret) => secret !== undefined),
  }
}

/** What one gateway must not have, given those before it. */
function conflictsOf(gateways: readonly (GatewaySettings | undefined)[], k: number): SectionProblem[] {
  const gateway = gateways[k]
  if (gateway === undefined) return []
  const { name, headers, oracleTxid, pubkey } = gateway
  const problems: SectionProblem[] = []
  const at = (key: string, message: string): void =>
    void problems.push({ path: ['gateways', k, key], message })
  const { type } = SETTINGS['feed.gateway']
  // Folders and files are called by it, so the name of a chain does not always do.
  if (type.parse(name) === undefined) at('name', wrongValue(type, name))
  const before = gateways.slice(0, k)
  if (before.some((other) => other?.name === name))
    at('name', `${name} is the name of another gateway: give each its own`)
  const same = before.findIndex(
    (other) => other?.headers && headers && other.oracleTxid === oracleTxid && other.pubkey === pubkey,
  )
  if (same >= 0)
    at('headers', `gateways[${same}] publishes for this oracle with this key: set headers: false here`)
  return problems
}

/** Where passwords stand, in gateways too that cannot be read. */
function passwordsIn(raw: unknown): SectionProblem[] {
  const gateways: readonly unknown[] = isMapping(raw) && Array.isArray(raw['gateways']) ? raw['gateways'] : []
  return gateways.flatMap((gateway, k) =>
    ['asset', 'reference']
      .filter((chain) => {
        const daemon = isMapping(gateway) ? gateway[chain] : undefined
        return isMapping(daemon) && (daemon['password'] ?? null) !== null
      })
      .map((chain) => ({
        path: ['gateways', k, chain, 'password'],
        message:
          'stands in a file that others can read: chmod 600 the file, or name the conf file of the daemon instead',
      })),
  )
}

/**
 * The command line of the original program: `ACNAME ORACLETXID MYPUBKEY FORMAT BINDTXID [STARTINGHEIGHT] [cli]` → the
 * section `feed` that means the same. A command for the reference chain names its chain by `-ac_name=`, its conf file
 * by `-conf=` or its data directory by `-datadir=`. docs/protocol/komodo.md#original-program
 */
export function translateOldLine(words: readonly string[]): unknown {
  const [asset, oracleTxid, pubkey, , bindTxid, ...rest] = words
  const [height, cli] = /^\d+$/.test(rest[0] ?? '') ? [Number(rest[0]), rest[1]] : [undefined, rest[0]]
  const option = (name: string): string | undefined => new RegExp(`-${name}=(\\S+)`).exec(cli ?? '')?.[1]
  const folder = option('datadir')
  const name = option('ac_name')
  const conf = option('conf') ?? (folder === undefined ? undefined : `${folder}/${name ?? 'komodo'}.conf`)
  return {
    gateways: [
      {
        name: asset,
        asset: { name: asset },
        reference: { name: name ?? 'KMD', ...(conf === undefined ? {} : { conf }) },
        oracleTxid,
        bindTxid,
        pubkey,
        ...(height === undefined || height === 0 ? {} : { startHeight: height }),
      },
    ],
  }
}

/** Whether words are meant as that command line: five or six, with ids and a key where they belong. */
export function isOldLine(words: readonly string[]): boolean {
  const [, oracle = '', pubkey = '', format = '', bind = ''] = words
  const id = /^[0-9a-fA-F]{64}$/
  return (
    words.length >= 5 &&
    words.length <= 7 &&
    id.test(oracle) &&
    /^0[23][0-9a-fA-F]{64}$/.test(pubkey) &&
    /^(Ihh|L)/.test(format) &&
    id.test(bind)
  )
}
