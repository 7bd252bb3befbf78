/**
 * What became of records whose block is saved: landed in it, or missed, and why. The saved entry blocks decide, each
 * proven by its key MR; what a node says of its process lists only explains.
 */
import type { Ack, FactomClient } from './client.js'
import { decodeEntryBlock } from './entry-block.js'
import { fail } from './errors.js'
import type { PublishRecord, RecordStage } from './record.js'
import { METHOD_NOT_FOUND, rpcCodeOf } from './rpc.js'

export type SettlementClient = Pick<FactomClient, 'heights' | 'chainHead' | 'rawData' | 'ack'>

export interface Settled {
  readonly record: PublishRecord
  readonly stage: RecordStage
}

const NO_BLOCK = '0'.repeat(64)
/** Records that were not asked after for so many blocks of their chain are not looked for. */
const MAX_WALK = 10_000

/**
 * The final stages of records for blocks up to `savedHeight`. Throws whatever goes wrong with the node; then nothing
 * is settled and it can be tried again: `E_FACTOM_LAGGING` if it has not saved these blocks itself.
 */
export async function settleRecords(
  client: SettlementClient,
  records: readonly PublishRecord[],
  { savedHeight, signal }: { readonly savedHeight: number; readonly signal?: AbortSignal | undefined },
): Promise<Settled[]> {
  const { directoryBlockHeight } = await client.heights(signal)
  if (directoryBlockHeight < savedHeight)
    throw fail('E_FACTOM_LAGGING', `the node has saved ${directoryBlockHeight}, not yet ${savedHeight}`)
  const settled: Settled[] = []
  for (const chainId of new Set(records.map((record) => record.chainId))) {
    const ours = records.filter((record) => record.chainId === chainId)
    const places = await placesOf(client, chainId, { ours, signal })
    for (const record of ours)
      settled.push({
        record,
        stage: await stageOf(client, record, { place: places.get(record.entryHash), signal }),
      })
  }
  return settled
}

/** The heights of the blocks that hold these records, by entry hash. Walks back from the chain's head. */
async function placesOf(
  client: SettlementClient,
  chainId: string,
  { ours, signal }: { readonly ours: readonly PublishRecord[]; readonly signal: AbortSignal | undefined },
): Promise<Map<string, number>> {
  const wanted = new Set(ours.map(({ entryHash }) => entryHash))
  const lowest = ours.reduce((least, { height }) => Math.min(least, height), Infinity)
  const places = new Map<string, number>()
  let keyMr = (await client.chainHead(chainId, signal))?.head || NO_BLOCK
  let above = Infinity
  for (let blocks = 0; keyMr !== NO_BLOCK && blocks < MAX_WALK; blocks++) {
    const block = decodeEntryBlock(await client.rawData(keyMr, signal))
    if (block.keyMr !== keyMr || block.chainId !== chainId)
      throw fail('E_FACTOM_HASH', `the node sent another block than ${keyMr}`)
    if (block.height >= above)
      throw fail('E_FACTOM_LINK', `block ${keyMr} lies at height ${block.height}, not below ${above}`)
    if (block.height < lowest) break
    for (const { hash } of block.entries) if (wanted.has(hash)) places.set(hash, block.height)
    above = block.height
    keyMr = block.prevKeyMr
  }
  return places
}

async function stageOf(
  client: SettlementClient,
  record: PublishRecord,
  { place, signal }: { readonly place: number | undefined; readonly signal: AbortSignal | undefined },
): Promise<RecordStage> {
  if (place === record.height) return { state: 'landed' }
  if (place !== undefined) return late(`paid, but it came into block ${place} instead`)
  return explained(record, await ackOf(client, record, signal))
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
