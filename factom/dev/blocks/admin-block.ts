/** Admin blocks: the leader's signature of the previous directory block, and little else on a LOCAL network. */
import { concat, hashBytes, sha256, sha512, toHex, uintBytes } from '../../bytes.js'
import { fail } from '../../errors.js'
import { ADMIN_CHAIN } from '../../directory-block.js'
import { hexBytes, Reader, varIntBytes } from '../../wire.js'

/** The records that a LOCAL network writes, by their type byte. */
export type AdminRecord =
  | { readonly type: 1; readonly identity: string; readonly publicKey: string; readonly signature: string }
  | { readonly type: 5; readonly identity: string; readonly height: number }
  | { readonly type: 11; readonly outputs: readonly { readonly amount: bigint; readonly address: string }[] }

export interface AdminBlockBody {
  /** First half of the SHA-512 of the previous admin block. */
  readonly prevBackReference: string
  readonly height: number
  readonly records: readonly AdminRecord[]
}

export interface AdminBlock extends AdminBlockBody {
  /** SHA-256 of the block: its key in the directory block. */
  readonly lookupHash: string
  readonly backReference: string
  readonly bodySize: number
}

export function encodeAdminBlock(block: AdminBlockBody): Uint8Array {
  const body = concat(...block.records.map(encodeRecord))
  return concat(
    hashBytes(ADMIN_CHAIN),
    hashBytes(block.prevBackReference),
    uintBytes(block.height, 4),
    varIntBytes(0n),
    uintBytes(block.records.length, 4),
    uintBytes(body.length, 4),
    body,
  )
}

/** Throws `E_FACTOM_BLOCK` for other chains, lengths that do not fit, and records of other kinds. */
export function decodeAdminBlock(raw: Uint8Array): AdminBlock {
  const reader = new Reader(raw)
  if (reader.hash() !== ADMIN_CHAIN) throw fail('E_FACTOM_BLOCK', 'not an admin block')
  const prevBackReference = reader.hash()
  const height = reader.uint(4)
  if (reader.varInt() !== 0n) throw fail('E_FACTOM_BLOCK', 'an admin block has a header expansion')
  const count = reader.uint(4)
  const bodySize = reader.uint(4)
  if (bodySize !== reader.left) throw fail('E_FACTOM_BLOCK', 'an admin block has another length than it says')
  const records: AdminRecord[] = []
  while (reader.left > 0) records.push(decodeRecord(reader))
  if (records.length !== count)
    throw fail('E_FACTOM_BLOCK', 'an admin block does not hold the records it counts')
  return {
    prevBackReference,
    height,
    records,
    bodySize,
    lookupHash: toHex(sha256(raw)),
    backReference: toHex(sha512(raw).subarray(0, 32)),
  }
}

function encodeRecord(record: AdminRecord): Uint8Array {
  const type = Uint8Array.of(record.type)
  switch (record.type) {
    case 1:
      return concat(type, hashBytes(record.identity), hashBytes(record.publicKey), hexBytes(record.signature))
    case 5:
      return concat(type, hashBytes(record.identity), uintBytes(record.height, 4))
    case 11: {
      const outputs = concat(
        ...record.outputs.map(({ amount, address }) => concat(varIntBytes(amount), hashBytes(address))),
      )
      return concat(type, varIntBytes(BigInt(outputs.length)), outputs)
    }
  }
}

function decodeRecord(reader: Reader): AdminRecord {
  const type = reader.uint(1)
  switch (type) {
    case 1:
      return { type, identity: reader.hash(), publicKey: reader.hash(), signature: toHex(reader.bytes(64)) }
    case 5:
      return { type, identity: reader.hash(), height: reader.uint(4) }
    case 11: {
      const area = new Reader(reader.bytes(Number(reader.varInt())))
      const outputs: { amount: bigint; address: string }[] = []
      while (area.left > 0) outputs.push({ amount: area.varInt(), address: area.hash() })
      return { type, outputs }
    }
    default:
      throw fail('E_FACTOM_BLOCK', `an admin block has a record of type ${type}`)
  }
}
