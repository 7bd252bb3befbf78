/**
 * Which of several coordinators is the active one: an entry that the active one writes anew each second, at its last
 * revision only. One that waits takes it over when it has not changed for long enough by the waiting one's own clock. The
 * old one learns of it when it can write again. What it does until then fails: job, leases and journal are written behind
 * what its successor has changed, and what is not in the journal is not paid. So it may be slow for as long as it is
 * alone.
 */
import type { KV } from '@nats-io/kv'
import { randomUUID } from 'node:crypto'
import { messageOf, monotonicMs, sleep } from '../../base/index.js'
import { isWrongRevision } from './jobs.js'

export interface LeadParts {
  readonly bucket: Pick<KV, 'get' | 'create' | 'update' | 'delete'>
  /** Of this coordinator, for people. */
  readonly name: string
  /** Another one is active. Told once. */
  readonly onWait: (active: string) => void
  readonly onTrouble: (reason: string) => void
}

const KEY = 'active'
const BEAT_MS = 1_000
const LOOK_MS = 400
const TAKE_OVER_MS = 3_500

export function createLead({ bucket, name, onWait, onTrouble }: LeadParts) {
  const lost = new AbortController()
  const ended = new AbortController()
  let revision = 0
  let beating: Promise<void> | null = null
  // Two coordinators may have the same name.
  const value = JSON.stringify({ name, run: randomUUID() })

  /** Whether this one has it now. */
  async function claim(seen: number): Promise<boolean> {
    try {
      revision = seen === 0 ? await bucket.create(KEY, value) : await bucket.update(KEY, value, seen)
      return true
    } catch (error) {
      if (!isWrongRevision(error)) onTrouble(messageOf(error))
      return false
    }
  }

  async function beat(): Promise<void> {
    while (!lost.signal.aborted && !ended.signal.aborted) {
      await sleep(BEAT_MS, ended.signal)
      if (ended.signal.aborted) break
      try {
        revision = await bucket.update(KEY, value, revision)
      } catch (error) {
        if (isWrongRevision(error)) await look()
      }
    }
  }

  /** An update whose reply was lost has changed the revision; else another one has. */
  async function look(): Promise<void> {
    const entry = await bucket.get(KEY).catch(() => null)
    if (entry?.string() === value) revision = entry.revision
    else if (entry !== null) lost.abort()
  }

  return {
    /** Aborted when another one is known to be active. */
    lost: lost.signal,
    /** Resolves when this coordinator is the active one; also when the signal is aborted, then it is not. */
    async acquire(signal: AbortSignal): Promise<void> {
      let seen = -1
      let sinceMs = monotonicMs()
      while (!signal.aborted) {
        const askedMs = monotonicMs()
        const entry = await bucket.get(KEY).catch(() => undefined)
        if (entry !== undefined) {
          const now = entry?.operation === 'PUT' ? entry.revision : 0
          if (now !== seen) {
            if (seen < 0 && now > 0) onWait(nameIn(entry?.string() ?? ''))
            ;[seen, sinceMs] = [now, askedMs]
          }
          const vacant = now === 0 || monotonicMs() - sinceMs > TAKE_OVER_MS
          if (vacant && (await claim(now))) {
            beating = beat()
            return
          }
        }
        await sleep(LOOK_MS, signal)
      }
    },
    /** Lets another one take over at once. */
    async release(): Promise<void> {
      ended.abort()
      await beating
      if (beating !== null && !lost.signal.aborted)
        await bucket.delete(KEY, { previousSeq: revision }).catch(() => undefined)
    },
  }
}

function nameIn(text: string): string {
  const { name } = /"name":"(?<name>[\x20-\x21\x23-\x7e]{1,100})"/.exec(text)?.groups ?? {}
  return name ?? 'unknown'
}
