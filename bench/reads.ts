/** How many bytes of the ByteMap one hash reads. */

/** Of the 25 rows of a step, each reads one byte. */
const STEP_READS = 25
/** An output byte is made of two. */
const OUTPUT_READS = 2

export interface HashShape {
  /** Bytes of the whole input. */
  readonly input: number
  /** Those at its beginning that all nonces have in common: their fast pass is done once a record. */
  readonly shared: number
  /** Bytes of the hash. */
  readonly hash: number
  /** Output bytes that are computed: mining looks at the next only if those before it may be enough. */
  readonly output: number
}

/** The fast pass reads a byte for each input byte; the steps over input and hash read 25 each. */
export function readsPerHash({ input, shared, hash, output }: HashShape): number {
  return input - shared + STEP_READS * input + STEP_READS * hash + OUTPUT_READS * output
}

/** What is hashed while measuring: a record hash of 32 bytes, a nonce of one byte for the thread and three that count. */
export const MEASURED_SHAPE: HashShape = { input: 36, shared: 33, hash: 32, output: 1 }
