/** Which gateways to run and how: section, flags, the original command line, or the embedded network. Pure. */
import { homedir } from 'node:os'
import { join } from 'node:path'

import {
  displayNameOf,
  mistake,
  problem,
  problemsError,
  wrongArgument,
  type Origin,
  type SectionValidator,
  type Settings,
} from '../../config/index.js'
import {
  isOldLine,
  readFeedConfig,
  translateOldLine,
  type FeedConfig,
  type GatewaySettings,
} from '../../oracle/feed/index.js'
import type { FeedKey } from '../program/keys.js'
import { dataDirOf } from '../network/data-dir.js'

export interface FeedSections {
  /** Undefined if the file has no such section. */
  readonly feed: FeedConfig | undefined
}

export const feedSection: SectionValidator<FeedConfig | undefined> = (raw, context) =>
  raw === undefined || (typeof raw === 'object' && raw !== null && Object.keys(raw).length === 0)
    ? { value: undefined }
    : readFeedConfig(raw, context)

export type FeedAction =
  | { readonly do: 'run' }
  | { readonly do: 'check' | 'status' | 'register' }
  | { readonly do: 'backfill'; readonly from: number; readonly to: number }
  | { readonly do: 'approve' | 'reject'; readonly withdrawTxid: string }
  | { readonly do: 'settle'; readonly withdrawTxid: string }

export interface FeedPlan {
  readonly action: FeedAction
  /** Null: the embedded network's. */
  readonly config: FeedConfig | null
  readonly network: string
  readonly dataDir: string
  /** What the original command line means, as configuration; null if it was not used. */
  readonly translated: unknown
}

/** Most heights of one backfill. */
const MOST_RANGE = 100_000

type FeedSettings = Pick<Settings, FeedKey>

interface FeedArguments {
  readonly positionals: readonly string[]
  readonly section: FeedConfig | undefined
  /** Whether a feed of the network dev runs. */
  readonly hasDevFeed?: boolean
}

/** What is done beside a feed that runs. */
const BESIDE = new Set<FeedAction['do']>(['check', 'status', 'approve', 'reject', 'settle', 'backfill'])

/** Throws one error with everything that is wrong (`problemsError`). */
export function feedPlanOf(
  settings: FeedSettings,
  origins: Readonly<Record<FeedKey, Origin>>,
  { positionals, section, hasDevFeed = false }: FeedArguments,
): FeedPlan {
  const old = isOldLine(positionals)
  const translated = old ? translateOldLine(positionals) : null
  const action: FeedAction = old ? { do: 'run' } : actionOf(positionals)
  const isNamed = origins['network.name'] !== 'default'
  // Commands that the feed of dev prints for its operator work as printed.
  const isBesideDev =
    hasDevFeed && BESIDE.has(action.do) && !old && section === undefined && !hasSingle(settings)
  const dev = settings['network.name'] === 'dev' && (isNamed || isBesideDev)
  const config = dev ? null : configOf(settings, old ? translated : null, section)
  const network = dev ? 'dev' : settings['network.name'] === 'dev' ? 'MainNet' : settings['network.name']
  return {
    action,
    config: config === null ? null : chosen(config, settings),
    network,
    dataDir: join(dataDirOf(settings, network), 'feed'),
    translated,
  }
}

/** Where locks are kept, the same for all data directories of the user: two feeds must not serve one key. */
export const lockFolder = (): string => join(homedir(), '.pegminer', 'locks')

function actionOf(words: readonly string[]): FeedAction {
  const [word = 'run', ...rest] = words
  const bare = (): void => {
    if (rest.length > 0) throw wrongArgument(`feed ${word} takes no further argument`)
  }
  switch (word) {
    case 'run':
    case 'check':
    case 'status':
    case 'register':
      bare()
      return { do: word }
    case 'approve':
    case 'reject':
    case 'settle': {
      const [txid = ''] = rest
      if (rest.length !== 1 || !/^[0-9a-fA-F]{64}$/.test(txid))
        throw wrongArgument(`feed ${word} needs the id of a withdrawal: 64 hex digits, see feed status`)
      return { do: word, withdrawTxid: txid.toLowerCase() }
    }
    case 'backfill': {
      const [from, to] = rest.map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : NaN))
      if (rest.length !== 2 || !from || !to || from > to || to - from >= MOST_RANGE)
        throw wrongArgument(`feed backfill needs two heights, FROM up to TO, at most ${MOST_RANGE} of them`)
      return { do: 'backfill', from, to }
    }
    default:
      throw wrongArgument(
        `feed ${JSON.stringify(word.slice(0, 40))} is unknown: check, status, backfill FROM TO, approve TXID, ` +
          'reject TXID, settle TXID, register, or the five arguments of the original oraclefeed',
      )
  }
}

