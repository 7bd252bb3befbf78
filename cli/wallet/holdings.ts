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

export function balance(context: WalletContext, word?: string): Promise<number> {
  const { output } = context
  return withAddresses(context, word, async (addresses, reach) => {
    const { source, rules } = reach
    const prices = await source.prices()
    const height = await source.height()
    const dollars = prices && inDollars(prices, height >= rules.averages)
    let total = 0n
    for (const { address, name } of addresses) {
      const hash = readAddress(address) ?? ''
      const reserved = await reservedOf(hash, reach, prices?.height ?? 0)
      const balances = await source.balances(hash)
      const worth = [...balances].map(
        ([ticker, amount]) => [ticker, dollars?.(amount, ticker) ?? null] as const,
      )
      const sum = worth.reduce((all, [, usd]) => all + (usd ?? 0n), 0n)
      total += sum
      output.event({
        ...{ event: 'wallet.balance', address, name, height, balances: unitsOf(balances) },
        reserved: unitsOf(reserved),
        usd: dollars === null ? null : String(sum),
        unpriced: worth.flatMap(([ticker, usd]) => (usd === null ? [ticker] : [])),
        ratesHeight: prices?.height ?? null,
      })
      output.line(` ${address}${name === null ? '' : `  ${name}`}`)
      if (balances.size === 0) output.line(`   nothing after block ${height}`)
      for (const [ticker, usd] of worth) {
        const amount = unitsColumn(balances.get(ticker) ?? 0n, 22)
        const away = reserved.get(ticker)
        const onTheWay = away === undefined ? '' : `  (${unitsText(away)} on their way)`
        output.line(`   ${ticker.padEnd(5)} ${amount}${dollarText(usd)}${onTheWay}`)
      }
      output.line()
    }
    await tellOpen(context, reach, prices?.height ?? null)
    if (dollars && addresses.length > 0)
      output.line(
        ` worth ${centsText(total)} USD by the rates of block ${prices.height}, after block ${height}`,
      )
  })
}

const dollarText = (usd: bigint | null): string =>
  usd === null ? '     no price' : `  ${centsText(usd).padStart(16)} USD`

/** Rounded down to cents. */
const centsText = (usd: bigint): string =>
  `${usd / 100_000_000n}.${String((usd % 100_000_000n) / 1_000_000n).padStart(2, '0')}`

/** What was signed here and is not over; only looked at. */
async function tellOpen(
  { output }: WalletContext,
  { source, outbox }: Reach,
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

export function history(context: WalletContext, word?: string): Promise<number> {
  const { settings, output } = context
  const { 'history.from': from = 0, 'history.to': to = 2 ** 32, 'ledger.count': last } = settings
  return withAddresses(context, word, async (addresses, reach) => {
    for (const { address, name } of addresses) {
      const hash = readAddress(address) ?? ''
      const actions: readonly LedgerAction[] = await reach.source.history(hash, { from, to, last })
      output.line(` ${address}${name === null ? '' : `  ${name}`}`)
      for (const action of actions) {
        const changes = unitsOf(changesOf(action, hash))
        output.event({ ...actionEvent(action), event: 'wallet.action', of: address, changes })
        await output.drained()
      }
      for (const line of historyLines(actions, hash)) output.line(line)
      output.line()
    }
    await tellOpen(context, reach, (await reach.source.prices())?.height ?? null)
  })
}
