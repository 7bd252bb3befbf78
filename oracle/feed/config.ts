/**
 * The section `feed` of the configuration, as it stands in the file: read, completed by defaults, checked. Everything
 * that is wrong comes back at once, each with the path of its key. Pure.
 */
import { homedir } from 'node:os'
import { resolve } from 'node:path'

import { cronMistake } from '../../base/index.js'
import { coinsText, satOf } from '../../komodo/index.js'
import type { FundsSettings, GatewaySettings, WithdrawPolicy } from './settings.js'

export interface FeedProblem {
  /** Keys and list indices: `['gateways', 0, 'depth']`. */
  readonly path: readonly (string | number)[]
  /** What is wrong and what to write instead. */
  readonly message: string
}

export interface FeedConfig {
  readonly gateways: readonly GatewaySettings[]
  /** A cron expression, UTC; null: no reports. */
  readonly report: string | null
}

export type FeedConfigResult =
  | { readonly value: FeedConfig; readonly secrets: readonly string[] }
  | { readonly problems: readonly FeedProblem[] }

/** Where the section stands. */
export interface FeedConfigPlace {
  /** Relative paths of conf files count from here. */
  readonly folder: string
  /** Whether others than its owner can read the file: then no password may stand in it. */
  readonly readableByOthers: boolean
}

export const FEED_DEFAULTS = {
  depth: 10,
  reach: 10_000,
  perBlock: 50,
  poll: 10,
  timeout: 30,
  readyLag: 20,
  report: '0 * * * *',
  funds: { auto: true, lowWater: 500, outputs: 10, amount: '1', dailyLimit: '20', merge: true },
  withdrawals: { enabled: true, confirmations: 1 },
} as const

type Raw = Readonly<Record<string, unknown>>

export function readFeedConfig(
  raw: unknown,
  place: FeedConfigPlace = { folder: '.', readableByOthers: false },
): FeedConfigResult {
  const problems: FeedProblem[] = []
  const reader = createReader(problems, place)
  const section = reader.object('', raw ?? {})
  reader.known('', section, ['gateways', 'report'])
  const list = section['gateways']
  const report =
    section['report'] === false ? null : reader.text('report', section['report'], FEED_DEFAULTS.report)
  if (report !== null && cronMistake(report) !== null)
    reader.problem('report', 'is no cron expression: five or six fields such as 0 * * * *, or false for none')
  if (!Array.isArray(list) || list.length === 0)
    reader.problem('gateways', 'must be a list with at least one gateway')
  const gateways = (Array.isArray(list) ? list : [])
    .slice(0, 100)
    .map((item, k) => readGateway(reader, `gateways.${k}`, item, k))
  const seen = new Set<string>()
  for (const [k, { name }] of gateways.entries()) {
    if (seen.has(name))
      reader.problem(`gateways.${k}.name`, `${name} is the name of another gateway: give each its own`)
    seen.add(name)
  }
  gateways.forEach((gateway, k) => {
    const other = gateways.findIndex(
      (one) =>
        one.headers &&
        gateway.headers &&
        one.oracleTxid === gateway.oracleTxid &&
        one.pubkey === gateway.pubkey,
    )
    if (other >= 0 && other < k)
      reader.problem(
        `gateways.${k}.headers`,
        `gateways[${other}] publishes for this oracle with this key: set headers: false here`,
      )
  })
  if (problems.length > 0) return { problems }
  const secrets = gateways
    .flatMap(({ asset, reference }) => [asset.password, reference.password])
    .filter((secret) => secret !== undefined)
  return { value: { gateways, report }, secrets }
}

const GATEWAY_KEYS = [
  'name',
  'asset',
  'reference',
  'oracleTxid',
  'bindTxid',
  'pubkey',
  'headers',
  'depth',
  'startHeight',
  'reach',
  'perBlock',
  'poll',
  'timeout',
  'readyLag',
  'withdrawals',
  'funds',
]

