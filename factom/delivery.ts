/**
 * Sends one record: the calls, their retries, and when to give up. What is remembered of it is the publisher's
 * business.
 */
import { isCoded } from '../config/index.js'
import type { Ack, FactomClient } from './client.js'
import type { Limiter } from './limit.js'
import type { PublishRecord, RecordStage } from './record.js'
import { REPEATED_COMMIT, rpcCodeOf } from './rpc.js'
import { pauseAfter } from './timing.js'
import type { Timing } from './timing.js'

export type DeliveryClient = Pick<FactomClient, 'commitEntry' | 'revealEntry' | 'ack'>

/** What the records of one call of the publisher share. */
export interface DeliveryRun {
  /** Aborted by the caller or at the deadline: cuts calls and pauses short. */
  readonly signal: AbortSignal
  /** The caller's own signal. */
  readonly outer: AbortSignal | undefined
  /** UNIX ms or `Infinity`. */
  readonly deadline: number
  /** Lets first commits out one by one, so that the best record is also the first in the block. */
  readonly inTurn: Limiter
  readonly timing: Timing
}

/** Thrown when a record goes no further for reasons of its surroundings. */
export class Stop extends Error {
  constructor(readonly why: 'late' | 'interrupted') {
    super(why)
  }
}

/** The reference's pauses between tries. */
const RETRY = { first: 500, factor: 1.5, cap: 2000 }
/** How long a step is tried where the caller gives no deadline. */
const RETRY_TOTAL_MS = 10_000
const ACK_POLL = { first: 150, factor: 1.5, cap: 1000 }
const ACK_TOTAL_MS = 60_000
/** A node that does not know an entry this long after it was sent has dropped it: the same bytes go out again. */
const RESEND_MS = 3000

/** Throws `Stop` if nothing may be sent any more. */
export function checkTime(run: DeliveryRun, limit = run.deadline): void {
  if (run.outer?.aborted) throw new Stop('interrupted')
  if (run.signal.aborted || run.timing.now() >= limit) throw new Stop('late')
}

/** Brings the commit to the node, first tries in turn. `onSend` is called before anything leaves. */
export async function deliverCommit(
  client: DeliveryClient,
  record: PublishRecord,
  run: DeliveryRun,
  onSend: () => void,
): Promise<void> {
  let first = true
  await persist(run, () => {
    const attempt = async () => {
      checkTime(run)
      onSend()
      await sendCommit(client, record, run)
    }
    const begin = first ? run.inTurn(attempt) : attempt()
    first = false
    return begin
  })
}

export async function deliverReveal(
  client: DeliveryClient,
  record: PublishRecord,
  run: DeliveryRun,
): Promise<void> {
  await persist(run, () => client.revealEntry(record.raw, run.signal))
}

/**
 * Waits until the entry is in a process list or a saved block. If the node does not know it, commit and reveal are
 * sent again. `onAck` is told each answer. Throws `Stop` when the time is over.
 */
export async function awaitAck(
  client: DeliveryClient,
  record: PublishRecord,
  run: DeliveryRun,
  onAck: (ack: Ack) => void,
): Promise<void> {
  const { timing } = run
  const limit = Math.min(run.deadline, run.deadline < Infinity ? Infinity : timing.now() + ACK_TOTAL_MS)
  let resendAt = timing.now() + RESEND_MS
  for (let polls = 0; ; polls++) {
    checkTime(run, limit)
    const ack = await untilNextPoll(run, () => client.ack(record.entryHash, record.chainId, run.signal))
    if (ack) onAck(ack)
    if (ack?.entryStatus === 'TransactionACK' || ack?.entryStatus === 'DBlockConfirmed') return
    checkTime(run, limit)
    if (ack && timing.now() >= resendAt) {
      resendAt = timing.now() + RESEND_MS
      await untilNextPoll(run, () => sendCommit(client, record, run))
      await untilNextPoll(run, () => client.revealEntry(record.raw, run.signal))
    }
    await timing.sleep(pauseAfter(polls, ACK_POLL), run.signal)
  }
}

/** -32011 says that the commit is in. */
async function sendCommit(client: DeliveryClient, record: PublishRecord, run: DeliveryRun): Promise<void> {
  try {
    await client.commitEntry(record.commit, run.signal)
  } catch (error) {
    if (rpcCodeOf(error) !== REPEATED_COMMIT) throw error
  }
}

/** Tries until it works, the error is one that stays, or the time is over. */
async function persist(run: DeliveryRun, attempt: () => Promise<unknown>): Promise<void> {
  const { timing } = run
  const giveUp = run.deadline < Infinity ? Infinity : timing.now() + RETRY_TOTAL_MS
  for (let failures = 0; ; failures++) {
    checkTime(run)
    try {
      await attempt()
      return
    } catch (error) {
      if (error instanceof Stop) throw error
      checkTime(run)
      if (!isCoded(error) || !error.retryable || timing.now() >= giveUp) throw error
      await timing.sleep(pauseAfter(failures, RETRY), run.signal)
    }
  }
}

/** A failed call while waiting changes nothing: the next poll asks again, and the time that is left decides. */
async function untilNextPoll<T>(run: DeliveryRun, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    checkTime(run)
    if (isCoded(error) && error.code !== 'E_FACTOM_ABORTED') return null
    throw error
  }
}

/** The final stage of a record that was revealed but never acknowledged in its time. */
export function unconfirmed(last: Ack | null): RecordStage {
  return { state: 'failed', code: 'E_FACTOM_UNCONFIRMED', reason: unconfirmedReason(last), sent: true }
}

function unconfirmedReason(last: Ack | null): string {
  if (!last) return 'revealed, but the node gave no answer about it while its block was open'
  if (last.commitStatus === 'TransactionACK' || last.commitStatus === 'DBlockConfirmed') {
    return 'paid and revealed, but the node had not taken the entry in while its block was open'
  }
  return 'the node took neither the commit nor the entry in: too few entry credits, or a clock off by an hour?'
}
