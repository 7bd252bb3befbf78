/** Sends a worker's hits, each until the server has it, or it is of no use any more. */
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { sleep, toHex } from '../../base/index.js'
import type { Hit } from '../work/workforce.js'
import { SCHEMA, write } from './messages.js'
import { hitsSubject, type WorkerId } from './table.js'

export interface Sending {
  /** `wanted` tells whether its record is still at hand. */
  send(hit: Hit, wanted: () => boolean): void
  /** Settled when all are sent. */
  idle(): Promise<unknown>
  readonly sent: number
}

const TIMEOUT_MS = 2_000
const RETRY_MS = 500

export function createSending(connection: NatsConnection, worker: WorkerId, signal: AbortSignal): Sending {
  const stream = jetstream(connection)
  const subject = hitsSubject(worker)
  /**
   * Part of the message's id, by which the server drops what it has already. Without it a liar could send the ids of
   * nonces that others will find, and have theirs dropped.
   */
  const secret = randomBytes(8).toString('hex')
  const underWay = new Set<Promise<void>>()
  // Each hit that waits for another attempt listens.
  setMaxListeners(0, signal)
  let sent = 0

  async function deliver({ oprHash, nonce, difficulty }: Hit, wanted: () => boolean): Promise<void> {
    const message = write({ v: SCHEMA, oprHash, nonce, difficulty })
    const msgID = `${toHex(oprHash)}.${toHex(nonce)}.${secret}`
    while (wanted() && !signal.aborted) {
      try {
        await stream.publish(subject, message, { msgID, timeout: TIMEOUT_MS })
        sent++
        return
      } catch {
        // Cut off, or more of ours are waiting there than the server takes: again, with the same id.
        await sleep(RETRY_MS, signal)
      }
    }
  }

  return {
    send(hit, wanted) {
      const delivery = deliver(hit, wanted).finally(() => underWay.delete(delivery))
      underWay.add(delivery)
    },
    idle: () => Promise.all(underWay),
    get sent() {
      return sent
    },
  }
}
