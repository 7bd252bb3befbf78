/**
 * Everything of a farm that has a name on the NATS server, and how it is kept. The coordinator makes the streams and
 * buckets, and the permissions of the server's users follow. docs/farm.md says what each holds.
 */
import { nanos } from '@nats-io/transport-node'
import type { StreamConfig } from '@nats-io/jetstream'
import type { KvOptions } from '@nats-io/kv'

/** `coordinator`: prices, pays, publishes. `worker`: hashes. */
export type Role = 'coordinator' | 'worker'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** A block lasts ten minutes; what belongs to one is of no use after the next. */
const KEEP_MS = 20 * MINUTE_MS

/** Accounts of so many days are kept: a month, and time to pay by it. */
export const ACCOUNTS_DAYS = 40

/** A machine stays refused for so long, whichever coordinator is active. */
const REFUSED_MS = DAY_MS

/** Of subjects. `user` names a credential, `name` a machine that uses it. */
export interface WorkerId {
  readonly user: string
  readonly name: string
}

export const textOfWorker = ({ user, name }: WorkerId): string => `${user}.${name}`

/** One token of a subject. */
export const NAME_FORM = /^[A-Za-z0-9_-]{1,40}$/

const JOB_BUCKET = 'pegminer_job'
export const JOB_KEY = 'job'
export const HITS_STREAM = 'PEGMINER_HITS'
export const JOURNAL_STREAM = 'PEGMINER_JOURNAL'
export const JOURNAL_SUBJECT = 'pegminer.journal'
export const MAP_STREAM = 'PEGMINER_BYTEMAP'
export const HITS_CONSUMER = 'coordinator'
/** The server tells each entry that it has taken into the job bucket here, with its revision. */
export const JOB_SUBJECT = `pegminer.job.${JOB_KEY}`
/** Asks for the last entry without a consumer of one's own. */
export const JOB_GET_SUBJECT = `$JS.API.DIRECT.GET.KV_${JOB_BUCKET}.$KV.${JOB_BUCKET}.${JOB_KEY}`

/** A piece of a ByteMap, by its SHA-256; asked for as the job is. */
export const mapSubject = (sha256: string, piece: number | '*'): string =>
  `pegminer.bytemap.${sha256}.${piece}`
export const mapGetSubject = (sha256: string, piece: number): string =>
  `$JS.API.DIRECT.GET.${MAP_STREAM}.${mapSubject(sha256, piece)}`
const ANY_MAP_GET_SUBJECT = `$JS.API.DIRECT.GET.${MAP_STREAM}.pegminer.bytemap.>`

export const leaseSubject = (worker: WorkerId): string => `pegminer.lease.${textOfWorker(worker)}`
export const hitsSubject = (worker: WorkerId): string => `pegminer.hits.${textOfWorker(worker)}`
export const ALL_LEASES = 'pegminer.lease.*.*'
export const ALL_HITS = 'pegminer.hits.*.*'
export const inboxOf = (user: string): string => `_INBOX.${user}`

/** The sender that stands in a subject of leases or hits. The server lets a user write only its own. */
export function workerOf(subject: string): WorkerId {
  const [, , user = '', name = ''] = subject.split('.')
  return { user, name }
}

/** A hit has some 250 bytes. */
const LARGEST_HIT = 1024
/** Hits of one worker that the coordinator has not looked at yet: what is more is refused by the server. */
const WAITING_HITS = 500
const MiB = 1024 * 1024

export const HITS_CONFIG = {
  name: HITS_STREAM,
  subjects: [ALL_HITS],
  retention: 'workqueue',
  discard: 'new',
  max_msgs_per_subject: WAITING_HITS,
  discard_new_per_subject: true,
  max_msg_size: LARGEST_HIT,
  max_bytes: 256 * MiB,
  max_age: nanos(KEEP_MS),
  duplicate_window: nanos(KEEP_MS),
} satisfies Partial<StreamConfig>

/** Limits of spending are for a day; records of twenty blocks are looked after. */
export const JOURNAL_CONFIG = {
  name: JOURNAL_STREAM,
  subjects: [JOURNAL_SUBJECT],
  max_age: nanos(3 * DAY_MS),
  max_bytes: 512 * MiB,
  duplicate_window: nanos(2 * MINUTE_MS),
} satisfies Partial<StreamConfig>

/** By what they hold; on the server each has that name behind `pegminer_`. */
export const BUCKETS = {
  job: {
    history: 1,
    allow_direct: true,
    republish: { src: `$KV.${JOB_BUCKET}.*`, dest: 'pegminer.job.$1' },
  },
  leases: { history: 1, ttl: KEEP_MS, max_bytes: 256 * MiB },
  lead: { history: 1 },
  record: { history: 1, ttl: KEEP_MS },
  best: { history: 1, ttl: KEEP_MS, max_bytes: 16 * MiB },
  refused: { history: 1, ttl: REFUSED_MS, max_bytes: 16 * MiB },
  accounts: { history: 1, ttl: ACCOUNTS_DAYS * DAY_MS, max_bytes: 512 * MiB },
} satisfies Record<string, Partial<KvOptions>>

/** Of a ByteMap: a message may have 1 MB. */
export const MAP_PIECE_BYTES = 512 * 1024

/** Of one ByteMap; a piece has some hundred bytes besides. */
export const mapConfig = (sha256: string, bytes: number) =>
  ({
    name: MAP_STREAM,
    subjects: [mapSubject(sha256, '*')],
    max_bytes: Math.ceil(bytes * 1.01) + MiB,
    max_msgs_per_subject: 1,
    discard: 'new',
    allow_direct: true,
  }) satisfies Partial<StreamConfig>

/** Subjects that a user of the server may publish to and subscribe to. */
export interface Permissions {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** What the users of each role may do. The coordinator's account holds nothing but the farm. */
export function permissionsOf(role: Role, user: string): Permissions {
  if (role === 'coordinator') return { publish: ['>'], subscribe: ['>'] }
  return {
    publish: [`pegminer.lease.${user}.*`, `pegminer.hits.${user}.*`, JOB_GET_SUBJECT, ANY_MAP_GET_SUBJECT],
    subscribe: [JOB_SUBJECT, `${inboxOf(user)}.>`],
  }
}
