/** What the API says of amounts: balances, supplies, rates, the bank, the largest holders. */
import type { Json } from '../../base/index.js'
import { convert, type Price } from '../engine/convert.js'
import { isTicker, TICKERS, type Ticker } from '../tickers.js'
import { badParams, RpcError } from './errors.js'
import { addressOf } from './names.js'
import { method, plain, type RpcLedger } from './method.js'
import { addressText } from '../transactions/address.js'

const SORTED = [...TICKERS].sort()
const MOST_HOLDERS = 100

/** In the order of the bytes of their names; tokens that nothing is held in are left out. */
const byTicker = (amounts: ReadonlyMap<Ticker, bigint>, tickers: readonly Ticker[] = SORTED): Json =>
  Object.fromEntries(tickers.map((ticker) => [ticker, amounts.get(ticker) ?? 0n]))

/** The height of the node is not asked for: -1, as where the reference cannot reach its own. */
const syncStatus = ({ query }: RpcLedger): Json => ({ syncheight: query.about().height, factomheight: -1 })

/** A height that is 0 means the last block. */
export const heightOr = (height: number, { query }: RpcLedger): number =>
  height === 0 ? query.about().height : height

function ratesAt(height: number, { query }: RpcLedger): Json {
  const rates = height > query.about().height ? null : query.ratesAt(height)
  if (rates === null) throw new RpcError('nothing')
  return byTicker(
    rates,
    SORTED.filter((ticker) => rates.has(ticker)),
  )
}

function bankAt(height: number, { query, rules }: RpcLedger): Json {
  if (height < rules.sharedBank)
    throw badParams(
      `the height ${height} is below the activation height (${rules.sharedBank}) of this feature`,
    )
  const bank = height > query.about().height ? null : query.bankAt(height)
  return {
    Height: bank ? height : -1,
    BankAmount: bank?.amount ?? -1,
    BankUsed: bank?.used ?? 0,
    PEGRequested: bank?.requested ?? 0,
  }
}

/** What an amount is in USD by the last rates; null: there are no rates yet. Throws if a price is missing. */
function inDollars({ query, rules }: RpcLedger): ((amount: bigint, ticker: Ticker) => bigint) | null {
  const { height } = query.about()
  const dated = query.ratesHeight(height)
  if (dated === null) return null
  const averaged = height >= rules.averages
  const rates = query.ratesAt(dated)
  const averages = averaged ? query.averagesAt(dated) : null
  const price = (ticker: Ticker): Price => ({
    rate: rates?.get(ticker) ?? 0n,
    average: averages?.get(ticker) ?? 0n,
  })
  const dollar = price('pUSD')
  const prices = new Map(TICKERS.map((ticker) => [ticker, price(ticker)]))
  return (amount, ticker) => {
    const worth = convert(amount, prices.get(ticker) ?? price(ticker), dollar, averaged)
    if (worth === null) throw new RpcError('internal')
    return worth
  }
}

function countOf(count = 0): number {
  if (count < 0) throw badParams('count must be >= 0')
  return count === 0 ? MOST_HOLDERS : count
}

function richList(ticker: Ticker, count: number, ledger: RpcLedger): Json {
  const worth = inDollars(ledger)
  return ledger.query.richest(ticker, count).map(({ address, amount }) => ({
    address: addressText(address),
    amount,
    pusd: worth?.(amount, ticker) ?? 0n,
  }))
}

interface Worth {
  readonly address: string
  readonly pusd: bigint
}

/** The largest first. */
function worths(ledger: RpcLedger): readonly Worth[] {
  const worth = inDollars(ledger)
  if (worth === null) return []
  return ledger.query
    .holders()
    .map(([address, held]) => ({
      address,
      pusd: [...held].reduce((sum, [ticker, amount]) => sum + worth(amount, ticker), 0n),
    }))
    .filter(({ pusd }) => pusd > 0n)
    .sort((a, b) => (a.pusd === b.pusd ? 0 : a.pusd < b.pusd ? 1 : -1))
}

/** Lists by the version of the data that they are of: one takes seconds where there are 100,000 holders. */
const kept = new WeakMap<RpcLedger, { readonly version: bigint; readonly list: readonly Worth[] }>()

function globalRichList(count: number, ledger: RpcLedger): Json {
  const version = ledger.query.dataVersion()
  const known = kept.get(ledger)
  const list = known?.version === version ? known.list : worths(ledger)
  kept.set(ledger, { version, list })
  return list.slice(0, count).map(({ address, pusd }) => ({ address: addressText(address), pusd }))
}

export const BALANCE_METHODS = {
  'get-sync-status': plain(syncStatus),
  'get-pegnet-issuance': plain((ledger) => ({
    syncstatus: syncStatus(ledger),
    issuance: byTicker(ledger.query.issuance()),
  })),
  'get-pegnet-balances': method(
    'ParamsGetPegnetBalances',
    { address: 'text' },
    ({ address = '' }, ledger) => {
      if (address === '') throw badParams('required: "address"')
      return byTicker(ledger.query.balancesOf(addressOf(address)))
    },
  ),
  'get-pegnet-rates': method('ParamsGetPegnetRates', { height: 'uint32' }, ({ height = 0 }, ledger) =>
    ratesAt(heightOr(height, ledger), ledger),
  ),
  'get-bank': method('ParamsGetBank', { height: 'int32' }, ({ height = 0 }, ledger) =>
    bankAt(heightOr(height, ledger), ledger),
  ),
  'get-rich-list': method(
    'ParamsGetRichList',
    { asset: 'text', count: 'int' },
    ({ asset = '', count }, ledger) => {
      if (!isTicker(asset)) throw badParams('invalid asset')
      return richList(asset, countOf(count), ledger)
    },
  ),
  'get-global-rich-list': method('ParamsGetGlobalRichList', { count: 'int' }, ({ count }, ledger) =>
    globalRichList(countOf(count), ledger),
  ),
}
