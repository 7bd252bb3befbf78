/**
 * Sends one record: the calls, their retries, and when to give up (docs/protocol/factom.md#holding-and-replay). The
 * publisher remembers what became of it.
 */
import { isCoded, pauseAfter } from '../base/index.js'
import type { FactomClient } from './client.js'
import type { PublishRecord } from './record.js'
import { REPEATED_COMMIT, rpcCodeOf } from './rpc.js'
import type { Timing } from './timing.js'

export type DeliveryClient = Pick<FactomClient, 'commitEntry' | 'revealEntry' | 'ack'>

/** What the records of one call of the publisher share. */
export interface DeliveryRun {
  /** Aborted by the caller or at the deadline: cuts calls and pauses short. */
  readonly signal: AbortSignal
  /** The caller's own signal. */
  readonly outer: AbortSignal | undefined
  /** `monotonicMs`, or `Infinity`. */
  readonly deadline: number
  readonly timing: Timing
}

/** Thrown when a record goes no further because the time is over or the caller has stopped. */
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
/**
 * A node that does not know an entry this long after it was sent has dropped it: the same bytes go out again. Sooner
 * where little time is left, but not before an idle node would have told.
 */
const RESEND_MS = { longest: 3000, shortest: 300 }
const RESEND_SHARE = 1 / 3

/** Throws `Stop` if nothing may be sent any more. */
export function checkTime(run: DeliveryRun, limit = run.deadline): void {
  if (run.outer?.aborted) throw new Stop('interrupted')
  if (run.signal.aborted || run.timing.monotonicMs() >= limit) throw new Stop('late')
}

/** Brings the commit to the node. `onSend` is called before anything leaves. */
export async function deliverCommit(
  client: DeliveryClient,
  record: PublishRecord,
  run: DeliveryRun,
  onSend: () => void,
): Promise<void> {
  await persist(run, async () => {
    onSend()
    await sendCommit(client, record, run)
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
 * sent again. Throws `Stop` when the time is over.
 */
export async function awaitAck(
  client: DeliveryClient,
  record: PublishRecord,
  run: DeliveryRun,
): Promise<void> {
  const { timing } = run
  const limit = Math.min(
    run.deadline,
    run.deadline < Infinity ? Infinity : timing.monotonicMs() + ACK_TOTAL_MS,
  )
  let resendAt = timing.monotonicMs() + resendMs(run)
  for (let polls = 0; ; polls++) {
    checkTime(run, limit)
    const ack = await untilNextPoll(run, () => client.ack(record.entryHash, record.chainId, run.signal))
    if (ack?.entryStatus === 'TransactionACK' || ack?.entryStatus === 'DBlockConfirmed') return
    checkTime(run, limit)
    if (ack && timing.monotonicMs() >= resendAt) {
      resendAt = timing.monotonicMs() + resendMs(run)
      await untilNextPoll(run, () => sendCommit(client, record, run))
      await untilNextPoll(run, () => client.revealEntry(record.raw, run.signal))
    }
    await timing.sleep(pauseAfter(polls, ACK_POLL), run.signal)
  }
}

function resendMs({ deadline, timing }: DeliveryRun): number {
  return Math.max(
    RESEND_MS.shortest,
    Math.min(RESEND_MS.longest, (deadline - timing.monotonicMs()) * RESEND_SHARE),
  )
}

/** Whether the node refuses this very message, and so will every time. */
export function isRefusal(error: unknown): boolean {
  return isCoded(error) && !error.retryable && rpcCodeOf(error) !== null
}

/** -32011 says that the commit is in. */
async function sendCommit(client: DeliveryClient, record: PublishRecord, run: DeliveryRun): Promise<void> {
  try {
    await client.commitEntry(record.commit, run.signal)
  } catch (error) {
    if (rpcCodeOf(error) !== REPEATED_COMMIT) throw error
  }
}

/**
 * Tries until it works, the node refuses it, or the time is over: a wrong status now may be a right one in a second.
 */
async function persist(run: DeliveryRun, attempt: () => Promise<unknown>): Promise<void> {
  const { timing } = run
  const giveUp = run.deadline < Infinity ? Infinity : timing.monotonicMs() + RETRY_TOTAL_MS
  for (let failures = 0; ; failures++) {
    checkTime(run)
    try {
      await attempt()
      return
    } catch (error) {
      checkTime(run)
      if (!isCoded(error) || isRefusal(error) || isClosed(error)) throw error
      if (timing.monotonicMs() >= giveUp) throw new Stop('late')
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
    if (isCoded(error) && !isClosed(error)) return null
    throw error
  }
}

/** The client was closed, so the delivery ends as well. */
export function isClosed(error: unknown): boolean {
  return isCoded(error) && error.code === 'E_FACTOM_ABORTED'
}