function readGateway(reader: Reader, path: string, raw: unknown, k: number): GatewaySettings {
  const item = reader.object(path, raw)
  const at = (key: string): string => `${path}.${key}`
  reader.known(path, item, GATEWAY_KEYS)
  const asset = readDaemon(reader, at('asset'), item['asset'], undefined)
  const name = reader.form(at('name'), item['name'] ?? (asset.name === '' ? `gateway${k + 1}` : asset.name), {
    form: /^[A-Za-z0-9_-]{1,40}$/,
    expects: 'up to 40 letters, digits, - and _',
  })
  const bind = item['bindTxid']
  return {
    name,
    asset,
    reference: readDaemon(reader, at('reference'), item['reference'] ?? {}, 'KMD'),
    oracleTxid: reader.txid(at('oracleTxid'), item['oracleTxid']),
    bindTxid: bind === undefined || bind === null ? null : reader.txid(at('bindTxid'), bind),
    pubkey: reader
      .form(at('pubkey'), item['pubkey'], {
        form: /^0[23][0-9a-fA-F]{64}$/,
        expects: 'a compressed public key: 66 hex digits that begin with 02 or 03',
      })
      .toLowerCase(),
    headers: reader.flag(at('headers'), item['headers'], true),
    depth: reader.integer(at('depth'), item['depth'], {
      least: 0,
      most: 1_000,
      fallback: FEED_DEFAULTS.depth,
    }),
    startHeight:
      item['startHeight'] === undefined || item['startHeight'] === null
        ? null
        : reader.integer(at('startHeight'), item['startHeight'], { least: 1, most: 1e9, fallback: 1 }),
    reach: reader.integer(at('reach'), item['reach'], {
      least: 10,
      most: 200_000,
      fallback: FEED_DEFAULTS.reach,
    }),
    perBlock: reader.integer(at('perBlock'), item['perBlock'], {
      least: 1,
      most: 500,
      fallback: FEED_DEFAULTS.perBlock,
    }),
    pollMs:
      1000 * reader.integer(at('poll'), item['poll'], { least: 1, most: 600, fallback: FEED_DEFAULTS.poll }),
    timeoutMs:
      1000 *
      reader.integer(at('timeout'), item['timeout'], {
        least: 1,
        most: 900,
        fallback: FEED_DEFAULTS.timeout,
      }),
    readyLag: reader.integer(at('readyLag'), item['readyLag'], {
      least: 1,
      most: 100_000,
      fallback: FEED_DEFAULTS.readyLag,
    }),
    withdrawals: readWithdrawals(reader, at('withdrawals'), item['withdrawals'] ?? {}),
    funds: readFunds(reader, at('funds'), item['funds'] ?? {}),
  }
}

function readDaemon(reader: Reader, path: string, raw: unknown, name: string | undefined) {
  const item = typeof raw === 'string' ? { name: raw } : reader.object(path, raw)
  reader.known(path, item, ['name', 'conf', 'url', 'user', 'password'])
  const optional = (key: string): string | undefined =>
    item[key] === undefined || item[key] === null ? undefined : reader.text(`${path}.${key}`, item[key], '')
  const conf = optional('conf')
  const password = optional('password')
  if (password !== undefined && reader.place.readableByOthers)
    reader.problem(
      `${path}.password`,
      'stands in a file that others can read: chmod 600 the file, or name the conf file of the daemon instead',
    )
  return {
    name: reader.form(`${path}.name`, item['name'] ?? name, {
      form: /^[A-Za-z0-9_.-]{1,64}$/,
      expects: "the chain's name, such as the -ac_name that it was started with",
    }),
    conf: conf === undefined ? undefined : resolve(reader.place.folder, conf.replace(/^~(?=\/)/, homedir())),
    url: optional('url'),
    user: optional('user'),
    password,
  }
}

