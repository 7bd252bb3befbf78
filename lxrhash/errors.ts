/** Every code that `lxrhash/` throws. This room stands alone, so it brings its own error class. */

export interface LxrErrorSpec {
  /** One sentence: what happened. */
  readonly summary: string
  /** One sentence: what the user does about it. */
  readonly remedy: string
  /** Wrong input or configuration; without it, it went wrong while running. */
  readonly kind?: 'usage'
  /** Whether the same call may succeed later. */
  readonly retryable?: boolean
}

export const LXR_ERRORS = {
  E_LXR_PARAMS: {
    summary: 'The parameters of LXRHash are out of range.',
    remedy: 'Use a seed below 2^64, 8 to 31 map bits, 1 to 64 passes and 8 to 512 hash bits.',
    kind: 'usage',
  },
  E_LXR_INPUT: {
    summary: 'A hasher was given something that it cannot hash.',
    remedy: 'Load a record before searching; counters start at 1 and stay below 2^64.',
    kind: 'usage',
  },
  E_LXR_SLOT: {
    summary: 'A hasher was asked for a slot that the shared memory does not have.',
    remedy: 'Open the ByteMap with as many slots as there are hashers.',
    kind: 'usage',
  },
  E_LXR_DIRECTORY: {
    summary: 'The ByteMap directory cannot be used.',
    remedy: 'Make it a directory that this user may read and write, or name another one with --dir.',
    kind: 'usage',
  },
  E_LXR_FILE_MISSING: {
    summary: 'There is no ByteMap file for these parameters.',
    remedy: 'Build it with `pegminer bytemap build`.',
  },
  E_LXR_FILE_LENGTH: {
    summary: 'The ByteMap file has the wrong length.',
    remedy: 'Delete the file, or replace it with `pegminer bytemap build --force`.',
  },
  E_LXR_FILE_DAMAGED: {
    summary: 'The ByteMap file is damaged: its bytes are not those that its parameters give.',
    remedy: 'Delete the file, or replace it with `pegminer bytemap build --force`.',
  },
  E_LXR_FILE_READ: {
    summary: 'The ByteMap file cannot be read.',
    remedy: 'Check the permissions of the file and the health of the disk.',
  },
  E_LXR_FILE_WRITE: {
    summary: 'The ByteMap file cannot be written.',
    remedy: 'Check the permissions of the directory and the health of the disk.',
  },
  E_LXR_DISK_FULL: {
    summary: 'There is no room on the disk for the ByteMap file.',
    remedy: 'Make room, or name another directory with --dir.',
    retryable: true,
  },
  E_LXR_CHECKPOINT: {
    summary: 'A checkpoint of a ByteMap that is being built was written, or could not be written or used.',
    remedy: 'Nothing; without a checkpoint an interrupted build begins anew.',
    retryable: true,
  },
  E_LXR_FETCH: {
    summary: 'A ByteMap could not be fetched.',
    remedy: 'Nothing; the program builds it instead.',
    retryable: true,
  },
  E_LXR_LOCKED: {
    summary: 'Another process is building the same ByteMap.',
    remedy: 'Nothing; the program waits and opens the map when it is ready.',
    retryable: true,
  },
  E_LXR_MEMORY: {
    summary: 'There is not enough memory for the ByteMap.',
    remedy: 'Stop other programs, raise the memory limit, or use a smaller map with --bits.',
    retryable: true,
  },
  E_LXR_KERNEL: {
    summary: 'The WebAssembly kernel cannot be loaded.',
    remedy: 'Install the program again; in a clone, run `npm run build`.',
  },
  E_LXR_NATIVE: {
    summary: 'The native kernel cannot be had here.',
    remedy: 'Nothing; the WebAssembly kernel does the same work. Use --kernel auto or simd.',
  },
  E_LXR_ABORTED: {
    summary: 'The work on the ByteMap was interrupted.',
    remedy: 'Start it again; a build that took long goes on from its last checkpoint.',
    retryable: true,
  },
} as const satisfies Readonly<Record<string, LxrErrorSpec>>

export type LxrErrorCode = keyof typeof LXR_ERRORS

/** An error with a stable code and a message of one line that says what to do. */
export class LxrError extends Error {
  override readonly name = 'LxrError'
  readonly code: LxrErrorCode
  readonly kind: 'usage' | 'failure'
  readonly retryable: boolean
  readonly metric: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: LxrErrorCode, message: string, init: LxrErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    const spec: LxrErrorSpec = LXR_ERRORS[code]
    this.code = code
    this.kind = spec.kind ?? 'failure'
    this.retryable = spec.retryable ?? false
    this.metric = code.toLowerCase()
    this.details = init.details ?? {}
  }
}

export interface LxrErrorInit {
  readonly cause?: unknown
  /** Facts for a program. */
  readonly details?: Readonly<Record<string, unknown>>
}

export function fail(code: LxrErrorCode, message: string, init?: LxrErrorInit): LxrError {
  return new LxrError(code, message, init)
}

/** The system's code of an I/O error, such as ENOSPC, or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
