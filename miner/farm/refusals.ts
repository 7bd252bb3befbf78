/** Machines that were refused, on the server: a coordinator that takes over knows them. */
import type { KV } from '@nats-io/kv'
import { messageOf, sleep } from '../../base/index.js'
import { readRefused, SCHEMA, write } from './messages.js'

export interface RefusalParts {
  readonly bucket: Pick<KV, 'put'>
  readonly signal: AbortSignal
  readonly onTrouble: (reason: string) => void
}

const RETRY_MS = 500

/** Resolves when the server has it, or the signal is aborted. */
export async function keepRefusal(
  worker: string,
  reason: string,
  { bucket, signal, onTrouble }: RefusalParts,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return void (await bucket.put(worker, write({ v: SCHEMA, worker, reason })))
    } catch (error) {
      if (!signal.aborted) onTrouble(messageOf(error))
      await sleep(RETRY_MS, signal)
    }
  }
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
