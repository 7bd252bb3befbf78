/** Bytes under a passphrase: scrypt makes the key, AES-256-GCM hides and guards them. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

import { fromHex, toHex } from '../../base/index.js'
import { fail } from '../errors.js'

/** What it costs to try one passphrase. */
export interface ScryptCost {
  /** log2 of N. */
  readonly logN: number
  readonly r: number
  readonly p: number
}

export interface Sealed extends ScryptCost {
  readonly kdf: 'scrypt'
  readonly cipher: 'aes-256-gcm'
  /** Hex, as the rest. */
  readonly salt: string
  readonly nonce: string
  readonly data: string
  readonly tag: string
}

/** 128 MiB and half a second. */
export const COST: ScryptCost = { logN: 17, r: 8, p: 1 }
/** What a file may ask for: 1 GiB, and ten seconds. */
export const MOST_COST: ScryptCost = { logN: 20, r: 8, p: 4 }

const KEY_BYTES = 32
const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt)

export async function seal(plain: Uint8Array, passphrase: string, cost: ScryptCost = COST): Promise<Sealed> {
  const head = { kdf: 'scrypt', ...cost, cipher: 'aes-256-gcm', salt: toHex(randomBytes(16)) } as const
  const nonce = randomBytes(12)
  const cipher = createCipheriv(head.cipher, await keyOf(passphrase, head), nonce)
  cipher.setAAD(guarded(head))
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  return { ...head, nonce: toHex(nonce), data: toHex(data), tag: toHex(cipher.getAuthTag()) }
}

/** Throws `E_WALLET_PASSPHRASE` if it is another passphrase, or anything was changed. */
export async function unseal(sealed: Sealed, passphrase: string): Promise<Uint8Array> {
  const decipher = createDecipheriv(sealed.cipher, await keyOf(passphrase, sealed), bytesOf(sealed.nonce))
  decipher.setAAD(guarded(sealed))
  decipher.setAuthTag(bytesOf(sealed.tag))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(bytesOf(sealed.data)), decipher.final()]))
  } catch {
    throw fail('E_WALLET_PASSPHRASE', 'the passphrase does not open the wallet')
  }
}

const bytesOf = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array()

type Head = Pick<Sealed, 'kdf' | 'cipher' | 'salt' | keyof ScryptCost>

/** A passphrase is the same however its letters were typed. */
function keyOf(passphrase: string, { salt, logN, r, p }: Head): Promise<Buffer> {
  const N = 2 ** logN
  return derive(passphrase.normalize('NFKC'), bytesOf(salt), KEY_BYTES, { N, r, p, maxmem: 256 * N * r })
}

const guarded = ({ kdf, logN, r, p, cipher, salt }: Head): Buffer =>
  Buffer.from(`pegminer wallet 1 ${kdf} ${logN} ${r} ${p} ${cipher} ${salt}`)
