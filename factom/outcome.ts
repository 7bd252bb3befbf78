/** How a record ends, and what is told of it. Pure. */
import { isCoded, messageOf } from '../base/index.js'
import { isClosed, isRefusal, Stop } from './delivery.js'
import type { PublishRecord, RecordStage, RecordState } from './record.js'

export interface PublishResult {
  readonly height: number
  readonly entryHash: string
  /** Not final (`landed` or `missed`) until the block is saved and `settle` was called. */
  readonly state: RecordState
  /** Entry credits that the record costs once its commit is in. */
  readonly credits: number
  /** Of its commit; `''` if none was signed. */
  readonly txid: string
  /** Whether the commit may have reached the node. */
  readonly sent: boolean
  /** From the call of `publish` or `resume` to this state, ms. Not known for what `settle` tells. */
  readonly elapsedMs?: number
  /** Of `missed`: `E_FACTOM_…` and a sentence. */
  readonly code?: string
  readonly reason?: string
}

/** Who hears of records, and may end the work on them. */
export interface SettleOptions {
  /** Stops at once and leaves the records as they are, to be resumed. */
  readonly signal?: AbortSignal
  /** Told each new state but the first (`composed`). */
  readonly onStatus?: (status: PublishResult) => void
}

export const DRY: RecordStage = {
  state: 'missed',
  code: 'E_FACTOM_DRY_RUN',
  reason: 'a dry run: composed and signed, but not sent',
  sent: false,
}

export const GONE: RecordStage = {
  state: 'missed',
  code: 'E_FACTOM_RESET',
  reason: 'the network was reset: the chain that it was made for is gone',
  sent: true,
}

/** The final stage of a record that goes no further because of `error`; `null` if its block will tell. */
export function endedBy(error: unknown, state: RecordState, sent: boolean): RecordStage | null {
  if (error instanceof Stop) {
    if (error.why === 'interrupted' || state !== 'composed' || sent) return null
    const reason = 'its block was over before it could be sent'
    return { state: 'missed', code: 'E_FACTOM_LATE', reason, sent }
  }
  if (!isCoded(error)) throw error
  if (isClosed(error)) return null
  if (isRefusal(error)) return { state: 'missed', code: error.code, reason: messageOf(error), sent }
  throw error
}

export function tooDear(
  facts: Pick<PublishResult, 'height' | 'entryHash' | 'credits'>,
  limit: string,
): PublishResult {
  const reason = `the limit of ${limit} is reached`
  return { ...facts, state: 'missed', txid: '', sent: false, code: 'E_FACTOM_SPENDING', reason }
}

export function resultOf({ height, entryHash, credits, txid, stage }: PublishRecord): PublishResult {
  const facts = { height, entryHash, state: stage.state, credits, txid }
  if (stage.state !== 'missed') return { ...facts, sent: stage.state !== 'composed' }
  return { ...facts, sent: stage.sent, code: stage.code, reason: stage.reason }
}
