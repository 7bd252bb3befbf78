/** Which settings each command knows, in the order of its help text. */
import { SETTING_KEYS, type SettingKey } from '../../config/index.js'

const keys = <const K extends readonly SettingKey[]>(...list: K): K => list
/** All settings of a section, in the order of the table. */
const all = <const S extends string>(section: S) =>
  SETTING_KEYS.filter((key): key is Extract<SettingKey, `${S}.${string}`> => key.startsWith(`${section}.`))

/** Of every command that reads settings. */
export const COMMON_KEYS = keys('config.file', 'output.json', 'output.color', 'log.level', 'log.format')
const LXR = keys('lxrhash.bits', 'lxrhash.seed', 'lxrhash.passes', 'lxrhash.hashBits', 'lxrhash.dir')

/** How a factomd node is reached. */
const NODE = keys('factom.url', 'factom.user', 'factom.password', 'factom.ca')
/** Where pages and metrics are served. */
const SERVER = keys('telemetry.port', 'telemetry.host', 'telemetry.hosts')
/** Watching over an unattended run. */
const WATCH = keys(...all('watchdog'), ...all('schedule'), ...all('report'))
/** Who pays with entry credits. */
const PAYER = keys(
  'miner.ecSecret',
  'factom.walletd',
  'factom.walletdUser',
  'factom.walletdPassword',
  'factom.ecAddress',
)

/** Who publishes staking records, and what signs them. */
const STAKE = keys(...all('stake'))

export const MINE_KEYS = keys(
  'network.name',
  'miner.threads',
  'miner.affinity',
  'miner.nice',
  'network.blockSeconds',
  'network.rivals',
  'network.startHeight',
  'network.activations',
  'network.manual',
  'network.fund',
  'miner.blocks',
  'miner.identity',
  'miner.coinbase',
  ...PAYER,
  ...STAKE,
  'miner.machineId',
  'miner.records',
  'miner.cutoff',
  'miner.maxCreditsBlock',
  'miner.maxCreditsDay',
  'miner.lowCreditDays',
  'miner.dryRun',
  ...NODE,
  'prices.exchange',
  'data.dir',
  'lxrhash.bits',
  'lxrhash.kernel',
  'lxrhash.lanes',
  'lxrhash.dir',
  'network.port',
  'network.walletPort',
  'network.exchangePort',
  'network.trouble',
  'telemetry.port',
  'telemetry.host',
  'telemetry.addresses',
  'telemetry.hosts',
  'telemetry.token',
  'telemetry.feed',
  ...WATCH,
  ...COMMON_KEYS,
)
/** A coordinator knows all that `mine` does, a worker those of its threads, accounts the form of its table. */
export const FARM_KEYS = keys(...all('farm'), 'history.csv', ...MINE_KEYS)
export const STAKE_KEYS = keys(
  'network.name',
  ...STAKE,
  'network.activations',
  ...PAYER,
  'miner.maxCreditsBlock',
  'miner.maxCreditsDay',
  'miner.dryRun',
  ...NODE,
  'prices.exchange',
  'data.dir',
  'lxrhash.bits',
  'lxrhash.dir',
  ...SERVER,
  'telemetry.token',
  ...COMMON_KEYS,
)
export const DEV_KEYS = keys(
  'network.port',
  'network.walletPort',
  'network.exchangePort',
  'lxrhash.bits',
  'network.trouble',
  'network.blockSeconds',
  'network.startHeight',
  'network.manual',
  'network.fund',
  'data.dir',
  ...COMMON_KEYS,
)
export const GRADE_KEYS = keys(
  'grade.height',
  'network.name',
  'network.activations',
  ...NODE,
  'data.dir',
  'grade.trustClaims',
  'grade.oprVersion',
  'grade.sprVersion',
  'grade.verbose',
  'lxrhash.bits',
  'lxrhash.dir',
  'miner.threads',
  ...COMMON_KEYS,
)
export const PRICES_KEYS = keys(
  'network.name',
  'prices.watch',
  'prices.only',
  'prices.recordVersion',
  'prices.keep',
  'prices.exchange',
  'network.trouble',
  'data.dir',
  ...COMMON_KEYS,
)
export const INIT_KEYS = keys('network.name', ...NODE, ...PAYER, 'data.dir', 'confirm.yes', ...COMMON_KEYS)
export const FUND_KEYS = keys(
  'network.name',
  'fund.credits',
  'fund.fctSecret',
  ...NODE,
  ...PAYER,
  'data.dir',
  'confirm.yes',
  ...COMMON_KEYS,
)
export const HISTORY_KEYS = keys(...all('history'), 'network.name', 'data.dir', ...COMMON_KEYS)
export const LEDGER_KEYS = keys(
  'ledger.fromFile',
  'ledger.fromCheckpoint',
  'grade.trustClaims',
  'ledger.height',
  'ledger.count',
  'ledger.averages',
  'ledger.pegnetd',
  'ledger.port',
  'ledger.host',
  'ledger.hosts',
  ...SERVER,
  'history.from',
  'history.to',
  'network.name',
  'network.activations',
  ...NODE,
  'data.dir',
  'lxrhash.bits',
  'lxrhash.dir',
  ...COMMON_KEYS,
)
/** A network and who pays there. */
const PAID = keys('network.name', 'network.activations', ...NODE, ...PAYER, 'data.dir', ...COMMON_KEYS)
/** What signing and sending a batch needs. */
const REACH = keys('wallet.file', 'wallet.passphrase', 'ledger.pegnetd', ...PAID)
export const BASKET_KEYS = keys(
  'basket.amount',
  'history.from',
  'history.to',
  'history.csv',
  'history.plot',
  'feed.dryRun',
  'feed.once',
  ...SERVER,
  ...REACH,
)
export const PEG_WATCH_KEYS = keys(
  'feed.once',
  'pegWatch.scenario',
  'pegWatch.script',
  'pegWatch.height',
  'pegWatch.paper',
  'network.name',
  'network.activations',
  'network.blockSeconds',
  'network.trouble',
  'data.dir',
  ...SERVER,
  ...COMMON_KEYS,
)
export const WALLET_KEYS = keys(
  ...all('wallet'),
  'ledger.pegnetd',
  'confirm.yes',
  'history.from',
  'history.to',
  'ledger.count',
  ...PAID,
)
export const SIMULATE_KEYS = keys(
  ...all('simulate'),
  'history.csv',
  'history.plot',
  'miner.threads',
  'lxrhash.bits',
  'lxrhash.dir',
  ...COMMON_KEYS,
)
export const EXPLORER_KEYS = keys(
  'network.name',
  'ledger.fromFile',
  'grade.trustClaims',
  'ledger.averages',
  'network.activations',
  'network.blockSeconds',
  ...NODE,
  'history.assets',
  'explorer.miner',
  'explorer.out',
  'history.from',
  'history.to',
  'data.dir',
  'lxrhash.bits',
  'lxrhash.dir',
  ...SERVER,
  ...COMMON_KEYS,
)
export const HASH_KEYS = keys(...LXR, ...COMMON_KEYS)
export const BYTEMAP_KEYS = keys(...LXR, 'lxrhash.force', ...COMMON_KEYS)
export const BENCH_KEYS = keys(...all('bench'), 'lxrhash.dir', 'telemetry.port', ...COMMON_KEYS)

