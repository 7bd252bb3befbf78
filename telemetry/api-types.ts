/** What a program that serves `/api/v1/…` has to say, and what can be done from there. */

export const API_NAMES = [
  'summary',
  'threads',
  'farm',
  'accounts',
  'prices',
  'blocks',
  'block',
  'entries',
  'holdings',
  'staking',
  'series',
  'log',
  'feed',
  'config',
] as const
export type ApiName = (typeof API_NAMES)[number]
/** Behind `/api/v1/ledger/`. */
export const LEDGER_NAMES = [
  'status',
  'balances',
  'supply',
  'prices',
  'history',
  'richlist',
  'bank',
  'blocks',
] as const
export type LedgerName = (typeof LEDGER_NAMES)[number]
export const ACTION_NAMES = ['pause', 'resume', 'stop'] as const
export type ActionName = (typeof ACTION_NAMES)[number]

/** Is given the query of the request; throws `BadRequest`. Answers with what becomes JSON, or with `Csv`. */
export type ApiRead = (query: URLSearchParams) => object

export type LedgerReads = Readonly<Record<LedgerName, ApiRead>>

/** Which program serves it, what it answers and does. Names that are absent are answered with 404. */
export interface Api {
  readonly program: 'mine' | 'feed' | 'ledger' | 'explorer'
  readonly read: Readonly<Partial<Record<ApiName, ApiRead>>> & { readonly summary: () => object }
  readonly act: Readonly<Partial<Record<ActionName, () => object>>>
  /** Who holds what, where a ledger is kept; null: there is none yet. */
  readonly ledger?: () => LedgerReads | null
}

export interface ShownSetting {
  readonly key: string
  /** As it was written, or the default; never a secret. */
  readonly value: string
  readonly origin: string
  readonly place: string
}
