/** `pegminer wallet balance|history`: what the addresses hold, what it is worth, and where it is from. */
import { unitsText } from '../../base/index.js'
import {
  changesOf,
  fateOf,
  findAddress,
  inDollars,
  readAddress,
  readWallet,
  reservedOf,
  type LedgerAction,
  type WalletAddress,
} from '../../ledger/index.js'
import { rangeOf } from '../ledger/arguments.js'
import { actionEvent, unitsOf } from '../ledger/view.js'
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { unitsColumn } from '../view/format.js'
import { fileOf, type WalletContext } from './context.js'
import { reachLedger, type Reach } from './reach.js'
import { earlierEvent, earlierText, historyLines } from './view.js'

async function withAddresses(
  context: WalletContext,
  word: string | undefined,
  work: (addresses: readonly WalletAddress[], reach: Reach) => Promise<void>,
): Promise<number> {
  const { addresses } = readWallet(fileOf(context))
  const chosen = word === undefined ? addresses : [findAddress(addresses, word)]
  return withResources(async (resources) => {
    await work(chosen, reachLedger(context, resources))
    return EXIT.done
  })
}

export const balance = (context: WalletContext, word?: string): Promise<number> =>
  withAddresses(context, word, (addresses, reach) => tellBalances(context, addresses, reach))

type Told = Pick<WalletContext, 'output'>
type Asked = Pick<Reach, 'source' | 'rules' | 'outbox'>

export async function tellBalances(
  { output }: Told,
  addresses: readonly Named[],
  reach: Asked,
): Promise<void> {
  const { source, rules } = reach
  const prices = await source.prices()
  const height = await source.height()
  const dollars = prices && inDollars(prices, height >= rules.averages)
  const ratesHeight = prices === null ? null : prices.height
  let total = 0n
  for (const named of addresses) {
    const hash = hashOf(named)
    const reserved = await reservedOf(hash, reach, ratesHeight ?? 0)
    const balances = await source.balances(hash)
    const worth = [...balances].map(([ticker, amount]) => ({
      ...{ ticker, amount, usd: dollars === null ? null : dollars(amount, ticker) },
    }))
    const sum = worth.reduce((all, { usd }) => all + (usd ?? 0n), 0n)
    total += sum
    output.event({
      ...{ event: 'wallet.balance', address: named.address, name: named.name, height },
      ...{ balances: unitsOf(balances), reserved: unitsOf(reserved) },
      usd: dollars === null ? null : String(sum),
      unpriced: worth.flatMap(({ ticker, usd }) => (usd === null ? [ticker] : [])),
      ratesHeight,
    })
    output.line(headOf(named))
    if (balances.size === 0) output.line(`   nothing after block ${height}`)
    for (const { ticker, amount, usd } of worth) {
      const away = reserved.get(ticker)
      const onTheWay = away === undefined ? '' : `  (${unitsText(away)} on their way)`
      output.line(`   ${ticker.padEnd(5)} ${unitsColumn(amount, 22)}${dollarText(usd)}${onTheWay}`)
    }
    output.line()
  }
  await tellOpen({ output }, reach, ratesHeight)
  if (prices !== null && addresses.length > 0)
    output.line(
      ` worth ${centsText(total)} USD by the rates of block ${prices.height}, after block ${height}`,
    )
}

type Named = Pick<WalletAddress, 'address' | 'name'>

/** RCD hash, hex. Addresses of a wallet were checked when its file was read. */
const hashOf = ({ address }: Named): string => readAddress(address) ?? ''

const headOf = ({ address, name }: Named): string => ` ${address}${name === null ? '' : `  ${name}`}`

const dollarText = (usd: bigint | null): string =>
  usd === null ? '     no price' : `  ${centsText(usd).padStart(16)} USD`

/** Rounded down to cents. */
const centsText = (usd: bigint): string =>
  `${usd / 100_000_000n}.${String((usd % 100_000_000n) / 1_000_000n).padStart(2, '0')}`

/** What was signed here and is not over; only looked at. */
async function tellOpen(
  { output }: Told,
  { source, outbox }: Asked,
  ratesHeight: number | null,
): Promise<void> {
  for (const batch of outbox.list()) {
    const found = await source.statusOf(batch.entry.hash)
    const passed = found === null ? await source.passedBy(batch.entry.hash) : null
    const fate = fateOf(batch, { found, passed, ratesHeight, tipSeconds: null })
    const one = { batch, fate, unfinished: null, result: null }
    output.event(earlierEvent(one))
    output.line(` signed: ${earlierText(one)}`)
  }
}

export const history = (context: WalletContext, word?: string): Promise<number> =>
  withAddresses(context, word, (addresses, reach) => tellHistory(context, addresses, reach))

export async function tellHistory(
  { settings, output }: Told & { readonly settings: HistorySettings },
  addresses: readonly Named[],
  reach: Asked,
): Promise<void> {
  const range = rangeOf(settings)
  for (const named of addresses) {
    const hash = hashOf(named)
    const actions: readonly LedgerAction[] = await reach.source.history(hash, range)
    output.line(headOf(named))
    for (const action of actions) {
      const changes = unitsOf(changesOf(action, hash))
      output.event({ ...actionEvent(action), event: 'wallet.action', of: named.address, changes })
      await output.drained()
    }
    for (const line of historyLines(actions, hash)) output.line(line)
    output.line()
  }
  const prices = await reach.source.prices()
  await tellOpen({ output }, reach, prices === null ? null : prices.height)
}

type HistorySettings = Parameters<typeof rangeOf>[0]
