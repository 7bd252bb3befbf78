/**
 * Carries one transaction from nothing into a block: built by the daemon, held against what was asked for, written down,
 * sent, confirmed. Given again after a crash at any point it goes on from what is written down and from the chain.
 */
import type { Inspected, Outpoint } from '../built.js'
import { isAway, type KomodoClient } from '../client.js'
import { sendAdvice, sendReason } from '../reasons.js'
import { decodeTransaction } from '../tx/index.js'
import { fail } from './errors.js'
import type { Journal, Write } from './journal.js'
import { decideWrite, type WriteFact } from './write-states.js'

export interface WriteSpec {
  /** Names it in the journal. */
  readonly id: string
  /** Confirmations after which it is done. */
  readonly confirmations: number
  /** The transaction, built and found to be what was asked for. Called only while none is valid. */
  readonly build: (height: number) => Promise<Inspected>
}

export interface Written {
  readonly txid: string
  /** Of its block; null if it was not asked for so much. */
  readonly height: number | null
}

export interface Writing {
  readonly client: KomodoClient
  readonly journal: Journal
  readonly signal: AbortSignal
  /** Waits for news of the chain. Rejects if the program ends. */
  readonly pause: () => Promise<void>
  readonly tell: (event: WriteEvent) => void
}

export interface WriteEvent {
  readonly id: string
  readonly txid: string
  readonly stage: 'built' | 'sent' | 'confirmed'
  readonly height: number | null
}

/** Builds that a daemon refuses for a moment only: its wallet learns of its own change within a second. */
const MOST_REFUSALS = 30

export async function carry(writing: Writing, spec: WriteSpec): Promise<Written> {
  const { client, journal, signal, pause, tell } = writing
  let refusals = 0
  for (;;) {
    const write = journal.write(spec.id)
    const action = decideWrite(write, await factOf(client, write, signal), spec.confirmations)
    switch (action.do) {
      case 'build': {
        const built = await attempt(writing, spec, (refusals += 1))
        if (built === null) break
        journal.put(spec.id, writeOf(built))
        tell({ id: spec.id, txid: built.txid, stage: 'built', height: null })
        continue
      }
      case 'send':
        if (write === null) break
        // Where no block is asked for, a wait would only use up the blocks that are left.
        if ((await send(writing, spec.id, write)) && spec.confirmations === 0) continue
        break
      case 'wait':
        break
      case 'done': {
        const { txid } = write as Write
        if (action.height !== null) tell({ id: spec.id, txid, stage: 'confirmed', height: action.height })
        return { txid, height: action.height }
      }
    }
    await pause()
  }
}

/** Whether nothing of it can come into a block any more: it was not built, or what was built is proven dead. */
export async function isVoid({ client, journal, signal }: Writing, id: string): Promise<boolean> {
  const write = journal.write(id)
  return decideWrite(write, await factOf(client, write, signal), 1).do === 'build'
}

/** Null: the daemon cannot now, but may soon. */
async function attempt({ client, signal }: Writing, spec: WriteSpec, nth: number): Promise<Inspected | null> {
  const { blocks } = await client.chainInfo({ signal })
  try {
    return await spec.build(blocks)
  } catch (error) {
    if (nth >= MOST_REFUSALS || !isPassing(error)) throw error
    return null
  }
}

const PASSING =
  /normal inputs|enough inputs|not yet confirmed|pegs global CC address|fund it first|in mempool/i

/** Whether a refusal passes with the next block, or with the next second. */
function isPassing(error: unknown): boolean {
  if (isAway(error)) return true
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === 'E_KOMODO_CC' && typeof message === 'string' && PASSING.test(message)
}

/** Whether the daemon took it. */
async function send({ client, signal, tell }: Writing, id: string, { txid, hex }: Write): Promise<boolean> {
  try {
    await client.send(hex, { signal })
    tell({ id, txid, stage: 'sent', height: null })
    return true
  } catch (error) {
    if (isAway(error)) return false
    const reason = sendReason(error)
    // Whether it is there, or whether it can ever be, is found on the chain at the next look.
    if (reason === 'in-chain' || reason === 'spent' || reason === 'conflict') return false
    if (reason === null) throw error
    const advice = sendAdvice(reason)
    throw fail('E_PEGS_REFUSED', `the network does not take ${id} (${txid}): ${advice || String(error)}`, {
      details: { reason, txid },
      cause: error,
    })
  }
}

function writeOf({ txid, hex, tx }: Inspected): Write {
  return { txid, hex, expiry: tx.expiryHeight, version: tx.version }
}

/** Where a transaction is. */
async function factOf(client: KomodoClient, write: Write | null, signal: AbortSignal): Promise<WriteFact> {
  if (write === null) return { at: 'nowhere', height: 0, sapling: false, inputs: 'unknown' }
  const known = await client.transaction(write.txid, { signal })
  if (known && known.height !== null)
    return { at: 'block', confirmations: known.confirmations, height: known.height }
  if (known && !known.orphaned) return { at: 'mempool' }
  const { blocks } = await client.chainInfo({ signal })
  const inputs = await inputsOf(client, write, signal)
  return { at: 'nowhere', height: blocks, sapling: blocks + 1 >= SAPLING_HEIGHT, inputs }
}

/** First height at which a new chain takes version 4 only. */
const SAPLING_HEIGHT = 61
/** Blocks that must be on top of what took an input, before that is believed. */
const SETTLED = 2

/** Whether what it spends is still there. */
async function inputsOf(
  client: KomodoClient,
  { hex }: Write,
  signal: AbortSignal,
): Promise<'open' | 'taken' | 'unknown'> {
  for (const input of decodeTransaction(hex).inputs) if (await isTaken(client, input, signal)) return 'taken'
  return 'open'
}

/** An output that a block made long enough ago and that is not there any more: a block has spent it. */
async function isTaken(client: KomodoClient, outpoint: Outpoint, signal: AbortSignal): Promise<boolean> {
  if (await client.isUnspent(outpoint, { signal })) return false
  const parent = await client.transaction(outpoint.txid, { signal })
  return parent !== null && parent.height !== null && parent.confirmations >= SETTLED
}
