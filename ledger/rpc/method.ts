/** What a method of the API is: it takes the parameters as they stand, and answers or throws. */
import { messageOf, type Json } from '../../base/index.js'
import type { LedgerRules } from '../rules.js'
import type { LedgerQueries } from '../store/queries.js'
import type { Worths } from '../store/worth.js'
import { decodeObject, type Decoded, type Shape } from './decode.js'
import { badParams } from './errors.js'

export interface RpcLedger {
  readonly query: LedgerQueries
  readonly rules: LedgerRules
  readonly worths: Worths
  /** The last block of the node; null: not known. */
  readonly nodeHeight: () => number | null
  /** The chain of transactions. */
  readonly transactions: string
  /** Of this program. */
  readonly version: string
}

/** `params`: compact JSON, a list or an object; null: there are none. Throws `RpcError`; anything else is a failure here. */
export type RpcMethod = (params: Uint8Array | null, ledger: RpcLedger) => Json

/** Takes no parameters, and does not look at what is given. */
export const plain =
  (answer: (ledger: RpcLedger) => Json): RpcMethod =>
  (_, ledger) =>
    answer(ledger)

/** `owner`: the reference's name of the parameters, which its errors have. */
export const method =
  <S extends Shape>(
    owner: string,
    shape: S,
    answer: (params: Decoded<S>, ledger: RpcLedger) => Json,
  ): RpcMethod =>
  (params, ledger) =>
    answer(decoded(params, shape, owner), ledger)

const EMPTY = new TextEncoder().encode('{}')

function decoded<S extends Shape>(params: Uint8Array | null, shape: S, owner: string): Decoded<S> {
  try {
    return decodeObject(params ?? EMPTY, shape, `srv.${owner}`)
  } catch (error) {
    throw badParams(messageOf(error))
  }
}
