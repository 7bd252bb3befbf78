/** Machines that were refused, on the server: a coordinator that takes over knows them. */
import type { KV } from '@nats-io/kv'
import { readRefused, SCHEMA, write } from './messages.js'
import { persist, type Persisting } from './persist.js'

interface RefusalParts extends Persisting {
  readonly bucket: Pick<KV, 'put'>
}

const RETRY_MS = 500

/** Resolves when the server has it, or the signal is aborted. */
export async function keepRefusal(worker: string, reason: string, parts: RefusalParts): Promise<void> {
  await persist(() => parts.bucket.put(worker, write({ v: SCHEMA, worker, reason })), RETRY_MS, parts)
}

/** By worker, the reason. */
export async function readRefusals(bucket: Pick<KV, 'get' | 'keys'>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for await (const key of await bucket.keys()) {
    const entry = await bucket.get(key)
    const read = entry === null ? null : readRefused(entry.value)
    if (read !== null && 'message' in read) found.set(read.message.worker, read.message.reason)
  }
  return found
}
