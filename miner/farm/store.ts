/** What the coordinator keeps on the NATS server: the streams and buckets of the table, made where they lack. */
import { jetstream, jetstreamManager, type Consumer, type JetStreamManager } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { messageOf } from '../../base/index.js'
import { fail } from './errors.js'
import {
  BEST_BUCKET,
  BUCKET_OPTIONS,
  HITS_CONFIG,
  HITS_CONSUMER,
  HITS_STREAM,
  JOB_BUCKET,
  LEASES_BUCKET,
} from './table.js'

export interface FarmStore {
  readonly job: KV
  readonly leases: KV
  readonly best: KV
  readonly hits: Consumer
  readonly manager: JetStreamManager
}

/** A hit that a coordinator took and did not acknowledge comes again after so long: it may have died. */
const ACK_WAIT_MS = 3_000
const MOST_UNACKED = 5_000

/** May be called by any number of coordinators, again and again. Throws E_FARM_STORE. */
export async function openStore(connection: NatsConnection): Promise<FarmStore> {
  try {
    const manager = await jetstreamManager(connection)
    const buckets = new Kvm(connection)
    const [job, leases, best] = await Promise.all(
      ([JOB_BUCKET, LEASES_BUCKET, BEST_BUCKET] as const).map((name) =>
        buckets.create(name, BUCKET_OPTIONS[name]),
      ),
    )
    await manager.streams.add({ ...HITS_CONFIG, subjects: [...HITS_CONFIG.subjects] })
    await manager.consumers.add(HITS_STREAM, {
      durable_name: HITS_CONSUMER,
      ack_policy: 'explicit',
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MOST_UNACKED,
    })
    const hits = await jetstream(connection).consumers.get(HITS_STREAM, HITS_CONSUMER)
    return { job: job as KV, leases: leases as KV, best: best as KV, hits, manager }
  } catch (error) {
    throw fail('E_FARM_STORE', `the server lacks what a farm needs: ${messageOf(error)}`, { cause: error })
  }
}
