/** What the coordinator keeps on the NATS server: the streams and buckets of the table, made where they lack. */
import { jetstream, jetstreamManager, type Consumer, type JetStreamManager } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { messageOf } from '../../base/index.js'
import { fail } from './errors.js'
import {
  ACCOUNTS_BUCKET,
  BEST_BUCKET,
  BUCKET_OPTIONS,
  HITS_CONFIG,
  HITS_CONSUMER,
  HITS_STREAM,
  JOB_BUCKET,
  JOURNAL_CONFIG,
  LEAD_BUCKET,
  LEASES_BUCKET,
  RECORD_BUCKET,
  REFUSED_BUCKET,
} from './table.js'

export interface FarmStore {
  readonly job: KV
  readonly leases: KV
  readonly best: KV
  readonly accounts: KV
  readonly refused: KV
  readonly lead: KV
  readonly record: KV
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
    const bucket = (name: keyof typeof BUCKET_OPTIONS): Promise<KV> =>
      buckets.create(name, BUCKET_OPTIONS[name])
    const [job, leases, best, accounts, refused, lead, record] = await Promise.all([
      bucket(JOB_BUCKET),
      bucket(LEASES_BUCKET),
      bucket(BEST_BUCKET),
      bucket(ACCOUNTS_BUCKET),
      bucket(REFUSED_BUCKET),
      bucket(LEAD_BUCKET),
      bucket(RECORD_BUCKET),
    ])
    await manager.streams.add({ ...JOURNAL_CONFIG, subjects: [...JOURNAL_CONFIG.subjects] })
    await manager.streams.add({ ...HITS_CONFIG, subjects: [...HITS_CONFIG.subjects] })
    await manager.consumers.add(HITS_STREAM, {
      durable_name: HITS_CONSUMER,
      ack_policy: 'explicit',
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MOST_UNACKED,
    })
    const hits = await jetstream(connection).consumers.get(HITS_STREAM, HITS_CONSUMER)
    return { job, leases, best, accounts, refused, lead, record, hits, manager }
  } catch (error) {
    throw fail('E_FARM_STORE', `the server lacks what a farm needs: ${messageOf(error)}`, { cause: error })
  }
}
