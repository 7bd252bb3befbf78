/** Addresses and ids of transactions as requests name them. Mistakes are told in the reference's words. Pure. */
import { readAddress, type AddressForm } from '../transactions/address.js'
import { hexProblem } from './decode.js'
import { badParams } from './errors.js'

const TEXT_LENGTH = 52
const FORMS: readonly AddressForm[] = ['FA', 'Fe', 'FE']

/** Throws `RpcError`. */
export function addressOf(text: string): string {
  const refused = (why: string) => badParams(`address: ${why}`)
  if (Buffer.byteLength(text) !== TEXT_LENGTH) throw refused('invalid length')
  const form = FORMS.find((known) => text.startsWith(known))
  if (form === undefined) throw refused('invalid prefix')
  const address = readAddress(text, form)
  if (address === null) throw refused('checksum error')
  return address
}

const MOST_INDEX = 2n ** 31n

/** `0-HASH`; zeros before the number are allowed. Throws `RpcError`. */
export function transactionIdOf(text: string) {
  const refused = (why: string) => badParams(`txid: ${why}`)
  const [digits = '', hash = '', ...more] = text.split('-')
  if (!text.includes('-') || more.length > 0)
    throw refused('txid does not match txid format, format: [TxIndex]-[EntryHash]')
  if (!/^\+?\d{1,40}$/.test(digits) || BigInt(digits.replace('+', '')) >= MOST_INDEX)
    throw refused('index must be a valid integer')
  if (hash.length !== 64) throw refused('hash must be 32 bytes (64 hex characters)')
  if (hexProblem(hash) !== null) throw refused('hash must be a valid hex string')
  return { index: Number(digits), hash: hash.toLowerCase() }
}