/** Flags of `config`: it looks at all settings, but most of them as they stand in file and environment. */
export const CONFIG_FLAG_KEYS = keys('network.name', ...COMMON_KEYS)

/** A shell reads its script at each start: no file of settings may get in the way. */
export const COMPLETION_KEYS = keys('output.json')

export const FEED_KEYS = keys(
  'network.name',
  'confirm.yes',
  ...all('feed'),
  'data.dir',
  ...SERVER,
  'telemetry.token',
  ...COMMON_KEYS,
)

export const PEGS_KEYS = keys(
  'network.name',
  ...all('pegs'),
  'feed.dryRun',
  'feed.once',
  'confirm.yes',
  'data.dir',
  ...SERVER,
  ...COMMON_KEYS,
)

export type MineKey = (typeof MINE_KEYS)[number]
export type FarmKey = (typeof FARM_KEYS)[number]
export type StakeKey = (typeof STAKE_KEYS)[number]
export type DevKey = (typeof DEV_KEYS)[number]
export type GradeKey = (typeof GRADE_KEYS)[number]
export type PricesKey = (typeof PRICES_KEYS)[number]
export type InitKey = (typeof INIT_KEYS)[number]
export type FundKey = (typeof FUND_KEYS)[number]
/** Those that `cli/mine/watch.ts` reads. */
export type WatchKey = (typeof WATCH)[number]
/** Those that `cli/network/connect.ts` reads. */
export type NodeKey = (typeof NODE)[number]
export type PayerKey = (typeof PAYER)[number]
export type LedgerKey = (typeof LEDGER_KEYS)[number]
/** Those that `cli/wallet/reach.ts` and `open.ts` read. */
export type ReachKey = (typeof REACH)[number]
export type BasketKey = (typeof BASKET_KEYS)[number]
export type PegWatchKey = (typeof PEG_WATCH_KEYS)[number]
export type WalletKey = (typeof WALLET_KEYS)[number]
export type SimulateKey = (typeof SIMULATE_KEYS)[number]
export type ExplorerKey = (typeof EXPLORER_KEYS)[number]
export type HistoryKey = (typeof HISTORY_KEYS)[number]
export type HashKey = (typeof HASH_KEYS)[number]
export type BytemapKey = (typeof BYTEMAP_KEYS)[number]
export type BenchKey = (typeof BENCH_KEYS)[number]
export type CompletionKey = (typeof COMPLETION_KEYS)[number]
export type FeedKey = (typeof FEED_KEYS)[number]
export type PegsKey = (typeof PEGS_KEYS)[number]
