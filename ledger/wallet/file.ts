/**
 * The wallet's file: its addresses, which anybody may see, and its secrets, sealed. A wallet without secrets only
 * watches.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import * as v from 'valibot'

import { lockFile, makeFolder, messageOf, parseJson, writeWhole } from '../../base/index.js'
import { isAddress } from '../../factom/index.js'
import { fail } from '../errors.js'
import { signingKey } from './keys.js'
import { MOST_COST, seal, unseal, type ScryptCost, type Sealed } from './seal.js'

/** `words`: a key made of the wallet's words. `watch`: there is no key. */
export type AddressKind = 'words' | 'factoid' | 'ethereum' | 'watch'

export interface WalletAddress {
  /** FA text. */
  readonly address: string
  readonly kind: AddressKind
  readonly name: string | null
  /** Where its key is in the tree that the words make. */
  readonly path: string | null
}

export interface Wallet {
  readonly addresses: readonly WalletAddress[]
  /** Null: there are no keys. */
  readonly sealed: Sealed | null
}

/** Words, and the index of the next key to take from them. */
export interface Seed {
  readonly words: string
  readonly next: number
}

/** What is sealed. */
export interface Vault {
  readonly seeds: readonly Seed[]
  /** `Fs…`, or `0x…` for Ethereum. */
  readonly secrets: readonly string[]
}

export const EMPTY: Wallet = { addresses: [], sealed: null }
export const EMPTY_VAULT: Vault = { seeds: [], secrets: [] }

const MOST_BYTES = 4 * 1024 * 1024
const MOST_ADDRESSES = 10_000
export const ADDRESS_NAME = /^(?!FA)[A-Za-z0-9_.-]{1,40}$/

const hex = (bytes: number) => v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2})*$/), v.length(2 * bytes))
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

const SEALED = v.object({
  kdf: v.literal('scrypt'),
  logN: whole(1, MOST_COST.logN),
  r: whole(1, MOST_COST.r),
  p: whole(1, MOST_COST.p),
  cipher: v.literal('aes-256-gcm'),
  salt: hex(16),
  nonce: hex(12),
  data: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2})*$/)),
  tag: hex(16),
})
const FILE = v.object({
  pegminer: v.literal('wallet'),
  version: v.literal(1),
  addresses: v.pipe(
    v.array(
      v.object({
        address: v.pipe(
          v.string(),
          v.check((text) => isAddress(text, 'FA')),
        ),
        kind: v.picklist(['words', 'factoid', 'ethereum', 'watch']),
        name: v.nullable(v.pipe(v.string(), v.regex(ADDRESS_NAME))),
        path: v.nullable(v.pipe(v.string(), v.maxLength(100))),
      }),
    ),
    v.maxLength(MOST_ADDRESSES),
  ),
  sealed: v.nullable(SEALED),
})
const VAULT = v.object({
  seeds: v.array(v.object({ words: v.string(), next: whole(0, 2 ** 31) })),
  secrets: v.array(v.string()),
})

/** Throws `E_WALLET_NONE` if there is no such file, `E_WALLET_FILE` if it is no wallet. */
export function readWallet(file: string): Wallet {
  if (!existsSync(file)) throw fail('E_WALLET_NONE', `there is no wallet in ${file} yet`)
  const damaged = (what: string) => fail('E_WALLET_FILE', `${file} is no wallet: ${what}`)
  let content: unknown
  try {
    if (statSync(file).size > MOST_BYTES) throw damaged('it is too large')
    content = parseJson(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw damaged('it holds no JSON')
    if (error instanceof Error && 'retryable' in error) throw error
    throw fail('E_WALLET_FILE', `${file} cannot be read: ${messageOf(error)}`)
  }
  const { success, output, issues } = v.safeParse(FILE, content)
  if (!success) throw damaged(`${v.getDotPath(issues[0]) ?? 'it'} is not as it must be`)
  const { addresses, sealed } = output
  if (new Set(addresses.map(({ address }) => address)).size < addresses.length)
    throw damaged('an address stands in it twice')
  return { addresses, sealed }
}

/** On disk when it returns, whole; only its owner can read it. */
export function writeWallet(file: string, { addresses, sealed }: Wallet): void {
  try {
    const text = JSON.stringify({ pegminer: 'wallet', version: 1, addresses, sealed }, null, 2)
    writeWhole(file, `${text}\n`, { mode: 0o600 })
  } catch (error) {
    throw fail('E_WALLET_FILE', `${file} cannot be written: ${messageOf(error)}`)
  }
}

/** Nothing else changes the wallet before the function that it returns is called: a key would be lost. */
export function lockWallet(file: string): () => void {
  const failed = (error: unknown) => fail('E_WALLET_FILE', `${file} cannot be used: ${messageOf(error)}`)
  try {
    makeFolder(dirname(file))
  } catch (error) {
    throw failed(error)
  }
  return lockFile(`${file}.lock`, {
    held: (who) => fail('E_WALLET_LOCKED', `${who} uses the wallet ${file}`),
    failed,
  })
}

/**
 * The secrets. Throws `E_WALLET_PASSPHRASE`, and `E_WALLET_FILE` where an address that has a key by the file has none:
 * the list of addresses is open, and another program may have changed it; the secrets are not.
 */
export async function openVault({ addresses, sealed }: Wallet, passphrase: string): Promise<Vault> {
  if (sealed === null) return EMPTY_VAULT
  const text = Buffer.from(await unseal(sealed, passphrase)).toString()
  const vault = v.parse(VAULT, JSON.parse(text))
  const own = new Set(vault.secrets.map((secret) => signingKey(secret).address))
  const foreign = addresses.find(({ address, kind }) => kind !== 'watch' && !own.has(address))
  if (foreign)
    throw fail('E_WALLET_FILE', `the wallet has no key for ${foreign.address}: the file was tampered with`)
  return vault
}

/** The wallet with these secrets, under the passphrase. */
export async function closeVault(
  addresses: readonly WalletAddress[],
  vault: Vault,
  { passphrase, cost }: { readonly passphrase: string; readonly cost?: ScryptCost | undefined },
): Promise<Wallet> {
  return { addresses, sealed: await seal(Buffer.from(JSON.stringify(vault)), passphrase, cost) }
}
