/**
 * Difficulties of many records, for grading: hashed here while they are few, else by threads of their own, which are
 * started when they are first needed.
 */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { threadEnvironment } from '../../base/index.js'
import { sharedByteMap, type Hasher, type SharedByteMap } from '../../lxrhash/index.js'

/** What a difficulty is claimed for. */
export interface Claim {
  readonly oprHash: Uint8Array
  readonly nonce: Uint8Array
}

export interface ClaimsTask {
  readonly byteMap: SharedByteMap
  readonly hasherSlot: number
  readonly claims: readonly Claim[]
}

export interface ClaimsOptions {
  readonly byteMap: SharedByteMap
  /** This thread's hasher. */
  readonly hasher: Pick<Hasher, 'difficulty'>
  readonly threads: number
  /** Hasher slot of the first thread; the others follow. */
  readonly firstHasher: number
  /** How many claims are hashed here rather than by threads. */
  readonly few?: number
}

export interface ClaimsRun {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

export interface ClaimChecker {
  /** The true difficulty of each, in order. Calls wait for one another. */
  difficulties(claims: readonly Claim[], run?: ClaimsRun): Promise<bigint[]>
  /** Ends the threads. */
  close(): Promise<void>
}

/** A hash takes 0.1 ms with a map of 2^30; threads are up after as long as this many take. */
const FEW = 1000
/** So many for each thread between two reports of progress. */
const SLICE = 1000

export function createClaimChecker(options: ClaimsOptions): ClaimChecker {
  const { hasher, threads, firstHasher, few = FEW } = options
  const byteMap = sharedByteMap(options.byteMap)
  let pool: Piscina<ClaimsTask, bigint[]> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const startPool = (): Piscina<ClaimsTask, bigint[]> =>
    new Piscina({
      filename: fileURLToPath(new URL('./claims-worker.js', import.meta.url)),
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Infinity,
      recordTiming: false,
      env: threadEnvironment(),
    })

  /** Has threads hash: each gets an equal part and a hasher slot of its own. */
  async function bySlice(claims: readonly Claim[], signal: AbortSignal | undefined): Promise<bigint[]> {
    const threadPool = (pool ??= startPool())
    const each = Math.ceil(claims.length / threads)
    const parts = await Promise.all(
      Array.from({ length: threads }, (_, k) => {
        const part = claims.slice(k * each, (k + 1) * each)
        const task: ClaimsTask = { byteMap, hasherSlot: firstHasher + k, claims: part }
        return threadPool.run(task, signal === undefined ? {} : { signal })
      }),
    )
    return parts.flat()
  }

  async function hashAll(claims: readonly Claim[], { signal, onProgress }: ClaimsRun): Promise<bigint[]> {
    signal?.throwIfAborted()
    if (claims.length <= few) return claims.map(({ oprHash, nonce }) => hasher.difficulty(oprHash, nonce))
    const found: bigint[] = []
    while (found.length < claims.length) {
      onProgress?.(found.length, claims.length)
      const slice = claims.slice(found.length, found.length + SLICE * threads)
      found.push(...(await bySlice(slice, signal)))
    }
    return found
  }

  return {
    difficulties(claims, run = {}) {
      const result = turn.then(() => hashAll(claims, run))
      turn = result.catch(() => undefined)
      return result
    },
    close: async () => {
      await turn
      await pool?.close()
    },
  }
}
