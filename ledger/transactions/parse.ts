/**
 * Which contents of the transaction chain's entries are batches (docs/protocol/ledger.md#json). An object may hold what
 * it likes as long as its length is that of an object with the expected members and the same values: so the reference
 * keeps out members that are unknown or repeated, all but some.
 */
import { isTicker, NO_TICKER, type Ticker } from '../tickers.js'
import { readAddress } from './address.js'
import { compactJson, elementsOf, foldedName, isNull, membersOf, textOf, uint64Of } from './json.js'
import type { Input, LedgerTransaction, Output } from './types.js'

const ZERO_ADDRESS = '0'.repeat(64)
/** The address of the all-zero seed, which anybody can sign for. */
const NO_INPUT = '031cce24bcc43b596af105167de2c03603c20ada3314a7cfb47befcad4883e6f'
const MOST_INPUT = (1n << 63n) - 1n
/** What the reference writes for a ticker that is none. */
const NO_TICKER_BYTES = 'invalid token type'.length

/** The transactions of a content; null if it is no valid batch. Signatures are not looked at. */
export function parseTransactions(content: Uint8Array): readonly LedgerTransaction[] | null {
  const json = compactJson(content)
  const batch = json && objectOf(json, ['version', 'transactions'])
  if (!json || !batch) return null
  const { version, transactions } = batch
  if (!version || !transactions) return null
  if (json.length !== '{"version":,"transactions":}'.length + version.length + transactions.length)
    return null
  const list = elementsOf(transactions)
  if (uint64Of(version) !== 1n || !list || list.length === 0) return null
  const parsed: LedgerTransaction[] = []
  for (const element of list) {
    const transaction = transactionOf(element)
    if (!transaction || !isValid(transaction)) return null
    parsed.push(transaction)
  }
  const [first] = parsed
  return parsed.every(({ input }) => input.address === first?.input.address) ? parsed : null
}

/** The values of the members that are wanted, the last one of each name; null if it is no object. */
function objectOf<N extends string>(
  json: Uint8Array,
  names: readonly N[],
): Partial<Record<N, Uint8Array>> | null {
  const members = membersOf(json)
  if (!members) return null
  const found: Partial<Record<N, Uint8Array>> = {}
  for (const [key, value] of members) {
    const name = names.find((known) => known === foldedName(key))
    if (name !== undefined) found[name] = value
  }
  return found
}

function transactionOf(json: Uint8Array): LedgerTransaction | null {
  const found = objectOf(json, ['input', 'transfers', 'conversion', 'metadata'])
  const input = found?.input && inputOf(found.input)
  if (!found || !input) return null
  const { transfers, conversion, metadata } = found
  const outputs = transfers ? outputsOf(transfers) : []
  const target = conversion ? tickerOf(conversion) : NO_TICKER
  if (!outputs || target === null) return null
  const isConversion = outputs.length === 0 && target !== NO_TICKER
  const skeleton = isConversion ? '{"input":,"conversion":}' : '{"input":,"transfers":}'
  const wanted = isConversion ? conversion : transfers
  const length =
    skeleton.length +
    (found.input?.length ?? 0) +
    (wanted?.length ?? 0) +
    (metadata ? ',"metadata":'.length + metadata.length : 0)
  if (json.length !== length) return null
  return isConversion ? { kind: 'conversion', input, target } : { kind: 'transfer', input, outputs }
}

function inputOf(json: Uint8Array): Input | null {
  const members = membersOf(json)
  const found = objectOf(json, ['address', 'amount'])
  if (!members || !found) return null
  let ticker = NO_TICKER
  for (const [key, value] of members) {
    if (foldedName(key) !== 'type') continue
    const text = textOf(value)
    if (text === null || !isTicker(text)) return null
    ticker = text
  }
  const skeleton =
    '{"address":,"amount":,"type":""}'.length + (ticker === NO_TICKER ? NO_TICKER_BYTES : ticker.length)
  const output = outputFrom(json, found, skeleton)
  return output && { ...output, ticker }
}

function outputsOf(json: Uint8Array): Output[] | null {
  if (isNull(json)) return []
  const list = elementsOf(json)
  if (!list) return null
  const outputs: Output[] = []
  for (const element of list) {
    const found = objectOf(element, ['address', 'amount'])
    const output = found && outputFrom(element, found, '{"address":,"amount":}'.length)
    if (!output) return null
    outputs.push(output)
  }
  return outputs
}

/** Null stands for the zero address, and for no amount. */
function outputFrom(
  json: Uint8Array,
  found: Partial<Record<'address' | 'amount', Uint8Array>>,
  skeleton: number,
): Output | null {
  if (!found.address || !found.amount) return null
  if (json.length !== skeleton + found.address.length + found.amount.length) return null
  const text = textOf(found.address)
  const address = isNull(found.address) ? ZERO_ADDRESS : text === null ? null : readAddress(text)
  const amount = uint64Of(found.amount)
  return address === null || amount === null ? null : { address, amount }
}

/** The target of a conversion: the name in quotation marks, without escapes. */
function tickerOf(json: Uint8Array): Ticker | null {
  const text = textOf(json)
  return text !== null && isTicker(text) && json.length === text.length + 2 ? text : null
}

function isValid(transaction: LedgerTransaction): boolean {
  const { input } = transaction
  if (input.address === NO_INPUT || input.amount > MOST_INPUT) return false
  if (transaction.kind === 'conversion') return input.ticker !== transaction.target
  const { outputs } = transaction
  return outputs.length > 0 && outputs.reduce((sum, { amount }) => sum + amount, 0n) === input.amount
}
