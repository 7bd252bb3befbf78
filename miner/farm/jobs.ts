/** The job on the server: the latest is put there, at its last revision only, until the server has taken it. */
import type { KV } from '@nats-io/kv'
import { JetStreamApiError } from '@nats-io/jetstream'
import { messageOf, sleep } from '../../base/index.js'
import { write, type FarmJob } from './messages.js'
import { JOB_KEY } from './table.js'

export type JobPlace = ReturnType<typeof createJobPlace>

export interface JobPlaceParts {
  readonly bucket: Pick<KV, 'get' | 'update' | 'create'>
  readonly signal: AbortSignal
  readonly onPlaced: () => void
  readonly onTrouble: (reason: string) => void
  /** Another coordinator has put a job there: this one must not go on. */
  readonly onDeposed: () => void
}

const RETRY_MS = 250
/** The server's code for an update of something that is at another revision. */
const WRONG_REVISION = 10071

export const isWrongRevision = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === WRONG_REVISION

export function createJobPlace({ bucket, signal, ...tell }: JobPlaceParts) {
  let wanted: FarmJob | null = null
  let revision: number | null = null
  let working: Promise<void> | null = null

  async function placeAll(): Promise<void> {
    while (wanted !== null && !signal.aborted) {
      const job: FarmJob = wanted
      wanted = null
      if (!(await place(job)) && wanted === null) wanted = job
    }
    working = null
  }

  /** Whether the server has taken it. */
  async function place(job: FarmJob): Promise<boolean> {
    try {
      revision ??= (await bucket.get(JOB_KEY))?.revision ?? 0
      revision =
        revision === 0
          ? await bucket.create(JOB_KEY, write(job))
          : await bucket.update(JOB_KEY, write(job), revision)
      tell.onPlaced()
      return true
    } catch (error) {
      if (signal.aborted) return false
      if (isWrongRevision(error)) return await wasOurs(job)
      tell.onTrouble(messageOf(error))
      await sleep(RETRY_MS, signal)
      return false
    }
  }

  /** An attempt whose reply was lost has taken place; anything else is another coordinator's. */
  async function wasOurs(job: FarmJob): Promise<boolean> {
    const there = await bucket.get(JOB_KEY).catch(() => null)
    if (there === null) return false
    if (there.string() === write(job)) {
      revision = there.revision
      tell.onPlaced()
      return true
    }
    tell.onDeposed()
    await sleep(RETRY_MS, signal)
    return false
  }

  return {
    /** Puts it there as soon as may be; of several the last one counts. */
    put(job: FarmJob): void {
      wanted = job
      working ??= placeAll()
    },
    /** Of the last job that the server has taken; 0 before the first. */
    get revision(): number {
      return revision ?? 0
    },
    /** Settled when the server has all that was put. */
    idle: () => working ?? Promise.resolve(),
  }
}
