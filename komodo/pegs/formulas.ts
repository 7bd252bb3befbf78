/**
 * The arithmetic of the Pegs module, exact: amounts in satoshis, prices in 1e-8 coins per token, cut towards zero.
 * docs/protocol/pegs.md#amounts
 */
import { UNIT } from './expression.js'

export interface AccountState {
  /** Tokens. */
  readonly deposit: bigint
  /** Coins. */
  readonly debt: bigint
}

/** Percent; a chain may be started with others (`-ac_pegsccparams=account,global,yellow`). */
export interface Thresholds {
  /** An account may not owe more than this of what it holds, when it gets coins. */
  readonly most: bigint
  /** From here on an account may be liquidated, */
  readonly red: bigint
  /** if all of the peg together owe so much. */
  readonly globalRed: bigint
  /** From here on tokens can be had of it for coins. */
  readonly yellow: bigint
}

/** Of daemons of 2020. */
export const USUAL_THRESHOLDS: Thresholds = { most: 80n, red: 90n, globalRed: 90n, yellow: 60n }

/** `account,global,yellow` as in `-ac_pegsccparams`: a 0 stands for the usual one. Null: that is no such list. */
export function readThresholds(params: string): Thresholds | null {
  const [account, global, yellow, ...more] = params
    .split(',')
    .map((text) => (/^\d{1,3}$/.test(text) ? BigInt(text) : -1n))
  if (account === undefined || global === undefined || yellow === undefined || more.length > 0) return null
  if ([account, global, yellow].some((percent) => percent < 0n || percent > 100n)) return null
  const { most, red, globalRed, yellow: usual } = USUAL_THRESHOLDS
  return { most, red: account || red, globalRed: global || globalRed, yellow: yellow || usual }
}

export const thresholdsText = ({ red, globalRed, yellow }: Thresholds): string =>
  [red, globalRed, yellow].join()

export const valueOf = (tokens: bigint, price: bigint): bigint => (tokens * price) / UNIT

/** What coins buy. Throws `RangeError` where there is no price: a daemon dies of that. */
export const tokensFor = (coins: bigint, price: bigint): bigint => (coins * UNIT) / price

/** A ratio in hundredths of a percent, cut; null where a debt stands against nothing. */
export function ratioOf(debt: bigint, value: bigint): bigint | null {
  if (debt === 0n) return 0n
  return value === 0n ? null : (debt * 10_000n) / value
}

/** Whether `debt` is above `percent` of `value`: exactly that much is not. */
export const isAbove = (debt: bigint, value: bigint, percent: bigint): boolean =>
  debt * 100n > value * percent

/** Whether `debt` is at least `percent` of `value`. */
export const isAtLeast = (debt: bigint, value: bigint, percent: bigint): boolean =>
  debt * 100n >= value * percent

/** The most coins that an account can still get. */
export function mostToGet({ deposit, debt }: AccountState, price: bigint, { most }: Thresholds): bigint {
  const left = (valueOf(deposit, price) * most) / 100n - debt
  return left > 0n ? left : 0n
}

export interface Liquidation {
  /** Tokens to the liquidator. */
  readonly reward: bigint
  /** Tokens to the pool of the peg; negative where the deposit is worth too little: then it cannot be done. */
  readonly pool: bigint
  /** Coins that the liquidator burns. */
  readonly burn: bigint
  /** What the reward is worth, less the burnt coins. */
  readonly profit: bigint
}

export function liquidationOf({ deposit, debt }: AccountState, price: bigint): Liquidation {
  const base = (tokensFor(debt, price) * 105n) / 100n
  const reward = base + ((deposit - base) * 10n) / 100n
  return { reward, pool: deposit - reward, burn: debt, profit: valueOf(reward, price) - debt }
}

/** How an account stands against the limits; `lost`: its reward would be more than it holds, so only its owner can mend it. */
export type Zone = 'safe' | 'yellow' | 'red' | 'lost'

/** Throws `RangeError` where there is no price and a debt. */
export function zoneOf(account: AccountState, price: bigint, { red, yellow }: Thresholds): Zone {
  const { deposit, debt } = account
  const value = valueOf(deposit, price)
  if (debt <= 0n) return 'safe'
  if (!isAtLeast(debt, value, red)) return isAbove(debt, value, yellow) ? 'yellow' : 'safe'
  return liquidationOf(account, price).pool < 0n ? 'lost' : 'red'
}

export interface TokenSum extends AccountState {
  readonly price: bigint
  /** Tokens of the pool. */
  readonly pool: bigint
}

/** What all accounts owe, and what all deposits and the pools are worth. */
export function globalSums(tokens: readonly TokenSum[]): { readonly debt: bigint; readonly value: bigint } {
  const debt = tokens.reduce((sum, token) => sum + token.debt, 0n)
  const held = tokens.reduce((sum, { deposit, pool, price }) => sum + (deposit + pool) * price, 0n)
  return { debt, value: held / UNIT }
}

/** `91.21%`, rounded as the daemon prints it. */
export function ratioText(debt: bigint, value: bigint): string {
  if (debt === 0n && value === 0n) return '0.00%'
  if (value === 0n) return debt === 0n ? '0.00%' : 'inf%'
  return `${((Number(debt) * 100) / Number(value)).toFixed(2)}%`
}
