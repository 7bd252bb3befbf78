/** Which addresses a wallet has: new ones, imported ones, watched ones. Pure. */
import { fail } from '../errors.js'
import { ADDRESS_NAME, type AddressKind, type Vault, type WalletAddress } from './file.js'
import { newWords, pathOf, secretsOf, signingKey } from './keys.js'

export interface Contents {
  readonly addresses: readonly WalletAddress[]
  readonly vault: Vault
}

export interface Added extends Contents {
  readonly added: readonly WalletAddress[]
}

interface Found {
  readonly secret: string
  readonly path: string | null
}

/** The next address of the first words of the wallet; if it has none, they are made. */
export function addNext({ addresses, vault }: Contents, name: string | null): Added {
  const [{ words, next } = { words: newWords(), next: 0 }, ...others] = vault.seeds
  const path = pathOf(next)
  const found = secretsOf(words, [path]).map((secret) => ({ secret, path }))
  const seeds = [{ words, next: next + 1 }, ...others]
  const more = addKeys({ addresses, vault: { ...vault, seeds } }, found, name)
  // The key of this index was imported before, on its own: the next one is taken.
  return more.added.length > 0 ? more : addNext(more, name)
}

/** Words from elsewhere: the keys at these paths, or the first so many of the usual ones. */
export function addWords(
  contents: Contents,
  words: string,
  { path, count, name }: { readonly path?: string; readonly count: number; readonly name: string | null },
): Added {
  const paths = path === undefined ? Array.from({ length: count }, (_, k) => pathOf(k)) : [path]
  const found = secretsOf(words, paths).map((secret, k) => ({ secret, path: paths[k] ?? null }))
  const { vault } = contents
  const next = path === undefined ? count : 0
  const known = vault.seeds.some((seed) => seed.words === words)
  const seeds = known
    ? vault.seeds.map((seed) => (seed.words === words ? { words, next: Math.max(next, seed.next) } : seed))
    : [...vault.seeds, { words, next }]
  return addKeys({ ...contents, vault: { ...vault, seeds } }, found, name)
}

export const addSecrets = (contents: Contents, secrets: readonly string[], name: string | null): Added =>
  addKeys(
    contents,
    secrets.map((secret) => ({ secret, path: null })),
    name,
  )

/** An address without its key. */
export function addWatched(
  addresses: readonly WalletAddress[],
  address: string,
  name: string | null,
): Omit<Added, 'vault'> {
  if (addresses.some((known) => known.address === address)) return { addresses, added: [] }
  const entry: WalletAddress = { address, kind: 'watch', name: freeName(addresses, name), path: null }
  return { addresses: [...addresses, entry], added: [entry] }
}

/** Keys that are there already are left out; a watched address that gets its key keeps its name. */
function addKeys({ addresses, vault }: Contents, found: readonly Found[], name: string | null): Added {
  const list = [...addresses]
  const secrets = [...vault.secrets]
  const added: WalletAddress[] = []
  for (const { secret, path } of found) {
    const { address, kind: keyKind } = signingKey(secret)
    const at = list.findIndex((known) => known.address === address)
    if (at >= 0 && list[at]?.kind !== 'watch') continue
    const kind: AddressKind = path === null ? keyKind : 'words'
    const given = added.length === 0 ? name : null
    const entry = { address, kind, name: freeName(list, given) ?? list[at]?.name ?? null, path }
    if (at >= 0) list[at] = entry
    else list.push(entry)
    secrets.push(secret)
    added.push(entry)
  }
  return { addresses: list, vault: { ...vault, secrets }, added }
}

/** A name is for one address. */
function freeName(addresses: readonly WalletAddress[], name: string | null): string | null {
  if (name === null) return null
  if (!ADDRESS_NAME.test(name))
    throw fail('E_WALLET_NAME', 'a name has up to 40 letters, digits, - _ and ., and does not begin with FA')
  if (addresses.some((known) => known.name === name))
    throw fail('E_WALLET_NAME', `the wallet has an address of the name ${name} already`)
  return name
}

/** That of a name or of an address; the only one there is if neither is given. */
export function findAddress(addresses: readonly WalletAddress[], word: string | undefined): WalletAddress {
  const [first, second] = addresses
  if (word === undefined) {
    if (first && !second) return first
    throw fail(
      'E_WALLET_ADDRESS',
      first ? 'the wallet has several addresses; say which' : 'the wallet has no address yet',
    )
  }
  const found = addresses.find(({ address, name }) => address === word || name === word)
  if (found) return found
  throw fail('E_WALLET_ADDRESS', `the wallet has no address ${JSON.stringify(word.slice(0, 60))}`)
}
