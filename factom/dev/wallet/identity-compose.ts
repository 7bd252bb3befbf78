/** The wallet's methods for what identities write, and for the keys that they have. */
import { invalidParams, refused } from '../api/errors.js'
import { paramsOf, type Params } from '../api/params.js'
import type { MethodTable } from '../api/request.js'
import type { Json } from '../../../base/index.js'
import { composed } from './compose.js'
import {
  activeKeys,
  attributeEntry,
  endorsementEntry,
  identityChain,
  keyReplacement,
} from './identity-entries.js'
import type { Signer, Statement } from './identity-entries.js'
import type { WalletContext } from './context.js'

export function identityComposeMethods(context: WalletContext): MethodTable {
  const signerOf = (read: Params): Signer => {
    const signer = context.keys.identities.signer(read.text('signerkey'))
    if (!signer) throw refused('Wallet: failed to fetch signerkey from given identity public key')
    return signer
  }
  const statementOf = (read: Params, signer: Signer): Statement => ({
    destination: read.text('destination-chainid'),
    signer,
    signerChainId: read.text('signer-chainid'),
  })
  return {
    'active-identity-keys': (params) => {
      const read = paramsOf(params)
      const chainid = read.text('chainid')
      const height = read.given('height') ? Number(read.integer('height')) : context.height()
      if (!context.chainExists(chainid)) throw refused('ActiveIdentityKeys: chain does not exist')
      const entries = context.entries(chainid, height)
      if (!entries) throw refused('ActiveIdentityKeys: Chain not yet included in a Directory Block')
      if (entries.length === 0)
        throw refused(`ActiveIdentityKeys: chain did not yet exist at height ${height}`)
      const keys = activeKeys(chainid, entries)
      return { chainid, height, keys: keys.length === 0 ? null : keys }
    },
    'compose-identity-chain': (params) => {
      const read = paramsOf(params)
      const entry = identityChain(textsOf(read, 'name') ?? [], textsOf(read, 'pubkeys'))
      return composed(context, { kind: 'chain', entry, read })
    },
    'compose-identity-key-replacement': (params) => {
      const read = paramsOf(params)
      const change = { oldKey: read.text('oldkey'), newKey: read.text('newkey') }
      const entry = keyReplacement(read.text('chainid'), change, signerOf(read))
      return composed(context, { kind: 'entry', entry, read })
    },
    'compose-identity-attribute': (params) => {
      const read = paramsOf(params)
      const signer = signerOf(read)
      const attributes = attributesOf(read)
      const entry = attributeEntry(read.text('receiver-chainid'), attributes, statementOf(read, signer))
      return composed(context, { kind: 'entry', entry, read })
    },
    'compose-identity-attribute-endorsement': (params) => {
      const read = paramsOf(params)
      const entry = endorsementEntry(read.text('entry-hash'), statementOf(read, signerOf(read)))
      return composed(context, { kind: 'entry', entry, read })
    },
  }
}

/** Null for no list. */
function textsOf(read: Params, name: string): string[] | null {
  const list = read.object(name)
  if (list === undefined) return null
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) throw invalidParams()
  return list
}

function attributesOf(read: Params): Json {
  const list = read.object('attributes')
  if (list === undefined) return null
  if (!Array.isArray(list)) throw invalidParams()
  return list.map((item: unknown): Json => {
    const attribute = paramsOf(item)
    for (const part of ['key', 'value'])
      if (!attribute.given(part)) throw refused(`Attribute ${part} must not be nil`)
    return { key: sorted(attribute.any('key')), value: sorted(attribute.any('value')) }
  })
}

/** Go writes the members of an object in the order of their names. */
function sorted(value: Json): Json {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member as Json)]))
}
