/** What flows from sources to a snapshot: quotes, votes, reasons for whatever is missing, prices. */

/** How a source's numbers come about; decides how old they may be. */
export type QuoteKind = 'spot' | 'fx-live' | 'fx-hourly' | 'fx-daily' | 'metal'

/** One market's price as a source gave it, in the source's own direction and currency. */
export interface Quote {
  readonly price: number
  /** `mid` of bid and ask, `last` trade, or a published `rate`. */
  readonly rule: 'mid' | 'last' | 'rate'
  /**
   * When the source says that this was so, ms; null if it does not say. By the source's clock as it comes from there,
   * by this machine's in what snapshots are made from.
   */
  readonly sourceTime: number | null
  readonly receivedAt: number
  /** (ask − bid) / middle, where both are known. */
  readonly spread?: number
  /** Polls in a row that brought exactly this, the first included. */
  readonly polls?: number
}

/** Why there is no price, or why a price does not count. */
export type Reason =
  | {
      readonly code:
        | 'not-asked'
        | 'not-listed'
        | 'not-trading'
        | 'no-ticker'
        | 'no-price'
        | 'unauthorised'
        | 'blocked-region'
        | 'rate-limited'
        | 'quota'
        | 'timeout'
        | 'unreachable'
        | 'bad-reply'
      readonly detail: string
    }
  | { readonly code: 'stale'; readonly ageMs: number; readonly limitMs: number }
  | { readonly code: 'future'; readonly aheadMs: number }
  | { readonly code: 'spread'; readonly spread: number; readonly limit: number }
  | { readonly code: 'outlier'; readonly deviation: number; readonly limit: number }
  | { readonly code: 'bounds'; readonly price: number; readonly min: number; readonly max: number }
  | { readonly code: 'winners'; readonly factor: number; readonly limit: number }
  | { readonly code: 'leg-unavailable'; readonly leg: string }
  | { readonly code: 'degraded'; readonly leg: string; readonly price: number }
  | { readonly code: 'frozen'; readonly polls: number }
  | { readonly code: 'repeated'; readonly origin: string }
  | { readonly code: 'daily' }

/** What the headers of a reply say of its time. */
export interface ReplyTime {
  /** When it was made, by the server's clock, ms; null if it does not say. `Date` tells whole seconds: their middle. */
  readonly dateMs: number | null
  /** How long it has lain in caches, ms. */
  readonly ageMs: number
}

/** One market's orders, the best first: price and amount, in the currency and the token of the market. */
export interface OrderBook {
  readonly bids: readonly (readonly [price: number, amount: number])[]
  readonly asks: readonly (readonly [price: number, amount: number])[]
  readonly receivedAt: number
}

/** What one round of questions brought: quotes by symbol, and why the others have none. */
export interface Poll {
  readonly quotes: ReadonlyMap<string, Quote>
  readonly absent: ReadonlyMap<string, Reason>
  /** Of a source that is asked for them, instead of quotes. */
  readonly books?: ReadonlyMap<string, OrderBook>
  /** What its last reply said of its own time. */
  readonly replyTime?: ReplyTime
}

/** A place where prices come from. */
export interface Source {
  readonly name: string
  /** Sources of one origin are one opinion, however many they are. */
  readonly origin: string
  readonly kind: QuoteKind
  /** How many requests a poll takes; 1 if left out. */
  readonly requests?: number
  /**
   * Asks for all its symbols. Throws a coded error (`E_PRICES_…`) if it has none of them; ends soon after
   * `signal` is aborted.
   */
  poll(signal: AbortSignal): Promise<Poll>
  /** Ends what is under way and closes the sockets. */
  close(): Promise<void>
}

/** What is known of a source at some moment. */
export interface SourceView extends Pick<Source, 'name' | 'origin' | 'kind'> {
  /** Whether its last poll brought quotes. */
  readonly ok: boolean
  /** Since its last good poll; null if there was none. */
  readonly ageMs: number | null
  /** Why the last poll failed. */
  readonly trouble?: Reason
  /** Of the last good poll, however old. */
  readonly quotes: ReadonlyMap<string, Quote>
  readonly absent: ReadonlyMap<string, Reason>
}

