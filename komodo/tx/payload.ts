/** What a publisher writes for one header of the reference chain (docs/protocol/komodo.md#payload). */
import { fail } from './errors.js'
import { Reader, Writer } from './wire.js'
import { hexBytes } from './bytes.js'

export interface HeaderPayload {
  readonly height: number
  /** Display order. */
  readonly hash: string
  readonly merkleRoot: string
  /** Satoshis at the deposit address; `null` in `Ihh`. */
  readonly balance: bigint | null
}

/** Hex, as `oraclesdata` takes it. */
export function encodePayload({ height, hash, merkleRoot, balance }: HeaderPayload): string {
  const writer = new Writer().u32(height).id(hash).id(merkleRoot)
  return (balance === null ? writer : writer.i64(balance)).doneHex()
}

/** Throws `E_KOMODO_TX` if it is neither 68 nor 76 bytes. */
export function decodePayload(hex: string): HeaderPayload {
  if (hex.length !== 136 && hex.length !== 152)
    throw fail('E_KOMODO_TX', `a header's payload is 68 or 76 bytes, not ${hex.length / 2}`)
  const reader = new Reader(hexBytes(hex), 'payload')
  return {
    height: reader.u32(),
    hash: reader.id(),
    merkleRoot: reader.id(),
    balance: reader.left > 0 ? reader.i64() : null,
  }
}
