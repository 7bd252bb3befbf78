/** The refusals of komodod: the `error` member of a JSON-RPC reply. */

export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message)
  }

  /** HTTP status that goes with the code. */
  get status(): number {
    if (this.code === -32600) return 400
    return this.code === -32601 ? 404 : 500
  }
}

export const NO_METHOD = () => new RpcError(-32601, 'Method not found')
export const notString = () => new RpcError(-1, 'JSON value is not a string as expected')
/** A call with a wrong number of parameters is answered with its usage. */
export const usage = (text: string) => new RpcError(-1, `${text}\n`)

/** The daemon dies while it answers: the connection is cut, later ones are refused. */
export class DaemonCrash extends Error {}
