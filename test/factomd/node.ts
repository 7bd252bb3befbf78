/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-return -- replies are JSON whose shape the test itself judges */
/** A node under test: raw calls, what a reply looks like, waiting for conditions. */
import { randomBytes } from 'node:crypto'

import {
  chainIdOf,
  composeEntryCommit,
  createFactomClient,
  ecKey,
  encodeAddress,
  encodeEntry,
  entryCost,
  entryHash,
  factoidKey,
  type EcKey,
  type FactomClient,
} from '../../factom/index.js'
import { DEV_KEYS } from '../../factom/dev/index.js'
import { composeTransaction, transactionFee } from '../../factom/factoid-transaction.js'

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json }

export interface Reply {
  readonly status: number
  readonly id: Json
  readonly result?: any
  readonly error?: { readonly code: number; readonly message: string; readonly data?: any }
}

export interface Node {
  readonly url: string
  readonly client: FactomClient
  /** One request as it stands; the reply must be JSON-RPC. */
  post(body: string): Promise<Reply>
  call(method: string, params?: unknown): Promise<Reply>
  /** The result; throws on an error. */
  result(method: string, params?: unknown): Promise<any>
  /** Waits, as long as `blocks` blocks of this node, for something that is not null or false. */
  until<T>(what: string, ready: () => Promise<T | null | false | undefined>, blocks?: number): Promise<T>
  /** Waits until a minute of `from` to `to` has begun and is likely to last; with `next`, of another block. */
  minute(from: number, to: number): Promise<{ saved: number; minute: number }>
}

const bytes = (text: string) => new TextEncoder().encode(text)
export const hex = (raw: Uint8Array) => Buffer.from(raw).toString('hex')

export async function openNode(address: string): Promise<Node> {
  const client = createFactomClient({ url: address, timeoutMs: 20_000 })
  const url = client.url
  const post = async (body: string): Promise<Reply> => {
    const response = await fetch(url, { method: 'POST', body })
    const reply = JSON.parse(await response.text()) as Reply
    return { ...reply, status: response.status }
  }
  const call = (method: string, params?: unknown) =>
    post(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }))
  const { blockSeconds } = await client.currentMinute()
  const node: Node = {
    url,
    client,
    post,
    call,
    async result(method, params) {
      const { result, error } = await call(method, params)
      if (error)
        throw new Error(`${method}: ${error.code} ${error.message} ${JSON.stringify(error.data ?? '')}`)
      return result
    },
    async until(what, ready, blocks = 3) {
      const limit = Date.now() + Math.max(30_000, blocks * blockSeconds * 2000)
      for (;;) {
        const value = await ready()
        if (value) return value
        if (Date.now() > limit) throw new Error(`waited in vain: ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    },
    minute: (from, to) =>
      node.until(`minute ${from} to ${to}`, async () => {
        const now = await node.result('current-minute')
        return (
          now.minute >= from && now.minute <= to && { saved: now.directoryblockheight, minute: now.minute }
        )
      }),
  }
  return node
}

/**
 * What a value looks like, without what it says: `{a:n,b:[s]}`. Hashes are `h`, other texts `s`; of a list the
 * different forms of its items.
 */
export function shape(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return /^[0-9a-f]{64}$/.test(value) ? 'h' : 's'
  if (typeof value === 'number') return 'n'
  if (typeof value === 'boolean') return 'b'
  if (Array.isArray(value)) return `[${[...new Set(value.map(shape))].join('|')}]`
  const members = Object.entries(value as object).map(([name, member]) => `${name}:${shape(member)}`)
  return `{${members.sort().join(',')}}`
}

/** A new chain, with its first entry. */
export function newChain() {
  const extIds = [bytes('contract'), randomBytes(8)]
  const chainId = chainIdOf(extIds)
  const raw = encodeEntry({ chainId, extIds, content: new Uint8Array() })
  return { chainId, raw, hash: entryHash(raw) }
}

export function newEntry(chainId: string, text: string, extIds: Uint8Array[] = []) {
  const raw = encodeEntry({ chainId, extIds, content: bytes(`${text} ${hex(randomBytes(6))}`) })
  return { raw, hash: entryHash(raw), cost: entryCost(raw) }
}

export const newKey = (): EcKey => ecKey(encodeAddress('Es', randomBytes(32)))

export function commitOf(key: EcKey, entry: { hash: string }, credits = 1, timeMs = Date.now()): string {
  return hex(composeEntryCommit({ entryHash: entry.hash, credits, timeMs, key }))
}

/** A signed purchase of entry credits by the first holder of a LOCAL network's coins. */
export function purchase(rate: number, key: EcKey, credits: number, { timeMs = Date.now(), less = 0n } = {}) {
  const sand = factoidKey(DEV_KEYS.fctSecret)
  const amount = BigInt(credits) * BigInt(rate)
  const compose = (fee: bigint) =>
    composeTransaction(
      {
        timeMs,
        inputs: [{ amount: amount + fee, address: hex(sand.rcdHash) }],
        outputs: [],
        ecOutputs: [{ amount, address: hex(key.publicKey) }],
      },
      [sand],
    )
  const fee = transactionFee(compose(0n), BigInt(rate))
  const { raw, txid } = compose(fee - less)
  return { raw: hex(raw), txid, fee }
}
