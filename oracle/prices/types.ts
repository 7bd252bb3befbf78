/** What flows from sources to a snapshot: quotes, votes, and reasons for whatever is missing. */

/** How a source's numbers come about; decides how old they may be. */
export type QuoteKind = 'spot' | 'fx-live' | 'fx-daily' | 'metal'

/** One market's price as a source gave it, in the source's own direction and currency. */
export interface Quote {
  readonly price: number
  /** `mid` of bid and ask, `last` trade, or a published `rate`. */
  readonly rule: 'mid' | 'last' | 'rate'
  /** When the source says that this was so, ms; null if it does not say. */
  readonly sourceTime: number | null
  readonly receivedAt: number
}

/** What one round of questions brought: quotes by symbol, and why the others have none. */
export interface Poll {
  readonly quotes: ReadonlyMap<string, Quote>
  readonly absent: ReadonlyMap<string, string>
}

/** A place where prices come from. */
export interface Source {
  readonly name: string
  /** Sources of one origin are one opinion, however many they are. */
  readonly origin: string
  readonly kind: QuoteKind
  /**
   * Asks for all its symbols. Throws a coded error (`E_PRICES_…`) if it has none of them; ends soon after
   * `signal` is aborted.
   */
  poll(signal: AbortSignal): Promise<Poll>
  /** Ends what is under way and closes the sockets. */
  close(): Promise<void>
}

/** One route's opinion of an asset, in USD. */
export interface Vote {
  /** `binance:ETH/USDT * USDT/USD` */
  readonly route: string
  /** Independence keys of all its legs. */
  readonly origins: readonly string[]
  readonly price: number
  /** Of its oldest leg. */
  readonly ageMs: number
  /** False if a leg is published once a day. */
  readonly live: boolean
}

/** A route that gave no vote, or whose vote was not counted. */
export interface Rejection {
  readonly route: string
  readonly reason: string
}

export interface SourceState {
  readonly name: string
  /** Whether its last poll brought quotes. */
  readonly ok: boolean
  /** Since its last good poll; null if there was none. */
  readonly ageMs: number | null
  /** Why the last poll failed, one line. */
  readonly error?: string
}

/** Prices at one moment. */
export interface PriceSnapshot {
  readonly takenAt: number
  /** 1e-8 USD per unit, above 0. */
  readonly prices: ReadonlyMap<string, bigint>
  /** Assets without a price, and why. */
  readonly missing: ReadonlyMap<string, string>
  /** Whether every asset has a price. */
  readonly complete: boolean
  /** The votes that each price is the median of. */
  readonly votes: ReadonlyMap<string, readonly Vote[]>
  readonly rejected: ReadonlyMap<string, readonly Rejection[]>
  readonly sources: readonly SourceState[]
}