/** The single gateway of the flags, in the form of the section. */
function sectionOfFlags(settings: FeedSettings): unknown {
  const given = Object.fromEntries(
    Object.entries({
      oracleTxid: settings['feed.oracle'],
      bindTxid: settings['feed.bind'],
      pubkey: settings['feed.pubkey'],
      depth: settings['feed.depth'],
      poll: settings['feed.poll'],
    }).filter(([, value]) => value !== undefined),
  )
  const name = settings['feed.assetName']
  return {
    gateways: [
      {
        ...(name === undefined ? {} : { name: name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 40) }),
        asset: daemonOf(settings, 'asset', name),
        reference: daemonOf(settings, 'reference', settings['feed.referenceName']),
        ...given,
      },
    ],
  }
}

function daemonOf(settings: FeedSettings, which: 'asset' | 'reference', name: string | undefined) {
  const all = {
    name,
    conf: settings[`feed.${which}Conf`],
    url: settings[`feed.${which}Url`],
    user: settings[`feed.${which}User`],
    password: settings[`feed.${which}Password`],
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

const FLAGS_OF: Readonly<Record<string, FeedKey>> = {
  asset: 'feed.assetName',
  oracleTxid: 'feed.oracle',
  bindTxid: 'feed.bind',
  pubkey: 'feed.pubkey',
}

const hasSingle = (settings: FeedSettings): boolean =>
  (['feed.assetName', 'feed.assetUrl', 'feed.oracle', 'feed.pubkey'] as const).some(
    (key) => settings[key] !== undefined,
  )

function configOf(settings: FeedSettings, old: unknown, section: FeedConfig | undefined): FeedConfig {
  const single = hasSingle(settings)
  if (old === null && !single && section !== undefined) return overridden(section, settings)
  if (old === null && !single)
    throw mistake(
      'E_CONFIG_MISSING',
      'there is no gateway: write the section feed into the configuration file, give --asset, --oracle and --pubkey, ' +
        'or try it with --network dev',
    )
  const raw = old === null ? sectionOfFlags(settings) : merged(old, settings)
  const result = readFeedConfig(raw, { folder: process.cwd(), readableByOthers: false })
  if ('value' in result) return overridden(result.value, settings)
  throw problemsError(
    result.problems.map(({ path, message }) => {
      const key = String(path[2] ?? path[0])
      const flag = FLAGS_OF[key]
      return problem('E_CONFIG_MISSING', `${flag === undefined ? key : displayNameOf(flag)} ${message}`)
    }),
  )
}

/** Daemons that flags or variables name take precedence over those of the original command line. */
function merged(old: unknown, settings: FeedSettings): unknown {
  const { gateways } = old as { gateways: [{ asset: object; reference: object }] }
  const [gateway] = gateways
  return {
    gateways: [
      {
        ...gateway,
        asset: { ...gateway.asset, ...daemonOf(settings, 'asset', undefined) },
        reference: { ...gateway.reference, ...daemonOf(settings, 'reference', undefined) },
      },
    ],
  }
}

function overridden(config: FeedConfig, settings: FeedSettings): FeedConfig {
  const depth = settings['feed.depth']
  const poll = settings['feed.poll']
  return {
    ...config,
    gateways: config.gateways.map((gateway): GatewaySettings => ({
      ...gateway,
      ...(depth === undefined ? {} : { depth }),
      ...(poll === undefined ? {} : { pollMs: poll * 1000 }),
    })),
  }
}

function chosen(config: FeedConfig, settings: FeedSettings): FeedConfig {
  const wanted = settings['feed.gateway']
  if (wanted === undefined) return config
  const gateways = config.gateways.filter(({ name }) => name === wanted)
  if (gateways.length > 0) return { ...config, gateways }
  const names = config.gateways.map(({ name }) => name).join(', ')
  throw mistake('E_CONFIG_VALUE', `--gateway must be one of ${names}`)
}
