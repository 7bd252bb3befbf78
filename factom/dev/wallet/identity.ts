/** The wallet's methods for identity keys. */
import { refused } from '../api/errors.js'
import type { Json } from '../../../base/index.js'
import { paramsOf } from '../api/params.js'
import type { MethodTable } from '../api/request.js'
import type { WalletAddress, WalletKeys } from './keys.js'

/** As factom-walletd answers; `identities` are the wallet's keys of this kind. */
export function identityMethods({ identities }: WalletKeys): MethodTable {
  return {
    'identity-key': (params) => {
      const found = identities.find(paramsOf(params).text('public'))
      if (!found) throw refused(NO_SUCH)
      return { ...found }
    },
    'all-identity-keys': () => ({ keys: identitiesView(identities.all()) }),
    'generate-identity-key': () => ({ ...identities.generate() }),
    'import-identity-keys': (params) => {
      const list = paramsOf(params).object('keys') ?? []
      if (!Array.isArray(list)) throw refused('keys must be a list', -32602)
      const added = list.map((item: unknown) => {
        const key = identities.import(paramsOf(item).text('secret'))
        if (!key) throw refused('invalid Identity Private Key')
        return key
      })
      return { keys: identitiesView(added) }
    },
    'remove-identity-key': (params) => {
      const name = paramsOf(params).text('public')
      // A missing key counts as removed.
      if (name !== '' && !identities.remove(name)) throw refused(NO_SUCH)
      return { success: true }
    },
  }
}

const NO_SUCH = 'wallet: No such identity key'

/** `null` for none. */
export function identitiesView(keys: readonly WalletAddress[]): Json {
  return keys.length === 0 ? null : keys.map((key) => ({ ...key }))
}
