/** What a watch of pegs looks at: a ledger, books of exchanges, our own prices; or what is made up for it on dev. */
import { wallMs } from '../../base/index.js'
import { mistake, type SettingKey } from '../../config/index.js'
import {
  readStage,
  rulesAsOf,
  stagedHistory,
  stagedListing,
  stagedMarkets,
  STAGES,
  type MarketName,
  type PegHistory,
  type Stage,
} from '../../desk/index.js'
import { rulesOf, type LedgerRules } from '../../ledger/index.js'
import {
  createBookFeed,
  createPriceFeed,
  createRests,
  inlineExchanges,
  processExchanges,
  type BookFeed,
  type PriceFeed,
  type PriceSettings,
} from '../../oracle/prices/index.js'
import { networkOf } from '../../pegnet/index.js'
import { dirOf, openEither } from '../ledger/files.js'
import { restsFile } from '../mine/price-setup.js'
import { DEADLINE_MS } from '../prices/parts.js'
import { followedNetwork } from '../network/follow.js'
import { readSectionFile } from '../program/section-file.js'
import type { Resources } from '../program/resources.js'
import type { PegWatchContext } from './context.js'

export interface Watched {
  readonly ledger: PegHistory
  readonly rules: LedgerRules
  readonly books: BookFeed<MarketName>
  readonly own: PriceFeed
  /** Those that are asked. */
  readonly exchanges: readonly string[]
}

export async function openWatched(context: PegWatchContext, resources: Resources): Promise<Watched> {
  const { settings, sections, log } = context
  const stage = stageOf(context)
  const { ledger, rules } = stage === null ? ledgerOf(context, resources) : chainOf(context)
  const markets = marketsOf(context, stage)
  const prices = await pricesAt(context, stage, resources)
  for (const notice of prices.notices ?? []) log.warn(notice)
  const { config, keys } = prices
  const exchanges = settings['feed.once'] ? inlineExchanges() : processExchanges()
  resources.add(() => exchanges.close())
  const rests = createRests(restsFile(dirOf(context)), { readOnly: true })
  const others = prices === sections.prices.settings
  const books = createBookFeed({ config, markets, exchanges, others, rests })
  resources.add(() => books.close())
  const own = createPriceFeed({ config, keys, exchanges, rests, pollTimeoutMs: DEADLINE_MS })
  resources.add(() => own.close())
  return { ledger, rules, books, own, exchanges: [...new Set(markets.map(({ exchange }) => exchange))] }
}

function ledgerOf(context: PegWatchContext, resources: Resources): Pick<Watched, 'ledger' | 'rules'> {
  const query = openEither(context)
  resources.add(() => query.close())
  return {
    ledger: {
      height: () => query.about().height,
      ratesHeight: (height) => query.ratesHeight(height),
      ratesAt: (height) => query.ratesAt(height),
      averagesAt: (height) => query.averagesAt(height),
      ratesOver: (token, heights) => query.ratesOver(token, heights),
    },
    rules: rulesOf(followedNetwork(context.settings)),
  }
}

function chainOf({ settings }: PegWatchContext): Pick<Watched, 'ledger' | 'rules'> {
  return {
    ledger: stagedHistory({ blockMs: settings['network.blockSeconds'] * 1000, now: wallMs }),
    rules: rulesAsOf(rulesOf(networkOf('MainNet')), settings['pegWatch.height']),
  }
}

/** Null: nothing is made up. */
function stageOf({ settings, origins }: PegWatchContext): Stage | null {
  const { 'pegWatch.scenario': name, 'pegWatch.script': file, 'network.name': network } = settings
  const given: readonly SettingKey[] = ['pegWatch.scenario', 'pegWatch.script', 'pegWatch.height']
  const used = given.filter((key) => origins[key as keyof typeof origins] !== 'default')
  if (network !== 'dev' && used.length > 0)
    throw mistake('E_CONFIG_NETWORK', '--scenario, --script and --height are for the network dev')
  if (name !== undefined && file !== undefined)
    throw mistake('E_CONFIG_VALUE', 'give --scenario or --script, not both')
  if (file !== undefined) return readSectionFile(file, readStage)
  if (name !== undefined) return STAGES[name]
  if (used.length > 0) throw mistake('E_CONFIG_VALUE', '--height needs --scenario or --script')
  return null
}

/** Those of the configuration; on dev those that its exchange lists. */
function marketsOf({ settings, sections }: PegWatchContext, stage: Stage | null): readonly MarketName[] {
  const { markets } = sections.pegWatch
  if (stage !== null) return stagedMarkets(stage)
  if (markets.length > 0) return markets
  if (settings['network.name'] === 'dev') return stagedMarkets(STAGES.calm)
  throw mistake(
    'E_CONFIG_SECTION',
    'pegWatch.markets of the configuration file names no market: give tokens with theirs, such as pUSD: gate:PUSD/USDT',
  )
}

async function pricesAt(
  { settings, sections }: PegWatchContext,
  stage: Stage | null,
  resources: Resources,
): Promise<PriceSettings> {
  if (settings['network.name'] !== 'dev') return sections.prices.settings
  const { openDevExchange } = await import('../network/dev-network.js')
  const listed = stagedListing(stage ?? STAGES.calm, wallMs())
  const { url } = await openDevExchange({ port: 0, trouble: settings['network.trouble'], listed }, resources)
  return sections.prices.at(url)
}
