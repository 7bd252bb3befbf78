/** What the processes of the bench ask each other for, and how fast their pretended machines hash. */

/** What a process used since it was asked the last time, and what it holds. */
export interface Usage {
  /** Of one processor: 1 is all of it. */
  readonly cpu: number
  readonly rssBytes: number
  /** Delay of the event loop, 99th percentile, ms; null where the program is not ours. */
  readonly loopP99Ms: number | null
}

/** Asked of a process; each question is answered once, in turn. */
export type Question =
  | { readonly ask: 'assign'; readonly height: number }
  | { readonly ask: 'collect' }
  | { readonly ask: 'usage' }
  | { readonly ask: 'here' }
  | { readonly ask: 'looked' }
  | { readonly ask: 'send'; readonly count: number }
  | { readonly ask: 'begun'; readonly height: number }

export interface Answers {
  /** When it was assigned, on the clock that all processes of a machine share, ms. */
  readonly assign: number
  readonly collect: number
  readonly usage: Usage
  /** Machines that are there. */
  readonly here: number
  /** Hits that were looked at and found right. */
  readonly looked: number
  /** Hits that are on their way now. */
  readonly send: number
  /** When each machine began to hash the record, ms on the shared clock. */
  readonly begun: readonly number[]
}

export interface Access {
  readonly url: string
  /** File of the credential. */
  readonly credential: string
  /** Machines in this process, numbered from `first`. */
  readonly machines: number
  readonly first: number
}

/** Hashes a second of a pretended machine. */
export const MACHINE_RATE = 50_000
/** Best nonces of a record that are kept. */
export const KEEP = 25

/** The clock that all processes of a machine share, ms. */
export const sharedMs = (): number => Number(process.hrtime.bigint()) / 1e6
