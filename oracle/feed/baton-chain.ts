/**
 * The chain of data transactions, newest first, found as a gateway finds it: from the baton by way of the predecessor
 * that each one names. What a transaction says never changes, so it is asked for only once; whether it can be reached
 * is found anew each time.
 */
import {
  conditionScript,
  decodePayload,
  decodeTransaction,
  EVAL,
  moduleCondition,
  opOf,
  readFulfilment,
  ZERO_ID,
  type CallOptions,
  type HeaderPayload,
  type KomodoClient,
} from '../../komodo/index.js'
import { createMempool } from './mempool.js'

export interface Sample {
  readonly txid: string
  /** Null: the chain begins here. */
  readonly previous: string | null
  /** Null for a registration, and for data that is no header. */
  readonly header: HeaderPayload | null
  /**
   * Whether the publisher signed it. Anybody can write his key behind OP_RETURN: a daemon takes such a transaction, and
   * readers walk over it, but it says nothing of what was published.
   */
  readonly signed: boolean
}

export interface Walk {
  /** Newest first. */
  readonly samples: readonly Sample[]
  /** Whether the walk came to the chain's beginning. */
  readonly whole: boolean
}

export interface BatonChain {
  /** From `baton` (null: nothing) back over at most `most` transactions. */
  follow(baton: string | null, most: number, options?: CallOptions): Promise<Walk>
  /** One that was just sent need not be asked for. */
  learn(txid: string, hex: string): void
}

/** What reads as the publisher's, of either kind; null for any other transaction. */
export function sampleOf(
  txid: string,
  hex: string,
  { oracleTxid, publisher }: { readonly oracleTxid: string; readonly publisher: string },
): Sample | null {
  const tx = decodeTransaction(hex)
  const op = opOf(tx)
  if (op === null || !('oracleTxid' in op) || op.oracleTxid !== oracleTxid) return null
  const signed = tx.inputs.some(({ script }) => isSignedBy(script, publisher))
  if (op.op === 'oracle-register' && op.pubkey === publisher)
    return { txid, previous: null, header: null, signed }
  if (op.op !== 'oracle-data' || op.pubkey !== publisher) return null
  return {
    txid,
    previous: op.previousBaton === ZERO_ID ? null : op.previousBaton,
    header: op.data.length === 136 || op.data.length === 152 ? decodePayload(op.data) : null,
    signed,
  }
}

/** Whether an input spends an output of the oracles that is the publisher's: the chain demands his signature. */
function isSignedBy(script: string, publisher: string): boolean {
  const fulfilled = readFulfilment(script)
  return (
    fulfilled !== null &&
    conditionScript(fulfilled) === conditionScript(moduleCondition(EVAL.oracles, publisher))
  )
}

export function createBatonChain(
  client: Pick<KomodoClient, 'transaction'>,
  key: { readonly oracleTxid: string; readonly publisher: string },
): BatonChain {
  const known = new Map<string, Sample>()

  async function sampleAt(txid: string, options?: CallOptions): Promise<Sample | null> {
    const remembered = known.get(txid)
    if (remembered !== undefined) return remembered
    const found = await client.transaction(txid, options)
    if (found === null) return null
    const sample = sampleOf(txid, found.hex, key)
    if (sample !== null) known.set(txid, sample)
    return sample
  }

  return {
    learn(txid, hex) {
      const sample = sampleOf(txid, hex, key)
      if (sample !== null) known.set(txid, sample)
    },
    async follow(baton, most, options) {
      const samples: Sample[] = []
      const seen = new Set<string>()
      let next = baton
      while (next !== null && samples.length < most && !seen.has(next)) {
        seen.add(next)
        const sample = await sampleAt(next, options)
        if (sample === null) break
        samples.push(sample)
        next = sample.previous
      }
      if (known.size > most + 1000) for (const txid of known.keys()) if (!seen.has(txid)) known.delete(txid)
      return { samples, whole: next === null && samples.at(-1)?.signed !== false }
    },
  }
}

/**
 * Height → block hash of the headers of a walk. Of a height that occurs twice the newest counts, as for a gateway that
 * reads: where that is not the publisher's, his own has to be written once more.
 */
export function headersOf({ samples }: Walk): Map<number, string> {
  const headers = new Map<number, string>()
  const covered = new Set<number>()
  for (const { header, signed } of samples) {
    if (header === null || covered.has(header.height)) continue
    covered.add(header.height)
    if (signed) headers.set(header.height, header.hash)
  }
  return headers
}

/** The registration of the publisher that waits in the mempool; null: none. */
export async function waitingRegistration(
  client: Pick<KomodoClient, 'mempool' | 'transaction'>,
  key: { readonly oracleTxid: string; readonly publisher: string },
  options?: CallOptions,
): Promise<string | null> {
  const mempool = createMempool(client)
  await mempool.refresh(options)
  for (const [txid, hex] of mempool.hexes) {
    const sample = sampleOf(txid, hex, key)
    if (sample?.signed === true && opOf(decodeTransaction(hex))?.op === 'oracle-register') return txid
  }
  return null
}
