/** What the API says of amounts: balances, supplies, rates, the bank, the largest holders. */
import type { Json } from '../../base/index.js'
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

/** The height of the node is -1 where it is not known, as where the reference cannot reach its own. */
const syncStatus = ({ query, nodeHeight }: RpcLedger): Json => ({
  syncheight: query.about().height,
  factomheight: nodeHeight() ?? -1,
})

/** A height that is 0 means the last block. */
export const heightOr = (height: number, { query }: RpcLedger): number =>
  height === 0 ? query.about().height : height

function isKnown(height: number, query: RpcLedger['query']): boolean {
  const { height: tip, begins } = query.about()
  return height <= tip && height >= (begins ?? 0)
}

function ratesAt(height: number, { query }: RpcLedger): Json {
  const rates = isKnown(height, query) ? query.ratesAt(height) : null
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
  const bank = isKnown(height, query) ? query.bankAt(height) : null
  return {
    Height: bank ? height : -1,
    BankAmount: bank?.amount ?? -1,
    BankUsed: bank?.used ?? 0,
    PEGRequested: bank?.requested ?? 0,
  }
}

function countOf(count = 0): number {
  if (count < 0) throw badParams('count must be >= 0')
  return count === 0 ? MOST_HOLDERS : count
}

/** A token that has no price makes the reference fail. */
const orFail = (usd: bigint | null): bigint => {
  if (usd === null) throw new RpcError('internal')
  return usd
}

function richList(ticker: Ticker, count: number, { query, worths }: RpcLedger): Json {
  const worth = worths.dollars()
  return query.richest(ticker, count).map(({ address, amount }) => ({
    address: addressText(address),
    amount,
    pusd: worth ? orFail(worth(amount, ticker)) : 0n,
  }))
}

function globalRichList(count: number, { worths }: RpcLedger): Json {
  const holders = worths.holders()
  if (holders === null) return []
  if (!holders.complete) throw new RpcError('internal')
  return holders.richest(count).map(({ address, usd }) => ({ address: addressText(address), pusd: usd }))
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
