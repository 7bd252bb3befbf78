/** What a ledger says, as lines and events. Pure. */
import { isoTime, unitsText } from '../../base/index.js'
import { addressText, refusalText, type LedgerAction } from '../../ledger/index.js'
import { unitsColumn } from '../view/format.js'

/** Whole numbers of 1e-8 as text, for programs. */
export const unitsOf = (amounts: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries([...amounts].map(([ticker, amount]) => [ticker, String(amount)]))

export const amountLines = (amounts: ReadonlyMap<string, bigint>): string[] =>
  [...amounts].map(([ticker, amount]) => ` ${ticker.padEnd(5)}  ${unitsColumn(amount, 24).trimEnd()}`)

export function actionEvent(action: LedgerAction) {
  const { hash, index, height, seconds, status, kind, ticker, target, refund } = action
  return {
    event: 'ledger.action',
    ...{
      hash,
      index,
      height,
      blockTime: isoTime(seconds),
      status,
      kind,
      address: addressText(action.address),
    },
    ...{ ticker: ticker === '' ? null : ticker, amount: String(action.amount) },
    ...{ target: target === '' ? null : target, result: String(action.result) },
    refund: refund === null ? null : String(refund),
    outputs: action.outputs.map(({ address, amount }) => ({
      address: addressText(address),
      amount: String(amount),
    })),
  }
}

/** `206425  2019-08-19 17:20  conversion  10 pUSD → 3.5 pEUR`, as the history of one address. */
export function actionLine(action: LedgerAction, whose: string): string {
  const { height, seconds, status, kind } = action
  const time = isoTime(seconds).slice(0, 16).replace('T', ' ')
  const state = status > 0 ? '' : `  ${status < 0 ? refusalText(status) : 'waiting'}`
  return ` ${String(height).padStart(7)}  ${time}  ${kind.padEnd(10)}  ${whatOf(action, whose)}${state}`
}

function whatOf(action: LedgerAction, whose: string): string {
  const { kind, ticker, amount, target, result, refund, address, outputs, status } = action
  const input = `${unitsText(amount)} ${ticker}`
  switch (kind) {
    case 'coinbase':
      return `+ ${unitsText(result)} ${target}`
    case 'burn':
      return `+ ${unitsText(result)} ${target} for burnt factoids`
    case 'conversion':
      return [
        `${input} → ${status > 0 ? `${unitsText(result)} ` : ''}${target}`,
        ...(refund === null ? [] : [`${unitsText(refund)} ${ticker} given back`]),
      ].join(', ')
    case 'transfer': {
      if (address === whose)
        return `${input} to ${[...new Set(outputs.map((output) => addressText(output.address)))].join(', ')}`
      const got = outputs.reduce((sum, output) => (output.address === whose ? sum + output.amount : sum), 0n)
      return `+ ${unitsText(got)} ${ticker} from ${addressText(address)}`
    }
  }
}
