/** The wallet's keys: the public test keys, and what is made or imported here; kept in one file. */
import { existsSync, readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'

import { ecKey, encodeAddress, factoidKey, isAddress, type EcKey, type FactoidKey } from '../../address.js'
import { fail } from '../errors.js'
import { writeWhole } from '../store/files.js'
import type { Signer } from './identity-entries.js'
import { identityOf, identityPair, identitySecret } from './identity-key.js'

export interface WalletAddress {
  readonly public: string
  readonly secret: string
}

export type WalletKeys = ReturnType<typeof openWalletKeys>

/** Most keys that are kept. */
const MAX_KEYS = 10_000

/** Keys of `file` (made if missing) and those given. Throws `E_DEVCHAIN_DAMAGED`, `E_DEVCHAIN_STORE`. */
export function openWalletKeys(file: string, known: readonly string[]) {
  const keys = new Map<string, WalletAddress>()
  const identities = new Map<string, WalletAddress>()
  for (const secret of [...known, ...secretsIn(file)]) {
    const [address, identity] = [addressOf(secret), identityOf(secret)]
    if (address) keys.set(address.public, address)
    if (identity) identities.set(identity.public, identity)
  }

  function keep(shelf: Map<string, WalletAddress>, key: WalletAddress): WalletAddress {
    if (keys.size + identities.size >= MAX_KEYS)
      throw fail('E_DEVCHAIN_OPTION', `the wallet has room for ${MAX_KEYS} keys`)
    shelf.set(key.public, key)
    write()
    return key
  }

  /** Undefined if it is no key. */
  const brought = (shelf: Map<string, WalletAddress>, key: WalletAddress | undefined) =>
    key && keep(shelf, key)

  function remove(shelf: Map<string, WalletAddress>, name: string): boolean {
    const gone = shelf.delete(name)
    if (gone) write()
    return gone
  }

  function write(): void {
    const secrets = [...keys.values(), ...identities.values()].map((key) => key.secret)
    writeWhole(file, `${JSON.stringify({ secrets })}\n`, { mode: 0o600 })
  }

  return {
    all: () => [...keys.values()].sort((a, b) => (a.public < b.public ? 1 : -1)),
    find: (address: string) => keys.get(address),
    factoid(address: string): FactoidKey | undefined {
      const found = isAddress(address, 'FA') ? keys.get(address) : undefined
      return found && factoidKey(found.secret)
    },
    entryCredit(address: string): EcKey | undefined {
      const found = isAddress(address, 'EC') ? keys.get(address) : undefined
      return found && ecKey(found.secret)
    },
    generate: (kind: 'FA' | 'EC') =>
      keep(keys, addressOf(encodeAddress(kind === 'FA' ? 'Fs' : 'Es', randomBytes(32))) as WalletAddress),
    /** False: it is not there. Keys that the wallet was begun with come back with the next start. */
    remove: (address: string) => remove(keys, address),
    /** Undefined if it is no secret key. */
    import: (secret: string) => brought(keys, addressOf(secret)),
    /** They sign for identities and pay for nothing. */
    identities: {
      all: () => [...identities.values()].sort((a, b) => (a.public < b.public ? -1 : 1)),
      find: (name: string) => identities.get(name),
      generate: () => keep(identities, identityOf(identitySecret(randomBytes(32))) as WalletAddress),
      remove: (name: string) => remove(identities, name),
      import: (secret: string) => brought(identities, identityOf(secret)),
      signer(name: string): Signer | undefined {
        const pair = identityPair(identities.get(name)?.secret ?? '')
        return pair && { name, sign: (data: Uint8Array) => pair.sign(data) }
      },
    },
  }
}

function addressOf(secret: string): WalletAddress | undefined {
  if (isAddress(secret, 'Fs')) return { public: factoidKey(secret).address, secret }
  if (isAddress(secret, 'Es')) return { public: ecKey(secret).address, secret }
  return undefined
}

function secretsIn(file: string): string[] {
  if (!existsSync(file)) return []
  try {
    const { secrets } = JSON.parse(readFileSync(file, 'utf8')) as { secrets: unknown }
    if (Array.isArray(secrets) && secrets.every((secret) => typeof secret === 'string')) return secrets
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', `${file} is damaged: restore it or move it away`, { cause })
  }
  throw fail('E_DEVCHAIN_DAMAGED', `${file} holds no keys: restore it or move it away`)
}
