/**
 * Hits come in here: each is hashed again on the main thread before it counts, then ranked. The threshold that
 * results goes back to what hashes, so that less and less is reported.
 */
import type { Hasher } from '../../lxrhash/index.js'
import { createRanking, reportThreshold, type Ranking } from './ranking.js'
import type { Hit, Job } from './workforce.js'

export interface HitCheckerOptions {
  /** The main thread's own hasher. */
  readonly difficulty: Hasher['difficulty']
  /** What is not above this need not be reported any more. */
  readonly onThreshold: (threshold: bigint) => void
  /** It is right, and among the best so far. */
  readonly onKept?: ((hit: Hit) => void) | undefined
}

export type HitChecker = ReturnType<typeof createHitChecker>

export function createHitChecker({ difficulty, onThreshold, onKept }: HitCheckerOptions) {
  let oprHash: Uint8Array | null = null
  let floor = 0n
  let ranking: Ranking = createRanking(1)
  /** Nonces that were kept: one that is reported twice counts once. */
  let known = new Set<string>()
  let taking = false
  let hits = 0
  let computeErrors = 0

  return {
    /** Takes hits of this record from now on; those of any other are dropped. The same one again keeps its best. */
    open(job: Pick<Job, 'oprHash' | 'floor' | 'keep'>): void {
      if (oprHash === null || Buffer.compare(oprHash, job.oprHash) !== 0) {
        oprHash = job.oprHash.slice()
        ranking = createRanking(job.keep)
        known = new Set()
      }
      floor = job.floor
      taking = true
    },
    /** Takes a claim about a nonce. Returns the true difficulty if the claim is false, else null. */
    take(hit: Hit): bigint | null {
      const { oprHash: of, nonce, difficulty: claimed } = hit
      if (!taking || oprHash === null || Buffer.compare(oprHash, of) !== 0) return null
      const found = difficulty(oprHash, nonce)
      if (found !== claimed) {
        computeErrors++
        return found
      }
      hits++
      const before = reportThreshold(floor, ranking)
      const name = Buffer.from(nonce).toString('latin1')
      if (found <= before || known.has(name)) return null
      known.add(name)
      ranking.offer(nonce, found)
      const after = reportThreshold(floor, ranking)
      if (after !== before) onThreshold(after)
      onKept?.(hit)
      return null
    },
    /** Takes no more hits; the ranking stays readable. */
    shut(): void {
      taking = false
    },
    best: () => ranking.list(),
    /** What is not above it is of no interest. */
    get threshold(): bigint {
      return reportThreshold(floor, ranking)
    },
    get bestDifficulty(): bigint {
      return ranking.best
    },
    get hits(): number {
      return hits
    },
    get computeErrors(): number {
      return computeErrors
    },
  }
}
