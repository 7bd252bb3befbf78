/** What the coordinator keeps on the NATS server: the streams and buckets of the table, made where they lack. */
import { jetstream, jetstreamManager, type Consumer, type JetStreamManager } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { messageOf } from '../../base/index.js'
import { fail } from './errors.js'
import { BUCKETS, HITS_CONFIG, HITS_CONSUMER, HITS_STREAM, JOURNAL_CONFIG } from './table.js'

type Buckets = Readonly<Record<keyof typeof BUCKETS, KV>>

export interface FarmStore extends Buckets {
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
    const opened = await Promise.all(
      Object.entries(BUCKETS).map(
        async ([name, options]) => [name, await buckets.create(`pegminer_${name}`, options)] as const,
      ),
    )
    await manager.streams.add({ ...JOURNAL_CONFIG, subjects: [...JOURNAL_CONFIG.subjects] })
    await manager.streams.add({ ...HITS_CONFIG, subjects: [...HITS_CONFIG.subjects] })
    await manager.consumers.add(HITS_STREAM, {
      durable_name: HITS_CONSUMER,
      ack_policy: 'explicit',
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MOST_UNACKED,
    })
    const hits = await jetstream(connection).consumers.get(HITS_STREAM, HITS_CONSUMER)
    return { ...(Object.fromEntries(opened) as Buckets), hits, manager }
  } catch (error) {
    throw fail('E_FARM_STORE', `the server lacks what a farm needs: ${messageOf(error)}`, { cause: error })
  }
}