/** One quote on the way to a vote. */
export interface Leg {
  /** `kraken:BTC/USD`, or the name of an index or asset (`USDT/USD`). */
  readonly quote: string
  readonly price: number
  readonly ageMs: number
  readonly rule?: Quote['rule']
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
  /** When its newest leg was received, ms. */
  readonly seenAt: number
  /** False if a leg is published once a day. */
  readonly live: boolean
  readonly legs: readonly Leg[]
  /** Fewest polls in a row that a leg of an order book was seen unchanged; 0 if it has none. */
  readonly polls: number
  /** A leg that has left the band in which it is trusted. */
  readonly degraded?: Extract<Reason, { code: 'degraded' }>
}

/** A route that gave no vote, or whose vote was not counted. */
export interface Rejection {
  readonly route: string
  readonly reason: Reason
  /** What it would have said. */
  readonly price?: number
}

/**
 * - `ok`: enough independent sources agree;
 * - `thin`: one source, which the configuration allows;
 * - `held`: the last good price, because today's is missing or moved too far without enough witnesses;
 * - `policy`: no market decides (see `policy`);
 * - `failed`: no price.
 */
export type PriceStatus = 'ok' | 'thin' | 'held' | 'policy' | 'failed'

/** What became of one asset. */
export interface AssetPrice {
  readonly asset: string
  readonly status: PriceStatus
  /** 1e-8 USD per unit, above 0; 0 if it failed. */
  readonly units: bigint
  /** The votes that the price is the median of. */
  readonly votes: readonly Vote[]
  readonly rejected: readonly Rejection[]
  /** (highest − lowest) / price of the votes; 0 without votes. */
  readonly spread: number
  /** Of the oldest vote, or of the price that is held. */
  readonly ageMs: number
  /** Which policy gave the price, and what it went by. */
  readonly policy?: string
  /** Relative distance from the median of the last winners; null if those are not known. */
  readonly deviation: number | null
  /** Why it failed or is not `ok`; a remark on one that is. One line. */
  readonly note?: string
}

/** The prices of the last graded block's winners, by asset; the network's own token is PEG in every version. */
export interface WinnersView {
  readonly height: number
  /** How many records. */
  readonly records: number
  /** What the best of them said, 1e-8 USD. */
  readonly best: ReadonlyMap<string, bigint>
  readonly median: ReadonlyMap<string, bigint>
}

/** A good price, and when it was that. */
export interface Good {
  /** USD. */
  readonly price: number
  readonly at: number
}
/** A price too far from what was known before that waits for confirmation: the first sight of it, and the last. */
export interface Step {
  readonly price: number
  readonly since: number
  readonly at: number
}
/** What the next snapshot has to know of earlier ones, by asset: the last good price, if there was one, and a step. */
export type Remembered = (Good | { readonly [K in keyof Good]?: never }) & { readonly step?: Step }
export type PriceMemory = ReadonlyMap<string, Remembered>

export interface SourceState extends Pick<SourceView, 'name' | 'ok' | 'ageMs'> {
  /** Why the last poll failed, one line. */
  readonly error?: string
}

/** Prices at one moment. */
export interface PriceSnapshot {
  readonly height: number
  readonly version: number
  readonly takenAt: number
  /** In the order of the record. */
  readonly assets: ReadonlyMap<string, AssetPrice>
  /** 1e-8 USD per unit, above 0. */
  readonly prices: ReadonlyMap<string, bigint>
  /** Assets without a price, and why. */
  readonly missing: ReadonlyMap<string, string>
  /** Whether every asset has a price. */
  readonly complete: boolean
  /** The indices that routes use: stablecoins in USD. */
  readonly indices: ReadonlyMap<string, AssetPrice>
  readonly sources: readonly SourceState[]
  /** Sources that are off the others by 2 % or more, and on which assets. One asset may be a mishap, more are a lie. */
  readonly outliers: ReadonlyMap<string, readonly string[]>
  /** Height of the last winners that the prices were held against; null if they were not known. */
  readonly winners: number | null
  /** SHA-256 of the configuration, 16 hex digits. */
  readonly configHash: string
  /** Number of the algorithm; a snapshot is recomputed by the same one only. */
  readonly engine: number
}
