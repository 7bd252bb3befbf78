/**
 * The chain of data transactions, newest first, found as a gateway finds it: from the baton by way of the predecessor
 * that each one names. What a transaction says never changes, so it is asked for only once; whether it can be reached
 * is found anew each time.
 */
import {
  decodePayload,
  decodeTransaction,
  opOf,
  ZERO_ID,
  type CallOptions,
  type HeaderPayload,
  type KomodoClient,
} from '../../komodo/index.js'

export interface Sample {
  readonly txid: string
  /** Null: the chain begins here. */
  readonly previous: string | null
  /** Null for a registration, and for data that is no header. */
  readonly header: HeaderPayload | null
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

/** What the publisher wrote, of either kind; null if the transaction is not his. */
export function sampleOf(
  txid: string,
  hex: string,
  { oracleTxid, publisher }: { readonly oracleTxid: string; readonly publisher: string },
): Sample | null {
  const op = opOf(decodeTransaction(hex))
  if (op === null || !('oracleTxid' in op) || op.oracleTxid !== oracleTxid) return null
  if (op.op === 'oracle-register' && op.pubkey === publisher) return { txid, previous: null, header: null }
  if (op.op !== 'oracle-data' || op.pubkey !== publisher) return null
  return {
    txid,
    previous: op.previousBaton === ZERO_ID ? null : op.previousBaton,
    header: op.data.length === 136 || op.data.length === 152 ? decodePayload(op.data) : null,
  }
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
      return { samples, whole: next === null }
    },
  }
}

/** Height → block hash of the headers of a walk; of a height that occurs twice the newest counts. */
export function headersOf({ samples }: Walk): Map<number, string> {
  const headers = new Map<number, string>()
  for (const { header } of samples)
    if (header && !headers.has(header.height)) headers.set(header.height, header.hash)
  return headers
}
