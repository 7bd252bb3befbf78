/** The 14 methods of the API by name. */
import { messageOf } from '../../base/index.js'
import { decodeEntry, encodeEntry } from '../../factom/index.js'
import { BALANCE_METHODS } from './balances.js'
import { badParams, RpcError } from './errors.js'
import { HISTORY_METHODS } from './history.js'
import { method, plain, type RpcMethod } from './method.js'
import { MINER_METHODS } from './miners.js'
import type { Decoded } from './decode.js'

const SEND_SHAPE = {
  chainid: 'hash',
  extids: 'bytesList',
  content: 'bytes',
  raw: 'bytes',
  dryrun: 'flag',
} as const

/** The chain of the entry that is to be sent. Throws `RpcError` if it is none. */
function chainOf({ chainid, extids, content, raw }: Decoded<typeof SEND_SHAPE>): string {
  const bytes = (hex: string) => Buffer.from(hex, 'hex')
  if (raw !== undefined && (extids !== undefined || content !== undefined || chainid !== undefined))
    throw badParams('"raw cannot be used with "content" or "extids"')
  if (raw === undefined && chainid === undefined) throw badParams('required: "chainid"')
  if (raw === undefined && (!extids?.length || !content))
    throw badParams('required: "raw" or "content" and "extids"')
  try {
    if (raw !== undefined) return decodeEntry(bytes(raw)).chainId
    const entry = { chainId: chainid ?? '', extIds: (extids ?? []).map(bytes), content: bytes(content ?? '') }
    encodeEntry(entry)
    return entry.chainId
  } catch (error) {
    throw badParams(messageOf(error))
  }
}

const METHODS: Readonly<Record<string, RpcMethod>> = {
  ...BALANCE_METHODS,
  ...HISTORY_METHODS,
  ...MINER_METHODS,
  properties: plain(({ query, version }) => ({
    buildversion: version,
    buildcommit: 'Undefined',
    sqliteversion: query.libraryVersion(),
    golang: `node ${process.version}`,
  })),
  // No key pays here for what others send: the reference answers so, too, where it was given none.
  'send-transaction': method('ParamsSendTransaction', SEND_SHAPE, (params, { transactions }) => {
    if (chainOf(params) !== transactions) throw new RpcError('token')
    throw new RpcError('internal')
  }),
}

export const methodOf = (name: string): RpcMethod | undefined =>
  Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
