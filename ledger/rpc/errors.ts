/** The errors of the API, with the numbers and words of the reference (docs/protocol/ledger.md#api). */

const ERRORS = {
  parse: [-32700, 'Parse error'],
  request: [-32600, 'Invalid Request'],
  method: [-32601, 'Method not found'],
  params: [-32602, 'Invalid params'],
  internal: [-32603, 'Internal error'],
  token: [-32800, 'Token Not Found', 'token may be invalid, or not yet issued or tracked'],
  transaction: [-32803, 'Transaction Not Found', 'no matching tx-id was found'],
  nothing: [-32809, 'Not Found', 'could not find what you were looking for'],
} as const satisfies Readonly<
  Record<
    string,
    readonly [code: number, message: string] | readonly [code: number, message: string, data: string]
  >
>

export class RpcError extends Error {
  readonly code: number
  readonly data: string | undefined

  /** `data` stands in for the words that some errors always have. */
  constructor(kind: keyof typeof ERRORS, data?: string) {
    const [code, message, always] = ERRORS[kind] as readonly [number, string, string?]
    super(message)
    this.code = code
    this.data = data ?? always
  }
}

export const badParams = (data: string): RpcError => new RpcError('params', data)
