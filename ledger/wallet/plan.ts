/** What is to be sent or converted, as people write it: amounts, recipients, files with several transactions. Pure. */
import * as v from 'valibot'

import { fromHex, parseJson, toHex, parseUnits } from '../../base/index.js'
import { isAddress } from '../../factom/index.js'
import { fail } from '../errors.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { readAddress, readTypedAddress } from '../transactions/address.js'
import type { LedgerTransaction } from '../transactions/types.js'
import { readSigned, readUnsigned, type SignedBatch, type Unsigned } from './batch.js'
import type { KeyKind } from './keys.js'

/** A batch whose input address is not known yet. */
export type Plan = readonly PlannedTransaction[]

export type PlannedTransaction =
  | { readonly ticker: Ticker; readonly outputs: readonly { readonly to: string; readonly amount: bigint }[] }
  | { readonly ticker: Ticker; readonly amount: bigint; readonly target: Ticker }

const wrong = (text: string): Error => fail('E_WALLET_BATCH', text)

/** An amount above 0 with at most 8 decimals, in 1e-8. */
export function amountOf(text: string): bigint {
  const units = parseUnits(text)
  if (units === null || units === 0n)
    throw wrong(`${shown(text)} is no amount: a number above 0 with at most 8 decimals, such as 1.5`)
  return units
}

/** Its RCD hash, hex. `sender`: of an address of Ethereum tokens may also be sent to a gateway (FE). */
export function recipientOf(text: string, ticker: Ticker, sender: KeyKind | null): string {
  if (text.includes('_')) {
    const typed = readTypedAddress(text)
    if (typed.ticker === ticker) return typed.address
    throw wrong(`${shown(text)} is an address for ${typed.ticker}, not for ${ticker}`)
  }
  if (isAddress(text, 'FA')) return readAddress(text) ?? ''
  if (text.startsWith('FE') && sender !== 'ethereum')
    throw wrong('to a gateway (FE…) only an address of Ethereum can send')
  const address = readAddress(text, 'Fe') ?? readAddress(text, 'FE')
  if (address !== null) return address
  throw wrong(`${shown(text)} is no address: check it for a missing or wrong character`)
}

/** A token that there is. */
function ticker(text: string): Ticker {
  if (TICKERS.includes(text)) return text
  throw wrong(`there is no token ${shown(text)}`)
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 60))

/** The transactions of a plan, for an address (RCD hash, hex). */
export function transactionsOf(
  plan: Plan,
  address: string,
  sender: KeyKind | null,
): readonly LedgerTransaction[] {
  return plan.map((planned): LedgerTransaction => {
    const { ticker } = planned
    if ('target' in planned) {
      const { amount, target } = planned
      if (target === ticker) throw wrong(`${ticker} into ${target} would change nothing`)
      return { kind: 'conversion', input: { address, ticker, amount }, target }
    }
    const outputs = planned.outputs.map(({ to, amount }) => ({
      address: recipientOf(to, ticker, sender),
      amount,
    }))
    const amount = outputs.reduce((sum, output) => sum + output.amount, 0n)
    return { kind: 'transfer', input: { address, ticker, amount }, outputs }
  })
}

const TEXT = v.pipe(v.string(), v.maxLength(100))
const HEX = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){0,10240}$/))
const TRANSACTION = v.union([
  v.strictObject({ token: TEXT, amount: TEXT, into: TEXT }),
  v.strictObject({
    token: TEXT,
    to: v.pipe(v.array(v.strictObject({ address: TEXT, amount: TEXT })), v.minLength(1), v.maxLength(500)),
  }),
])
const PLAN = v.strictObject({
  from: v.optional(TEXT),
  transactions: v.pipe(v.array(TRANSACTION), v.minLength(1), v.maxLength(500)),
})
const UNSIGNED = v.strictObject({ pegminer: v.literal('unsigned batch'), chainId: HEX, content: v.string() })
const SIGNED = v.strictObject({
  pegminer: v.literal('signed batch'),
  chainId: HEX,
  extIds: v.pipe(v.array(HEX), v.length(3)),
  content: v.string(),
})

export type BatchFile =
  | { readonly kind: 'plan'; readonly from: string | undefined; readonly plan: Plan }
  | { readonly kind: 'unsigned'; readonly batch: Unsigned }
  | { readonly kind: 'signed'; readonly batch: SignedBatch }

/** What a file with a batch says. Throws `E_WALLET_BATCH`. */
export function readBatchFile(text: string): BatchFile {
  let content: unknown
  try {
    content = parseJson(text, { depth: 8, values: 10_000 })
  } catch {
    throw wrong('the file holds no JSON, or too much of it')
  }
  if (v.is(UNSIGNED, content))
    return { kind: 'unsigned', batch: readUnsigned(content.chainId, Buffer.from(content.content)) }
  if (v.is(SIGNED, content)) {
    const extIds = content.extIds.map((hex) => fromHex(hex) ?? new Uint8Array())
    const { chainId } = content
    return { kind: 'signed', batch: readSigned({ chainId, extIds, content: Buffer.from(content.content) }) }
  }
  const { success, output, issues } = v.safeParse(PLAN, content)
  if (!success)
    throw wrong(
      `the file is no batch at ${v.getDotPath(issues[0]) ?? 'its top'}: see docs/wallet.md for its three forms`,
    )
  return { kind: 'plan', from: output.from, plan: output.transactions.map(plannedOf) }
}

function plannedOf(given: v.InferOutput<typeof TRANSACTION>): PlannedTransaction {
  const token = ticker(given.token)
  if ('into' in given) return { ticker: token, amount: amountOf(given.amount), target: ticker(given.into) }
  const outputs = given.to.map(({ address, amount }) => ({ to: address, amount: amountOf(amount) }))
  return { ticker: token, outputs }
}

export function batchFileText(batch: Unsigned | SignedBatch): string {
  const content = Buffer.from(batch.content).toString()
  const { chainId } = batch
  const fields =
    'entry' in batch
      ? { pegminer: 'signed batch', chainId, extIds: batch.entry.extIds.map(toHex), content }
      : { pegminer: 'unsigned batch', chainId, content }
  return `${JSON.stringify(fields, null, 2)}\n`
}
