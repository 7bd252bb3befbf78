/** What the numbers are read from. The miner's live view has this shape; telemetry knows nothing else of it. */

export const MINER_STATES = ['waiting', 'mining', 'paused', 'stopped'] as const
export const ENTRY_RESULTS = ['committed', 'revealed', 'acknowledged', 'landed', 'missed'] as const
export const NODE_STATES = ['unknown', 'ok', 'syncing', 'lagging', 'stalled', 'unreachable'] as const

export interface ThreadNumbers {
  readonly slot: number
  readonly hashes: bigint
  /** Since the thread last showed life, ms. */
  readonly beatAgeMs: number
}

export interface AssetNumbers {
  readonly status: 'ok' | 'thin' | 'held' | 'policy' | 'failed'
  /** USD in 1e-8; 0 if it failed. */
  readonly units: bigint
  /** One element a source. */
  readonly votes: readonly unknown[]
  readonly rejected: readonly { readonly reason: { readonly code: string } }[]
  readonly spread: number
  readonly ageMs: number
  /** From the median of the last winners. */
  readonly deviation: number | null
}

export interface PriceNumbers {
  /** Milliseconds since 1970. */
  readonly takenAt: number
  readonly assets: ReadonlyMap<string, AssetNumbers>
  /** Those that have a price. */
  readonly prices: ReadonlyMap<string, bigint>
  readonly indices: ReadonlyMap<string, AssetNumbers>
  readonly missing: ReadonlyMap<string, string>
  readonly complete: boolean
  /** Source → assets on which it is far off the others. */
  readonly outliers: ReadonlyMap<string, readonly string[]>
  readonly sources: readonly { readonly name: string; readonly ok: boolean; readonly ageMs: number | null }[]
}

/** How a price source is treated at the moment. */
export interface SourceNumbers {
  readonly name: string
  readonly state: { readonly circuit: 'closed' | 'half-open' | 'open'; readonly skewMs: number | null }
  /** Of this month. */
  readonly requests: number
  readonly maxPerMonth: number | null
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
  /** Blocks in a row without a record of ours, and why the last one had none; null: the last one had. */
  readonly skipped: { readonly blocks: number; readonly code: string; readonly reason: string } | null
  readonly entryCredits: number | null
  /** For how many days they last. */
  readonly creditDays: number | null
  /** Entry credits that this run has paid. */
  readonly creditsSpent: number
  /** Hashes a second of the whole network, estimated from the last graded block; null: not known. */
  readonly networkHashrate: number | null
  /** Place by difficulty that our best record of a block can expect, and seconds until one is among the 50 graded. */
  readonly expected: { readonly place: number; readonly seconds: number } | null
  /** The factomd node. */
  readonly node: { readonly state: (typeof NODE_STATES)[number] }
}

/** One gateway, as plain values. Coins are decimal strings, times milliseconds since 1970. */
export interface GatewayNumbers {
  readonly name: string
  /** Names of the two chains. */
  readonly asset: string
  readonly reference: string
  /** Of the relay: `idle`, `publishing`, … */
  readonly state: string
  /** Why nothing is published, or what went wrong in the last pass; null: nothing. */
  readonly trouble: string | null
  readonly daemons: { readonly asset: string; readonly reference: string }
  readonly headers: {
    /** Highest block of the reference chain, highest header published, and what may be published by now. */
    readonly tip: number | null
    readonly published: number | null
    readonly target: number | null
    readonly lag: number | null
    /** Since a header was published, or nothing was to publish. */
    readonly lagSeconds: number | null
    /** Missing below the highest. */
    readonly gaps: number | null
    /** Of this run. */
    readonly sent: number
    readonly lastPass: number | null
  } | null
  readonly funds: {
    /** Headers that the coming block can take; outputs of at least a fee. */
    readonly perBlock: number | null
    readonly outputs: number | null
    /** At the oracle, and in the wallet for more. */
    readonly oracle: string | null
    readonly wallet: string | null
    readonly headersLeft: number | null
    readonly hoursLeft: number | null
    /** Why it could not be filled up; null: nothing is wrong. */
    readonly alarm: string | null
  }
  readonly withdrawals: {
    /** False: this node signs nothing for the gateway; null: not known yet, or there is no gateway. */
    readonly signer: boolean | null
    /** Of this run: paid, and foreign proposals that were refused. */
    readonly paid: number
    readonly refused: number
    /** State → how many are in it. */
    readonly states: Readonly<Record<string, number>>
    /** The one that must be paid or released before the gateway takes another; null: none. */
    readonly blockedBy: string | null
    /** Those that are not done, newest first. */
    readonly open: readonly WithdrawalNumbers[]
    /** The last that are done, newest first. */
    readonly done: readonly WithdrawalNumbers[]
  }
}

export interface WithdrawalNumbers {
  readonly txid: string
  readonly state: string
  readonly amount: string
  readonly to: string
  readonly seenAt: number
  readonly changedAt: number
  readonly message: string
  /** Whom or what it waits for; empty: nothing. */
  readonly waitsFor: string
  /** On the reference chain, and the mark on the asset chain; null: not yet. */
  readonly payoutTxid: string | null
  readonly markTxid: string | null
}

/** A batch of hashes takes milliseconds. */
const STALLED_MS = 10_000

export const isStalled = ({ beatAgeMs }: Pick<ThreadNumbers, 'beatAgeMs'>): boolean => beatAgeMs > STALLED_MS

/** A block that the ledger has taken. */
export interface LedgerBlockNumbers {
  readonly milliseconds: number
  readonly verdicts: readonly (readonly [verdict: string, count: number])[]
  readonly conversions: readonly (readonly [ticker: string, target: string, count: number])[]
}

/** How far a ledger has come. */
export interface LedgerPulse {
  readonly height: number | null
  /** The last block of the node; null: no node is followed, or none has answered yet. */
  readonly nodeHeight: number | null
  /** What keeps it from following the chain; null: nothing. */
  readonly trouble: string | null
}

export interface LedgerNumbers extends LedgerPulse {
  /** When no block was missing, the last time, ms since 1970. */
  readonly evenAt: number | null
  /** 1e-8 units by ticker. */
  readonly supply: ReadonlyMap<string, bigint>
}
