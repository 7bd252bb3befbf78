/**
 * Sends signed batches, and finds out what became of earlier ones. A batch is in the outbox before anything of it
 * leaves, and the publisher journals each commit before it is sent: wherever the process ends, the next call sends the
 * very same bytes, which the network charges once and the ledger executes once.
 */
import { isoTime, wallMs } from '../../base/index.js'
import type { FactomClient, Publisher, PublishResult } from '../../factom/index.js'
import { fail } from '../errors.js'
import { goodUntil, type SignedBatch } from './batch.js'
import { fateOf, isOver, type Fate, type Outbox } from './outbox.js'
import type { LedgerSource } from './source.js'

export interface SendingParts {
  readonly outbox: Outbox
  readonly source: LedgerSource
  readonly publisher: Pick<Publisher, 'publish' | 'forget'>
  readonly client: Pick<FactomClient, 'currentMinute' | 'dblockByHeight' | 'ack'>
  readonly signal: AbortSignal
}

/** What it takes to find out what became of batches. */
export type LookingParts = Pick<SendingParts, 'outbox' | 'source' | 'client' | 'signal'>

/** Where chain and ledger stand. */
export interface Standing {
  /** The block under construction. */
  readonly height: number
  /** The node's clock, UNIX ms. */
  readonly nodeMs: number
  /** The last block that the ledger knows, and when it began, UNIX seconds; null if the node has not saved it yet. */
  readonly ledgerHeight: number
  readonly tipSeconds: number | null
  /** How many saved blocks the ledger does not know. */
  readonly behind: number
  readonly ratesHeight: number | null
}

export interface Earlier {
  readonly batch: SignedBatch
  readonly fate: Fate
  /** It is in no block, and the node does not show it: nothing comes of it unless it is sent again. */
  readonly unfinished: boolean
}

/** How far the clock of this machine and that of the node may be apart, ms: signatures are dated by it. */
const MOST_APART_MS = 3_600_000

export async function standingOf({
  source,
  client,
  signal,
}: Pick<SendingParts, 'source' | 'client' | 'signal'>): Promise<Standing> {
  const ratesHeight = (await source.prices())?.height ?? null
  const ledgerHeight = await source.height()
  const { leaderHeight, directoryBlockHeight, nodeTime } = await client.currentMinute(signal)
  const saved = ledgerHeight <= directoryBlockHeight
  const tip = saved ? await client.dblockByHeight(ledgerHeight, signal) : null
  return {
    ...{ height: leaderHeight + 1, nodeMs: nodeTime, ledgerHeight, ratesHeight },
    tipSeconds: tip && 60 * tip.timeMinutes,
    behind: Math.max(0, directoryBlockHeight - ledgerHeight),
  }
}

/** What became of each batch in the outbox. Nothing is changed or sent. */
export async function lookBack(parts: LookingParts, standing: Standing): Promise<readonly Earlier[]> {
  const { outbox, source } = parts
  const all: Earlier[] = []
  for (const batch of outbox.list()) {
    // Asked for after the heights that it is judged by, so that it cannot be older than they are.
    const found = await source.statusOf(batch.entry.hash)
    const passed = found === null ? await source.passedBy(batch.entry.hash) : null
    const fate = fateOf(batch, { found, passed, ...standing })
    all.push({ batch, fate, unfinished: fate.kind === 'open' && (await isMissing(batch, parts, standing)) })
  }
  return all
}

/** Those of which all is known leave the outbox: to be called once it was told. */
export function forgetOver({ outbox }: Pick<SendingParts, 'outbox'>, earlier: readonly Earlier[]): void {
  for (const { batch, fate } of earlier) if (isOver(fate)) outbox.remove(batch.entry.hash)
}

/** Sends a batch for the first time. Throws `E_WALLET_LATE` if it was signed too long ago, or not yet. */
export async function sendBatch(
  batch: SignedBatch,
  parts: SendingParts,
  standing: Standing,
): Promise<PublishResult> {
  const now = Math.floor(standing.nodeMs / 1000)
  const left = goodUntil(batch) - now
  if (left < 0 || batch.signedAt > now + MOST_APART_MS / 1000)
    throw fail(
      'E_WALLET_LATE',
      left < 0
        ? 'it was signed more than 12 hours ago: sign it again'
        : 'it is dated into the future: was the clock of the machine that signed it right?',
    )
  parts.outbox.add(batch)
  return deliver(batch, parts, standing)
}

/** Throws `E_WALLET_UNSENT` unless the node shows the batch. */
export function requireSent(batch: SignedBatch, { state, reason }: PublishResult): void {
  if (state === 'acknowledged') return
  const until = isoTime(goodUntil(batch))
  throw fail(
    'E_WALLET_UNSENT',
    `${batch.entry.hash} is signed, but ${reason ?? 'the node does not show it yet'}; the next send or convert asks whether to send it again, and until ${until} it may be executed`,
  )
}

/** The time to date a signature with, UNIX seconds: the node's, unless one of both clocks is wrong. */
export function signingTime({ nodeMs }: Pick<Standing, 'nodeMs'>): number {
  if (Math.abs(wallMs() - nodeMs) > MOST_APART_MS)
    throw fail('E_WALLET_LATE', 'the clocks of this machine and of the node are more than an hour apart')
  return Math.floor(nodeMs / 1000)
}

/** Sends the bytes of an unfinished batch again. */
export async function sendAgain(
  batch: SignedBatch,
  parts: SendingParts,
  standing: Standing,
): Promise<PublishResult> {
  const result = await deliver(batch, parts, standing)
  if (result.state !== 'missed') return result
  // The node has refused the batch before, or was away: the batch gets a commit of today.
  await parts.publisher.forget([batch.entry.hash])
  return deliver(batch, parts, standing)
}

/**
 * Nothing is missing while the ledger lacks blocks, where the batch may be, nor while the node shows it: an entry that
 * is on the chain twice would be charged twice.
 */
async function isMissing(
  { entry: { hash, chainId } }: SignedBatch,
  { client, signal }: Pick<SendingParts, 'client' | 'signal'>,
  { behind }: Standing,
): Promise<boolean> {
  if (behind > 0) return false
  const { entryStatus } = await client.ack(hash, chainId, signal)
  return entryStatus !== 'TransactionACK' && entryStatus !== 'DBlockConfirmed'
}

async function deliver(
  { entry }: SignedBatch,
  { publisher, signal }: SendingParts,
  { height, nodeMs }: Standing,
): Promise<PublishResult> {
  const [result] = await publisher.publish(height, [entry], { signal, networkMs: nodeMs })
  if (result) return result
  throw fail('E_WALLET_FULL', 'nothing can be published: a limit of spending is reached')
}
