/** Sends a worker's hits, each until the server has it, or it is of no use any more. */
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { sleep, toHex } from '../../base/index.js'
import type { Hit } from '../work/workforce.js'
import { SCHEMA, write } from './messages.js'
import { hitsSubject, type WorkerId } from './table.js'

export type Sending = ReturnType<typeof createSending>

const TIMEOUT_MS = 5_000
const RETRY_MS = 500
/** On their way at once: at the beginning of a record each machine finds hundreds, of which a few are good in the end. */
const MOST_UNDER_WAY = 8

/** @param onTaken told of each hit that the server has */
export function createSending(
  connection: NatsConnection,
  worker: WorkerId,
  signal: AbortSignal,
  onTaken: (hit: Hit) => void = () => undefined,
) {
  const stream = jetstream(connection)
  const subject = hitsSubject(worker)
  /**
   * Part of the message's id, by which the server drops what it has already. Without it a liar could send the ids of
   * nonces that others will find, and have theirs dropped.
   */
  const secret = randomBytes(8).toString('hex')
  const waiting: { readonly hit: Hit; readonly wanted: () => boolean }[] = []
  let underWay = 0
  let settle: (() => void)[] = []
  // Each hit that waits for another attempt listens.
  setMaxListeners(0, signal)
  let sent = 0

  async function deliver(hit: Hit, wanted: () => boolean): Promise<void> {
    const { oprHash, nonce, difficulty } = hit
    const message = write({ v: SCHEMA, oprHash, nonce, difficulty })
    const msgID = `${toHex(oprHash)}.${toHex(nonce)}.${secret}`
    while (wanted() && !signal.aborted) {
      try {
        await stream.publish(subject, message, { msgID, timeout: TIMEOUT_MS })
        sent++
        onTaken(hit)
        return
      } catch {
        // Cut off, or more of ours are waiting there than the server takes: again, with the same id.
        await sleep(RETRY_MS, signal)
      }
    }
  }

  /** The best first: what waits may be worth nothing when they are known. */
  async function deliverAll(): Promise<void> {
    underWay++
    for (let next = takeBest(waiting); next !== undefined; next = takeBest(waiting))
      await deliver(next.hit, next.wanted)
    underWay--
    if (underWay > 0) return
    settle.forEach((resolve) => resolve())
    settle = []
  }

  return {
    /** `wanted` tells whether it is still worth something; it is asked when its turn has come. */
    send(hit: Hit, wanted: () => boolean): void {
      waiting.push({ hit, wanted })
      if (underWay < MOST_UNDER_WAY) void deliverAll()
    },
    /** Settled when all are sent. */
    idle: () =>
      underWay === 0 ? Promise.resolve() : new Promise<void>((resolve) => void settle.push(resolve)),
    get sent(): number {
      return sent
    },
  }
}

function takeBest<T extends { readonly hit: Pick<Hit, 'difficulty'> }>(waiting: T[]): T | undefined {
  if (waiting.length === 0) return undefined
  const best = waiting.reduce((at, { hit }, other) => {
    return hit.difficulty > (waiting[at] as T).hit.difficulty ? other : at
  }, 0)
  return waiting.splice(best, 1)[0]
}
