/** The worker's view of the job: told by the server at each change, and asked for whenever something may have been missed. */
import type { NatsConnection } from '@nats-io/transport-node'
import { readJob, type FarmJob, type Read } from './messages.js'
import { JOB_GET_SUBJECT, JOB_SUBJECT } from './table.js'

export type JobListener = (read: Read<FarmJob>, revision: number) => void

const TIMEOUT_MS = 3_000
const REVISION_HEADER = 'Nats-Sequence'
/** The status of a reply that says that there is no entry yet. */
const NOTHING = 404

/** An older revision is never told after a newer one. */
export function watchJob(connection: NatsConnection, listener: JobListener) {
  let revision = 0
  function take(data: Uint8Array, header: string | undefined): void {
    const next = Number(header)
    if (!Number.isSafeInteger(next) || next <= revision) return
    revision = next
    listener(readJob(data), next)
  }
  const subscription = connection.subscribe(JOB_SUBJECT, {
    callback: (error, message) => {
      if (error === null) take(message.data, message.headers?.get(REVISION_HEADER))
    },
  })
  return {
    /** Of the newest job that was heard of; 0: none. */
    get revision(): number {
      return revision
    },
    /** Asks for the last one. Rejects if the server does not answer. */
    async look(): Promise<void> {
      const reply = await connection.request(JOB_GET_SUBJECT, '', { timeout: TIMEOUT_MS })
      if (reply.headers?.code === NOTHING) return
      take(reply.data, reply.headers?.get(REVISION_HEADER))
    },
    close: () => subscription.unsubscribe(),
  }
}
