/** Commit and reveal, ready to be posted to factomd. */
import { invalidParams, refused } from '../api/errors.js'
import { hexParam, paramsOf, type Params } from '../api/params.js'
import type { MethodTable } from '../api/request.js'
import type { Json } from '../../../base/index.js'
import { toHex } from '../../bytes.js'
import { composeChainCommit, composeEntryCommit } from '../../commit.js'
import { CHAIN_SURCHARGE, chainIdOf, encodeEntry, entryCost, entryHash, type Entry } from '../../entry.js'
import type { WalletContext } from './context.js'

export function composeMethods(context: WalletContext): MethodTable {
  return {
    'compose-entry': (params) => {
      const read = paramsOf(params)
      return composed(context, { kind: 'entry', entry: entryOf(read.object('entry')), read })
    },
    'compose-chain': (params) => {
      const read = paramsOf(params)
      const first = entryOf(paramsOf(read.object('chain')).object('firstentry'))
      return composed(context, { kind: 'chain', entry: { ...first, chainId: chainIdOf(first.extIds) }, read })
    },
  }
}

export interface Composed {
  readonly kind: 'entry' | 'chain'
  readonly entry: Entry
  /** Who pays, and whether it is composed whatever is in the way. */
  readonly read: Params
}

export function composed(context: WalletContext, { kind, entry, read }: Composed): Json {
  const { keys, now, credits, chainExists } = context
  const { chainId } = entry
  const key = keys.entryCredit(read.text('ecpub'))
  if (!key) throw refused('Wallet: address not found')
  const bytes = encoded(entry)
  const cost = entryCost(bytes) + (kind === 'chain' ? CHAIN_SURCHARGE : 0)
  if (!read.flag('force')) {
    if (kind === 'chain' && chainExists(chainId)) throw refused(`Chain ${chainId} already exists`, -32602)
    if (kind === 'entry' && !chainExists(chainId)) throw refused(`Chain ${chainId} was not found`, -32602)
    if (credits(toHex(key.publicKey)) < cost) throw refused('Not enough Entry Credits')
  }
  const commit = { entryHash: entryHash(bytes), credits: cost, timeMs: now(), key }
  const message = kind === 'chain' ? composeChainCommit({ ...commit, chainId }) : composeEntryCommit(commit)
  const request = (method: string, member: Json): Json => ({ jsonrpc: '2.0', id: 0, method, params: member })
  return {
    commit: request(`commit-${kind}`, { message: toHex(message) }),
    reveal: request(`reveal-${kind}`, { entry: toHex(bytes) }),
  }
}

function encoded(entry: Entry): Uint8Array {
  try {
    return encodeEntry(entry)
  } catch {
    throw refused('Entry cannot be larger than 10KB')
  }
}

function entryOf(raw: unknown): Entry {
  const read = paramsOf(raw)
  const list = read.object('extids') ?? []
  if (!Array.isArray(list)) throw invalidParams()
  const extIds = list.map((extId: unknown) => bytesOf(extId))
  return { chainId: read.text('chainid'), extIds, content: bytesOf(read.text('content')) }
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw invalidParams()
  return hexParam(text)
}
