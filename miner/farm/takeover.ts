/** What a coordinator that takes over finds on the server: the job at hand, its leases, its best nonces, its record. */
import type { KV } from '@nats-io/kv'
import { toHex } from '../../base/index.js'
import type { Handover, RecordBasis } from '../run/interface.js'
import {
  readBasis,
  readBest,
  readGrants,
  readJob,
  SCHEMA,
  write,
  type BestNonces,
  type FarmJob,
  type GrantRound,
} from './messages.js'
import { JOB_KEY } from './table.js'

/** Keys of what belongs to a record begin with it. */
export const keyOf = (oprHash: Uint8Array): string => toHex(oprHash).slice(0, 32)

type Bucket = Pick<KV, 'get' | 'watch'>

export async function readInherited(bucket: Pick<KV, 'get'>): Promise<FarmJob | null> {
  const entry = await bucket.get(JOB_KEY)
  const read = entry?.operation === 'PUT' ? readJob(entry.value) : null
  return read !== null && 'message' in read ? read.message : null
}

/** All rounds of a record, in their order. */
export async function readRounds(bucket: Bucket, oprHash: Uint8Array): Promise<readonly GrantRound[]> {
  const key = keyOf(oprHash)
  // A watch on nothing never says that there is nothing.
  if ((await bucket.get(`${key}.0`)) === null) return []
  const found = new Map<number, GrantRound>()
  for await (const entry of await bucket.watch({ key: `${key}.*` })) {
    const read = readGrants(entry.value)
    if ('message' in read) found.set(Number(entry.key.slice(key.length + 1)), read.message)
    if (entry.delta === 0) break
  }
  return [...found].sort(([a], [b]) => a - b).map(([, round]) => round)
}

/** The best nonces of a record so far, and whose hits have counted. */
export async function readRanking(
  bucket: Pick<KV, 'get'>,
  oprHash: Uint8Array,
): Promise<Pick<BestNonces, 'best' | 'accounts'>> {
  const entry = await bucket.get(keyOf(oprHash))
  const read = entry === null ? null : readBest(entry.value)
  return read !== null && 'message' in read ? read.message : { best: [], accounts: [] }
}

/** What the record at hand is made of is kept on the server, and found again there by the next coordinator. */
export async function openHandover(
  bucket: Pick<KV, 'get' | 'put'>,
  inherited: FarmJob | null,
  onTrouble: (error: unknown) => void,
): Promise<Handover> {
  const height = inherited?.record?.height
  const entry = height === undefined ? null : await bucket.get(String(height))
  const read = entry === null ? null : readBasis(entry.value)
  const found: RecordBasis | null = read !== null && 'message' in read ? read.message : null
  return {
    keep: (basis) => void bucket.put(String(basis.height), write({ v: SCHEMA, ...basis })).catch(onTrouble),
    recall: (at) => (found?.height === at ? found : null),
  }
}
