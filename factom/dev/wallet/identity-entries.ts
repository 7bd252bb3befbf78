/** Entries by which identities are made, change their keys and say something; which keys they have. */
import { goJson, sha256, type Json } from '../../../base/index.js'
import { verifyEd25519 } from '../../ed25519.js'
import { type Entry, chainIdOf } from '../../entry.js'
import { refused } from '../api/errors.js'
import { identityPublicKey } from './identity-key.js'

/** An identity key of the wallet. */
export interface Signer {
  /** `idpub…` */
  readonly name: string
  sign(data: Uint8Array): Uint8Array
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** The first entry of an identity's chain. */
export function identityChain(names: readonly string[], keys: readonly string[] | null): Entry {
  keys?.forEach(demandKey)
  const extIds = ['IdentityChain', ...names].map(utf8)
  return { chainId: chainIdOf(extIds), extIds, content: utf8(goJson({ keys, version: 1 })) }
}

export function keyReplacement(
  chainId: string,
  { oldKey, newKey }: { readonly oldKey: string; readonly newKey: string },
  signer: Signer,
): Entry {
  demandKey(oldKey)
  demandKey(newKey)
  const signature = signer.sign(utf8(chainId + oldKey + newKey))
  const extIds = [...['ReplaceKey', oldKey, newKey].map(utf8), signature, utf8(signer.name)]
  return { chainId, extIds, content: new Uint8Array() }
}

/** Where a statement goes, and whose identity makes it. */
export interface Statement {
  readonly destination: string
  readonly signer: Signer
  readonly signerChainId: string
}

/** @param attributes as they were asked for: objects of a key and a value, or null */
export function attributeEntry(receiver: string, attributes: Json, statement: Statement): Entry {
  const { destination, signer, signerChainId } = statement
  const content = utf8(goJson(attributes))
  const signature = signer.sign(Buffer.concat([utf8(receiver + destination), sha256(content)]))
  const extIds = [
    utf8('IdentityAttribute'),
    utf8(receiver),
    signature,
    utf8(signer.name),
    utf8(signerChainId),
  ]
  return { chainId: destination, extIds, content }
}

export function endorsementEntry(
  entryHash: string,
  { destination, signer, signerChainId }: Statement,
): Entry {
  const signature = signer.sign(utf8(destination + entryHash))
  const extIds = [utf8('IdentityAttributeEndorsement'), signature, utf8(signer.name), utf8(signerChainId)]
  return { chainId: destination, extIds, content: utf8(entryHash) }
}

function demandKey(key: string): void {
  if (!identityPublicKey(key)) throw refused(`provided key ${key} is not a valid identity public key`)
}

/** The keys of an identity, the most important first, after these entries of its chain. */
export function activeKeys(chainId: string, entries: readonly Entry[]): string[] {
  const begun = initialKeys(entries[0])
  if (!begun) throw refused(`ActiveIdentityKeys: no identity found at chain ID: ${chainId}`)
  const wrong = begun.find((key) => !identityPublicKey(key))
  if (wrong !== undefined)
    throw refused(`ActiveIdentityKeys: invalid identity public key string in first entry: ${wrong}`)
  const active = [...new Set(begun)]
  // A key that was one once does not become one again.
  const ever = new Set(active)
  for (const entry of entries) {
    const change = replacementIn(entry)
    if (!change || ever.has(change.newKey)) continue
    const level = active.lastIndexOf(change.oldKey)
    const signer = active.slice(0, level + 1).includes(change.signer) && identityPublicKey(change.signer)
    const message = utf8(chainId + change.oldKey + change.newKey)
    if (!signer || !verifyEd25519(signer, message, change.signature)) continue
    active[level] = change.newKey
    ever.add(change.newKey)
  }
  return active
}

/**
 * The keys in an identity's first entry; none if it has no list of them. Undefined if it is not what an identity begins
 * with.
 */
function initialKeys(first: Entry | undefined): string[] | undefined {
  const [kind] = first?.extIds ?? []
  if (!first || !kind || textOf(kind) !== 'IdentityChain') return undefined
  try {
    const { version = 0, keys = [] } = JSON.parse(textOf(first.content)) as {
      version?: unknown
      keys?: unknown
    }
    const list: unknown = keys ?? []
    const isBeginning = Number.isInteger(version) && Array.isArray(list)
    return isBeginning && list.every((key) => typeof key === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

function replacementIn({ extIds }: Entry) {
  const [kind, oldKey, newKey, signature, signer] = extIds
  if (!kind || !oldKey || !newKey || !signature || !signer) return undefined
  if (textOf(kind) !== 'ReplaceKey' || signature.length !== 64) return undefined
  const change = { oldKey: textOf(oldKey), newKey: textOf(newKey), signature, signer: textOf(signer) }
  return identityPublicKey(change.oldKey) && identityPublicKey(change.newKey) ? change : undefined
}