function readWithdrawals(reader: Reader, path: string, raw: unknown): WithdrawPolicy {
  const item = reader.object(path, raw)
  reader.known(path, item, ['enabled', 'most', 'dailyMost', 'approveAbove', 'confirmations'])
  const coins = (key: string): bigint | null =>
    item[key] === undefined || item[key] === null ? null : reader.coins(`${path}.${key}`, item[key], '0')
  return {
    enabled: reader.flag(`${path}.enabled`, item['enabled'], FEED_DEFAULTS.withdrawals.enabled),
    most: coins('most'),
    dailyMost: coins('dailyMost'),
    approveAbove: coins('approveAbove'),
    confirmations: reader.integer(`${path}.confirmations`, item['confirmations'], {
      least: 1,
      most: 1_000,
      fallback: FEED_DEFAULTS.withdrawals.confirmations,
    }),
  }
}

function readFunds(reader: Reader, path: string, raw: unknown): FundsSettings {
  const item = reader.object(path, raw)
  const { auto, lowWater, outputs, amount, dailyLimit, merge } = FEED_DEFAULTS.funds
  reader.known(path, item, ['auto', 'lowWater', 'outputs', 'amount', 'dailyLimit', 'merge'])
  const sat = reader.coins(`${path}.amount`, item['amount'], amount)
  if (sat < 10_000n) reader.problem(`${path}.amount`, `must be at least ${coinsText(10_000n)} coins`)
  return {
    auto: reader.flag(`${path}.auto`, item['auto'], auto),
    lowWater: reader.integer(`${path}.lowWater`, item['lowWater'], {
      least: 0,
      most: 1e6,
      fallback: lowWater,
    }),
    outputs: reader.integer(`${path}.outputs`, item['outputs'], { least: 1, most: 500, fallback: outputs }),
    amount: sat,
    dailyLimit: reader.coins(`${path}.dailyLimit`, item['dailyLimit'], dailyLimit),
    merge: reader.flag(`${path}.merge`, item['merge'], merge),
  }
}

interface Limits {
  readonly least: number
  readonly most: number
  readonly fallback: number
}

interface Form {
  readonly form: RegExp
  readonly expects: string
}

type Reader = ReturnType<typeof createReader>

/** Reads one value at a time; what is wrong is noted, and something harmless comes back instead. */
function createReader(problems: FeedProblem[], place: FeedConfigPlace) {
  const stepsOf = (path: string): (string | number)[] =>
    path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  const problem = (path: string, message: string): void =>
    void problems.push({ path: path === '' ? [] : stepsOf(path), message })
  const form = (path: string, value: unknown, { form, expects }: Form): string => {
    if (typeof value === 'string' && form.test(value)) return value
    problem(
      path,
      value === undefined || value === null ? `is missing: give ${expects}` : `must be ${expects}`,
    )
    return ''
  }
  return {
    place,
    problem,
    form,
    object(path: string, value: unknown): Raw {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw
      problem(path, 'must be a section with keys of its own')
      return {}
    },
    known(path: string, section: Raw, keys: readonly string[]): void {
      for (const key of Object.keys(section))
        if (!keys.includes(key))
          problem(path === '' ? key : `${path}.${key}`, `is not known here; there are ${keys.join(', ')}`)
    },
    text(path: string, value: unknown, fallback: string): string {
      if (value === undefined) return fallback
      if (typeof value === 'string' && value !== '') return value
      problem(path, 'must be a text')
      return fallback
    },
    txid: (path: string, value: unknown): string =>
      form(path, value, {
        form: /^[0-9a-fA-F]{64}$/,
        expects: 'a transaction id: 64 hex digits',
      }).toLowerCase(),
    flag(path: string, value: unknown, fallback: boolean): boolean {
      if (value === undefined) return fallback
      if (typeof value === 'boolean') return value
      problem(path, 'must be true or false')
      return fallback
    },
    integer(path: string, value: unknown, { least, most, fallback }: Limits): number {
      if (value === undefined) return fallback
      if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
        return value as number
      problem(path, `must be a whole number from ${least} to ${most}`)
      return fallback
    },
    /** Coins as text or number → satoshis. */
    coins(path: string, value: unknown, fallback: string): bigint {
      try {
        const sat = satOf(value ?? fallback, path)
        if (sat >= 0n) return sat
      } catch {
        // said below
      }
      problem(path, 'must be an amount of coins such as 1.5, with at most 8 decimals')
      return satOf(fallback, path)
    },
  }
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
