/**
 * What became of records whose block is saved: landed in it, or missed, and why. The blocks decide, as the caller
 * has followed and proven them; what a node says of its process lists only explains.
 */
import type { Ack, FactomClient } from './client.js'
import type { PublishRecord, RecordStage } from './record.js'
import { METHOD_NOT_FOUND, rpcCodeOf } from './rpc.js'

export type SettlementClient = Pick<FactomClient, 'ack'>

/** The height of the followed block that an entry is in; null if it is in none. */
export type PlaceOf = (entryHash: string) => number | null

/** The final stages of records whose blocks are followed, in their order. Throws what goes wrong with the node. */
export async function settleRecords(
  client: SettlementClient,
  records: readonly PublishRecord[],
  { placeOf, signal }: { readonly placeOf: PlaceOf; readonly signal?: AbortSignal | undefined },
): Promise<PublishRecord[]> {
  const settled: PublishRecord[] = []
  for (const record of records) {
    const place = placeOf(record.entryHash)
    const stage =
      place === null ? explained(record, await ackOf(client, record, signal)) : stageAt(place, record)
    settled.push({ ...record, stage })
  }
  return settled
}

function stageAt(place: number, { height }: PublishRecord): RecordStage {
  return place === height ? { state: 'landed' } : late(`paid, but it came into block ${place} instead`)
}

async function ackOf(
  client: SettlementClient,
  { entryHash, chainId }: PublishRecord,
  signal: AbortSignal | undefined,
): Promise<Ack | null> {
  try {
    return await client.ack(entryHash, chainId, signal)
  } catch (error) {
    if (rpcCodeOf(error) === METHOD_NOT_FOUND) return null
    throw error
  }
}

/** Why a record is not in its block, by what the node says of commit and entry. */
function explained({ stage }: PublishRecord, ack: Ack | null): RecordStage {
  const isIn = (status: string | undefined) => status === 'TransactionACK' || status === 'DBlockConfirmed'
  if (isIn(ack?.entryStatus)) return late('paid, but the node took its entry in after its block was over')
  const revealed = stage.state === 'revealed' || stage.state === 'acknowledged'
  if (isIn(ack?.commitStatus)) {
    return revealed
      ? unconfirmed('paid and revealed, but the node did not take its entry in while its block was open')
      : late('paid, but its block was over before the node took its reveal')
  }
  if (stage.state === 'composed') return late('its block was over before the node took its commit')
  if (ack === null) return unconfirmed('sent, but not in its block')
  return unconfirmed(
    'the node took neither its commit nor its entry in: too few entry credits, or a clock off by an hour?',
  )
}

function late(reason: string): RecordStage {
  return { state: 'missed', code: 'E_FACTOM_LATE', reason, sent: true }
}

function unconfirmed(reason: string): RecordStage {
  return { state: 'missed', code: 'E_FACTOM_UNCONFIRMED', reason, sent: true }
}
