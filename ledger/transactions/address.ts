/**
 * Addresses of the ledger: 32 bytes, the hash of a redeem condition, hex inside. Read as transactions name them, and as
 * wallets show them for one token (docs/protocol/ledger.md#addresses).
 */
import { createHash } from 'node:crypto'

import { base58, createBase58check } from '@scure/base'

import { remembered } from '../../base/index.js'
import { encodeAddress } from '../../factom/index.js'
import { ASSETS } from '../../pegnet/index.js'
import { fail } from '../errors.js'
import { TICKERS, tickerOf, type Ticker } from '../tickers.js'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const base58check = createBase58check(sha256)
const TEXT_LENGTH = 52

/** RCD hash of an ed25519 key: FA; of a key of Ethereum: also Fe and, for gateways, FE. The bytes are the same. */
export type AddressForm = 'FA' | 'Fe' | 'FE'

/**
 * The address of a text as the rules read it; null if it is none. The two bytes of the prefix are not compared, so
 * some addresses have a second text.
 */
export function readAddress(text: string, form: AddressForm = 'FA'): string | null {
  if (text.length !== TEXT_LENGTH || !text.startsWith(form)) return null
  try {
    return Buffer.from(base58check.decode(text).subarray(2, 34)).toString('hex')
  } catch {
    return null
  }
}

/** The same of a text in any form. */
export const readAnyAddress = (text: string): string | null =>
  readAddress(text) ?? readAddress(text, 'Fe') ?? readAddress(text, 'FE')

/** To write 32 bytes in base 58 takes longer than to read a row, and histories name the same ones again and again. */
const MOST_TEXTS = 20_000
/** Of `FA HASH` or `TICKER HASH`. */
const textOf = remembered(MOST_TEXTS, (question) => {
  const [name = '', address = ''] = question.split(' ')
  const hash = Buffer.from(address, 'hex')
  if (name === 'FA') return encodeAddress('FA', hash)
  return `${name}_${base58.encode(Buffer.concat([hash, checkSum(name, hash)]))}`
})

/** The FA text of an address. */
export const addressText = (address: string): string => textOf(`FA ${address}`)

/** All assets that there ever were an address form for. */
const TYPED = new Set([...TICKERS, ...ASSETS[1].filter((asset) => asset !== 'PNT').map(tickerOf)])
const TYPED_LENGTHS = [42, 56] as const

/**
 * The text of an address for one token, so that a pUSD address is not taken for one of PEG. No transaction carries it.
 */
export function typedAddress(address: string, ticker: Ticker): string {
  if (!TYPED.has(ticker)) throw fail('E_LEDGER_ADDRESS', `there are no addresses of ${ticker.slice(0, 20)}`)
  return textOf(`${ticker} ${address}`)
}

/** Throws `E_LEDGER_ADDRESS`. */
export function readTypedAddress(text: string): { readonly address: string; readonly ticker: Ticker } {
  const problem = (what: string) => fail('E_LEDGER_ADDRESS', `not an address of a token: ${what}`)
  const [least, most] = TYPED_LENGTHS
  if (text.length < least || text.length > most) throw problem(`it has ${text.length} characters`)
  const [ticker = '', body = ''] = text.split('_', 2)
  if (!TYPED.has(ticker)) throw problem('it does not begin with the name of a token and _')
  let raw: Uint8Array
  try {
    raw = base58.decode(body)
  } catch {
    throw problem('a character is no base58')
  }
  if (raw.length !== 36) throw problem('it is of wrong length')
  const hash = raw.subarray(0, 32)
  if (!checkSum(ticker, hash).equals(raw.subarray(32))) throw problem('the check sum does not fit')
  return { address: Buffer.from(hash).toString('hex'), ticker }
}

function checkSum(ticker: Ticker, hash: Uint8Array): Buffer {
  const data = Buffer.concat([Buffer.from(`${ticker}_`), hash])
  return Buffer.from(sha256(sha256(data)).subarray(0, 4))
}
