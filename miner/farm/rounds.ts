/**
 * Which counters of a record are reserved for whom, on the server: an entry a round, made only if there is none of its
 * number. Of two coordinators that take themselves for the active one only one can write it.
 */
import type { KV } from '@nats-io/kv'
import { messageOf, sleep } from '../../base/index.js'
import { isWrongRevision } from './jobs.js'
import { SCHEMA, write, type GrantRound } from './messages.js'
import type { Grant } from './ranges.js'
import { keyOf, readRounds } from './takeover.js'

export interface RoundsParts {
  readonly bucket: Pick<KV, 'create' | 'get' | 'watch'>
  readonly signal: AbortSignal
  /** The first counter of the record at hand that was never reserved. */
  readonly next: () => bigint
  readonly onTrouble: (reason: string) => void
  readonly onDeposed: () => void
}

/** `taken`: another coordinator has written a round of that number. `ended`: so has this one. */
export type Written = 'written' | 'taken' | 'ended'

export type Rounds = ReturnType<typeof createRounds>

/** Of one entry: 800 KB if all names are as long as they may be, and the server takes 1 MB. */
const GRANTS_A_ROUND = 5_000
const GATHER_MS = 3
const RETRY_MS = 250

export function createRounds(parts: RoundsParts) {
  const { bucket, signal } = parts
  let oprHash = new Uint8Array()
  /** Of the next entry. */
  let number = 0
  let reserved: Grant[] = []
  let waiting: (() => void)[] = []
  let writing = false

  async function writeAll(grants: readonly Grant[]): Promise<Written> {
    const key = keyOf(oprHash)
    const next = parts.next()
    const begin = number
    const count = Math.ceil(grants.length / GRANTS_A_ROUND)
    number += count
    for (let at = 0; at < count; at++) {
      const some = grants.slice(at * GRANTS_A_ROUND, (at + 1) * GRANTS_A_ROUND)
      const entry = { key: `${key}.${begin + at}`, text: write({ v: SCHEMA, next, grants: some }) }
      const end = await writeOnce(entry, parts)
      if (end !== 'written') return end
    }
    return 'written'
  }

  async function writeWaiting(): Promise<void> {
    writing = true
    // Others ask in the same moment.
    await sleep(GATHER_MS, signal)
    while (waiting.length > 0 && !signal.aborted) {
      const [grants, thens, of] = [reserved, waiting, oprHash]
      reserved = []
      waiting = []
      const end = await writeAll(grants)
      if (end === 'taken') parts.onDeposed()
      if (end === 'written' && oprHash === of) thens.forEach((then) => then())
    }
    writing = false
  }

  return {
    /** Another record is at hand: what waits to be written of the one before is dropped. */
    begin(hash: Uint8Array): void {
      oprHash = hash.slice()
      number = 0
      reserved = []
      waiting = []
    },
    write: writeAll,
    /** Writes it with what else is added within a few milliseconds. `then` is called if the record is still at hand. */
    add(grants: readonly Grant[], then: () => void): void {
      reserved.push(...grants)
      waiting.push(then)
      if (!writing) void writeWaiting()
    },
    /** All that there are; the next one is written behind them. Empty if the record is not at hand any more. */
    async read(): Promise<readonly GrantRound[]> {
      const of = oprHash
      while (!signal.aborted && oprHash === of) {
        try {
          const rounds = await readRounds(bucket, of)
          if (oprHash !== of) break
          number = rounds.length
          return rounds
        } catch (error) {
          if (!signal.aborted) parts.onTrouble(messageOf(error))
          await sleep(RETRY_MS, signal)
        }
      }
      return []
    },
  }
}

/** Until the server has it. */
async function writeOnce(
  { key, text }: { readonly key: string; readonly text: string },
  { bucket, signal, onTrouble }: Pick<RoundsParts, 'bucket' | 'signal' | 'onTrouble'>,
): Promise<Written> {
  while (!signal.aborted) {
    try {
      await bucket.create(key, text)
      return 'written'
    } catch (error) {
      if (signal.aborted) break
      // An attempt whose reply was lost may have written it.
      const there = isWrongRevision(error) ? await bucket.get(key).catch(() => null) : null
      if (there !== null) return there.string() === text ? 'written' : 'taken'
      onTrouble(messageOf(error))
      await sleep(RETRY_MS, signal)
    }
  }
  return 'ended'
}
