/**
 * The one error class of the program: every failure that a person may see has a code.
 *
 * Rooms declare their codes in a table of their own (`ErrorTable`) and throw through `errorsOf(table)`;
 * `docs/errors.md` is generated from those tables.
 */

/** What a code means, what to do about it, and how the program treats it. */
export interface ErrorSpec {
  /** One sentence: what happened. */
  readonly summary: string
  /** One sentence: what the user does about it. */
  readonly remedy: string
  /** Wrong input or configuration, exit code 2; without it, it went wrong while running, exit code 1. */
  readonly kind?: 'usage'
  /** Whether the same call may succeed later. */
  readonly retryable?: boolean
}

export type ErrorTable = Readonly<Record<string, ErrorSpec>>

export interface CodedErrorInit {
  /** Overrides the table's value, for example when a reply says `Retry-After`. */
  readonly retryable?: boolean
  readonly cause?: unknown
  /** Facts for a program: goes into `--json`. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** An error with a stable code. `metric` is the value of the `code` label when the error is counted. */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  readonly code: string
  readonly kind: 'usage' | 'failure'
  readonly retryable: boolean
  readonly metric: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, spec: ErrorSpec, message: string, init: CodedErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.kind = spec.kind ?? 'failure'
    this.retryable = init.retryable ?? spec.retryable ?? false
    this.metric = code.toLowerCase()
    this.details = init.details ?? {}
  }
}

/**
 * Binds a table of codes to a constructor: `const fail = errorsOf(FACTOM_ERRORS)`, then
 * `throw fail('E_FACTOM_TIMEOUT', 'no reply within 5000 ms')`.
 */
export function errorsOf<T extends ErrorTable>(
  table: T,
): (code: keyof T & string, message: string, init?: CodedErrorInit) => CodedError {
  return (code, message, init) => new CodedError(code, table[code] as ErrorSpec, message, init)
}

/** True for our own errors and for those of rooms that stand alone (`lxrhash/`) but have the same shape. */
export function isCoded(error: unknown): error is CodedError {
  return (
    error instanceof Error && typeof (error as Partial<CodedError>).code === 'string' && 'retryable' in error
  )
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
