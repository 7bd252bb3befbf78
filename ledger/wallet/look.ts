/** A batch before it is signed: what the ledger would make of it now, and whether it may be signed at all. */
import { isoTime, unitsText } from '../../base/index.js'
import { refusalText } from '../engine/refusals.js'
import { REFUSED, type Balances } from '../engine/types.js'
import { fail } from '../errors.js'
import type { LedgerRules } from '../rules.js'
import type { Ticker } from '../tickers.js'
import type { Input } from '../transactions/types.js'
import { sameAs, type SignedBatch, type Unsigned } from './batch.js'
import type { Vault } from './file.js'
import { signingKey, type SigningKey } from './keys.js'
import type { Outbox } from './outbox.js'
import { previewOf, type Preview } from './preview.js'
import type { Earlier } from './sending.js'
import type { LastPrices, LedgerSource } from './source.js'

export interface Look {
  /** RCD hash, hex: whose tokens they are. */
  readonly address: string
  /** The last block that the ledger knows. */
  readonly height: number
  readonly prices: LastPrices | null
  readonly preview: Preview
  /** What the address has, without what is on its way. */
  readonly available: Balances
  readonly reserved: ReadonlyMap<Ticker, bigint>
}

export interface LookTerms {
  readonly source: LedgerSource
  readonly outbox: Outbox
  readonly rules: LedgerRules
}

export async function lookAt({ transactions }: Unsigned, terms: LookTerms): Promise<Look> {
  const { source, rules } = terms
  const address = transactions[0]?.input.address ?? ''
  const prices = await source.prices()
  const height = await source.height()
  const reserved = await reservedOf(address, terms, prices?.height ?? 0)
  const balances = await source.balances(address)
  const available = new Map(
    [...balances].map(([ticker, held]) => {
      const rest = held - (reserved.get(ticker) ?? 0n)
      return [ticker, rest > 0n ? rest : 0n]
    }),
  )
  const preview = previewOf(transactions, { height, prices, rules, available })
  return { address, height, prices, preview, available, reserved }
}

/**
 * What batches that may still be executed will take of an address: those signed here that are in no block yet, and
 * those that wait in the ledger, wherever they were signed.
 */
export async function reservedOf(
  address: string,
  { source, outbox }: Pick<LookTerms, 'source' | 'outbox'>,
  ratesHeight: number,
): Promise<ReadonlyMap<Ticker, bigint>> {
  const inputs: Input[] = []
  for (const { entry, transactions } of outbox.list())
    if ((await source.statusOf(entry.hash)) === null) inputs.push(...transactions.map(({ input }) => input))
  const history = await source.history(address, { from: ratesHeight })
  inputs.push(...history.filter(({ status }) => status === 0))
  const reserved = new Map<Ticker, bigint>()
  for (const { address: owner, ticker, amount } of inputs)
    if (owner === address) reserved.set(ticker, (reserved.get(ticker) ?? 0n) + amount)
  return reserved
}

/** Throws `E_WALLET_REFUSED` if the ledger would not execute it. */
export function requireAccepted({ preview, available, reserved }: Look, { transactions }: Unsigned): void {
  const refused = (why: string): Error => fail('E_WALLET_REFUSED', why)
  switch (preview.kind) {
    case 'executed':
      return
    case 'unpriced':
      throw refused('there are no rates yet: wait for the first graded block')
    case 'dropped':
      throw refused('it would wait for ever: a token has no average yet, or the result is too large')
    case 'skipped':
      throw refused(`it cannot be executed: ${preview.reason}`)
    case 'refused': {
      if (preview.status !== REFUSED.insufficient) throw refused(refusalText(preview.status))
      const tickers = [...new Set(transactions.map(({ input }) => input.ticker))]
      const text = (amounts: ReadonlyMap<Ticker, bigint>) =>
        tickers.map((ticker) => `${unitsText(amounts.get(ticker) ?? 0n)} ${ticker}`).join(', ')
      const away = tickers.some((ticker) => reserved.has(ticker))
      throw refused(
        `the address has ${text(available)} to spend${away ? `; ${text(reserved)} are on their way already` : ''}`,
      )
    }
  }
}

/**
 * The earlier batch that says the same, and may be executed or was: a program that ended before it could say that it had
 * sent is often started again with the same words.
 */
export const sameOf = (
  unsigned: Pick<Unsigned, 'content'>,
  earlier: readonly Earlier[],
): Earlier | undefined =>
  earlier.find(({ batch, fate }) => sameAs(batch, unsigned) && fate.kind !== 'expired')

/** The refusal of what was signed before: the same is not done twice, unless that is asked for. */
export function signedBefore({ entry, signedAt }: SignedBatch): Error {
  const time = isoTime(signedAt)
  return fail('E_WALLET_AGAIN', `the same was signed at ${time} (${entry.hash}); --again does it once more`)
}

/** A batch for another network would be paid for, and do nothing. */
export function requireChain({ chainId }: Unsigned, wanted: string): void {
  if (chainId !== wanted) throw fail('E_WALLET_BATCH', 'the batch is for another network: see --network')
}

/** An entry that is not paid for comes into no block. */
export function requireCredits(
  unsigned: Unsigned,
  { address, balance }: { readonly address: string; readonly balance: number },
): void {
  const credits = creditsOf(unsigned)
  if (balance < credits)
    throw fail('E_WALLET_CREDITS', `${address} has ${balance} entry credits, the entry costs ${credits}`)
}

/** Salt, key and signature of an address of Ethereum, with their lengths: the most that there is. */
const MOST_IDS = 3 * 2 + 12 + 65 + 65

/** Most entry credits that the entry costs. */
export const creditsOf = ({ content }: Unsigned): number => Math.ceil((content.length + MOST_IDS) / 1024)

/** The key of an address (FA text). Throws `E_WALLET_KEY` if the wallet only watches it. */
export function keyIn({ secrets }: Vault, address: string): SigningKey {
  for (const secret of secrets) {
    const key = signingKey(secret)
    if (key.address === address) return key
  }
  throw fail('E_WALLET_KEY', `the wallet has no key for ${address}`)
}
