/** What a ledger is asked for: balances, supplies, rates, the bank, the largest holders, histories, everything. */
import { unitsText } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import { addressText, stateHash, type LedgerAction, type LedgerQueries } from '../../ledger/index.js'
import { EXIT } from '../program/context.js'
import { addressOf, tickerOf, rangeOf } from './arguments.js'
import { openEither } from './files.js'
import type { LedgerContext } from './context.js'
import { actionEvent, actionLine, amountLines, unitsOf } from './view.js'

/** Asks the ledger, and closes it whatever happens. */
async function asking(
  context: LedgerContext,
  ask: (query: LedgerQueries, height: number) => void | Promise<void>,
): Promise<number> {
  const query = openEither(context)
  try {
    await ask(query, context.settings['ledger.height'] ?? query.about().height)
    return EXIT.done
  } finally {
    query.close()
  }
}

export const balances = (context: LedgerContext, text: string): Promise<number> => {
  const address = addressOf(text)
  return asking(context, (query, height) => {
    const { output } = context
    const held = query.balancesOf(address, height)
    output.event({ event: 'ledger.balances', address: addressText(address), height, balances: unitsOf(held) })
    if (held.size === 0) output.line(` nothing after block ${height}`)
    amountLines(held).forEach((line) => output.line(line))
  })
}

export const issuance = (context: LedgerContext): Promise<number> =>
  asking(context, (query, height) => {
    const { output } = context
    const issued = query.issuance(height)
    output.event({ event: 'ledger.issuance', height, issuance: unitsOf(issued) })
    amountLines(issued).forEach((line) => output.line(line))
  })

export const rates = (context: LedgerContext): Promise<number> =>
  asking(context, (query, height) => {
    const { output, settings } = context
    // A height that was asked for is meant; else the last block that has any.
    const asked = settings['ledger.height'] === undefined ? (query.ratesHeight(height) ?? height) : height
    const found = query.ratesAt(asked)
    output.event({ event: 'ledger.rates', height: asked, rates: found && unitsOf(found) })
    output.line(found ? ` USD, by block ${asked}` : ` block ${asked} has no rates`)
    amountLines(found ?? new Map<string, bigint>()).forEach((line) => output.line(line))
  })

export const bank = (context: LedgerContext): Promise<number> =>
  asking(context, (query, height) => {
    const { output } = context
    const found = query.bankAt(height)
    const { amount = null, used = null, requested = null } = found ?? {}
    const text = (units: bigint | null) => (units === null ? null : String(units))
    output.event({
      ...{ event: 'ledger.bank', height },
      ...{ amount: text(amount), used: text(used), requested: text(requested) },
    })
    output.line(
      found
        ? ` ${unitsText(found.used)} PEG of ${unitsText(found.amount)} were paid; ${unitsText(found.requested)} were asked for`
        : ` block ${height} has no bank`,
    )
  })

export const richlist = (context: LedgerContext, word = 'PEG'): Promise<number> => {
  const { output, settings } = context
  const ticker = tickerOf(word)
  if (settings['ledger.height'] !== undefined)
    throw mistake('E_CONFIG_VALUE', 'richlist knows the last block only; leave --height out')
  return asking(context, (query) => {
    const holders = query.richest(ticker, settings['ledger.count'])
    output.event({
      ...{ event: 'ledger.richlist', ticker, height: query.about().height },
      holders: holders.map(({ address, amount }) => ({
        address: addressText(address),
        units: String(amount),
      })),
    })
    holders.forEach(({ address, amount }, k) =>
      output.line(` ${String(k + 1).padStart(4)}  ${addressText(address)}  ${unitsText(amount)} ${ticker}`),
    )
  })
}

export const history = (context: LedgerContext, text: string): Promise<number> => {
  const address = addressOf(text)
  const { settings, output } = context
  const range = rangeOf(settings)
  return asking(context, async (query) => {
    const actions: readonly LedgerAction[] = query.historyOf(address, range)
    for (const action of actions) {
      output.event(actionEvent(action))
      output.line(actionLine(action, address))
      await output.drained()
    }
    if (actions.length === 0) output.line(' nothing')
  })
}

export const dump = (context: LedgerContext): Promise<number> =>
  asking(context, (query, height) => {
    const { output } = context
    const held = query.balancesAt(height)
    const hash = stateHash(held)
    output.event({
      ...{ event: 'ledger.state', height, hash },
      balances: Object.fromEntries([...held].map(([address, own]) => [addressText(address), unitsOf(own)])),
      rates: unitsOf(query.ratesAt(height) ?? new Map<string, bigint>()),
    })
    output.line(` block ${height}  ${hash}`)
    for (const [address, own] of held) {
      if (own.size === 0) continue
      output.line()
      output.line(` ${addressText(address)}`)
      amountLines(own).forEach((line) => output.line(line))
    }
  })
