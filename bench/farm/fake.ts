/** Machines that hash nothing: their counters are used up at a given rate, and their hits are made when they are asked for. */
import { createHash } from 'node:crypto'
import { monotonicMs } from '../../base/index.js'
import type { OpenThreads } from '../../miner/farm/index.js'
import { nonceOf, type Hit, type Job, type Lease } from '../../miner/index.js'

/** Stands for the proof of work: the coordinator looks at each hit as it would at a true one. */
export const fakeDifficulty = (oprHash: Uint8Array, nonce: Uint8Array): bigint =>
  createHash('sha256').update(oprHash).update(nonce).digest().readBigUInt64BE()

/** With a small ByteMap that is never built. */
export const FAKE_MAP = { bits: 10, seed: 1n, passes: 5, hashBits: 256, sha256: '00'.repeat(32) }

const NO_PREFIX = new Uint8Array()

export interface FakeMachine {
  readonly open: OpenThreads
  /** Up to so many hits of counters that it holds, each once. */
  hits(count: number): Hit[]
}

/** @param rate hashes a second */
export function fakeMachine(rate: number): FakeMachine {
  let job: (Job & { readonly lease: Lease }) | null = null
  let sinceMs = 0
  let hashed = 0n
  /** The first counter that no hit was made of. */
  let next = 0n

  /** Counters of the lease that are hashed by now. */
  const done = (): bigint => {
    if (job === null) return 0n
    const { from, to } = job.lease
    const count = BigInt(Math.floor(((monotonicMs() - sinceMs) * rate) / 1000))
    return count < to - from ? count : to - from
  }
  function settle(): void {
    hashed += done()
    job = null
  }
  const counted = (): bigint => hashed + done()
  const view = {
    get members() {
      return [{ slot: 0, hashes: counted(), beatAgeMs: 0 }]
    },
    get hashes() {
      return counted()
    },
    ...{ hits: 0, computeErrors: 0, restarts: 0, bestDifficulty: 0n, jobSwitchMs: [] },
  }

  return {
    open() {
      return Promise.resolve({
        local: {
          view,
          assign(given) {
            // Another floor, and the same range.
            if (job !== null && job.lease === given.lease) return
            settle()
            if (given.lease === undefined) return
            job = { ...given, lease: given.lease }
            next = given.lease.from
            sinceMs = monotonicMs()
          },
          collect() {
            settle()
            return Promise.resolve([])
          },
          get left() {
            return job === null ? { from: 0n, to: 0n } : { from: job.lease.from + done(), to: job.lease.to }
          },
          stop: () => Promise.resolve(),
        },
        health: { bits: FAKE_MAP.bits, hugePages: 0, kernel: 'fake' },
      })
    },
    hits(count) {
      const hits: Hit[] = []
      if (job === null) return hits
      const { oprHash, lease } = job
      for (; hits.length < count && next < lease.to; next++) {
        const nonce = nonceOf(NO_PREFIX, next)
        hits.push({ oprHash, nonce, difficulty: fakeDifficulty(oprHash, nonce) })
      }
      return hits
    },
  }
}
