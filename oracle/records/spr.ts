/**
 * Staking Price Records, versions 5 to 7: the form of OPR version 5, usually without identity and winners
 * (docs/protocol/records-and-grading.md#staking-records).
 */
import { STAKING_ASSETS, type SprVersion } from '../../pegnet/index.js'
import { checkFields, checkLength, refuseLong } from './opr.js'
import { decodeProto, encodeProto, type ProtoFields } from './proto.js'

export type { SprVersion }

/** One staker's prices for one block: USD per unit in 1e-8, in the order of `STAKING_ASSETS`. */
export type Spr = ProtoFields

/** The canonical bytes of a record. Throws `E_OPR_ENCODE` for values that the form cannot hold. */
export function encodeSpr(spr: Spr): Uint8Array {
  checkFields(spr, STAKING_ASSETS, 'protobuf', 'a staking record')
  return checkLength(encodeProto(spr))
}

/** Reads content of any origin with the reference's rules. Throws `E_OPR_DECODE`, in the reference's words. */
export function decodeSpr(content: Uint8Array): Spr {
  refuseLong(content)
  const { values: _, ...spr } = decodeProto(content)
  return spr
}
