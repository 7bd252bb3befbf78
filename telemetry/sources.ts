/** What the numbers are read from. The miner's live view has this shape; telemetry knows nothing else of it. */

export const MINER_STATES = ['waiting', 'mining', 'paused', 'stopped'] as const
export const ENTRY_RESULTS = ['committed', 'revealed', 'acknowledged', 'failed'] as const

export interface ThreadNumbers {
  readonly slot: number
  readonly hashes: bigint
  /** Since the thread last showed life, ms. */
  readonly beatAgeMs: number
}

export interface PriceNumbers {
  /** Milliseconds since 1970. */
  readonly takenAt: number
  /** Asset → USD in 1e-8. */
  readonly prices: ReadonlyMap<string, bigint>
  readonly missing: ReadonlyMap<string, string>
  readonly complete: boolean
  /** Asset → one element a source. */
  readonly votes: ReadonlyMap<string, readonly unknown[]>
  readonly sources: readonly { readonly name: string; readonly ok: boolean; readonly ageMs: number | null }[]
}

export interface MinerNumbers {
  readonly state: (typeof MINER_STATES)[number]
  readonly threads: readonly ThreadNumbers[]
  readonly height: number | null
  readonly minute: number | null
  readonly entries: Readonly<Record<(typeof ENTRY_RESULTS)[number], number>>
  readonly hits: number
  readonly computeErrors: number
  readonly restarts: number
  readonly blocks: number
  readonly places: number
  /** PEG in 1e-8. */
  readonly reward: bigint
  readonly bestDifficulty: bigint
  /** Latest samples, oldest first, ms. */
  readonly jobSwitchMs: readonly number[]
  readonly prices: PriceNumbers | null
  readonly entryCredits: number | null
}

/** A thread without a sign of life for so long is stalled: a batch of hashes takes milliseconds. */
export const STALLED_MS = 10_000
