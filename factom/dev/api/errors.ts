/** factomd's own error replies: code, message, and the text or object that comes with them. */
import type { Json } from '../../../base/index.js'

/** Thrown by a method; becomes the `error` of the reply. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: Json | undefined
  /** factomd answers with id null when a handler panics or the request is no request. */
  readonly anonymous: boolean

  constructor(code: number, message: string, data?: Json, anonymous = false) {
    super(message)
    this.code = code
    this.data = data
    this.anonymous = anonymous
  }
}

export const invalidRequest = () => new RpcError(-32600, 'Invalid Request', undefined, true)
export const methodNotFound = () => new RpcError(-32601, 'Method not found')
export const invalidParams = (data?: string) => new RpcError(-32602, 'Invalid params', data)
export const internalError = () => new RpcError(-32603, 'Internal error')
/** What a client sees of a panic in a handler. */
export const panic = () => new RpcError(-32603, 'Internal error', undefined, true)
export const notFound = (what: 'Block' | 'Entry' | 'Object') => new RpcError(-32008, `${what} not found`)
export const missingChainHead = () => new RpcError(-32009, 'Missing Chain Head')
export const receiptProblem = () => new RpcError(-32010, 'Receipt creation error')
export const repeatedCommit = (entryHash: string) =>
  new RpcError(-32011, 'Repeated Commit', {
    info: 'A commit with equal or greater payment already exists',
    entryhash: entryHash,
  })
/** factom-walletd's only kind of refusal. */
export const refused = (data: string, code = -32603) =>
  new RpcError(code, code === -32602 ? 'Invalid params' : 'Internal error', data)
