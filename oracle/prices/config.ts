/** What prices are made from and by which rules: sources, routes, limits. Read and checked by `validate.ts`. */
import { createHash } from 'node:crypto'

import type { AggregateRules } from './aggregate.js'
import type { PresetName } from './http-presets.js'
import type { Hours } from './hours.js'

/** Where a source's key is; the key itself is never part of a configuration. */
export type KeyPlace = { readonly env: string } | { readonly file: string } | { readonly inline: true }

interface SourceCommon {
  /** The name that routes call it by. */
  readonly name: string
  /** Base URL of the same interface elsewhere, without a slash at its end. */
  readonly url?: string
  /** Asked again in the background when its quotes are older, ms. */
  readonly intervalMs: number
  /** Asked again for a snapshot when its quotes are older, ms. */
  readonly freshMs: number
  /** For one complete reply, ms. */
  readonly deadlineMs: number
  /** Most requests in a calendar month (UTC). */
  readonly maxPerMonth?: number
}

/** An exchange through ccxt. */
export interface CcxtSourceConfig extends SourceCommon {
  readonly type: 'ccxt'
  /** ccxt's id. */
  readonly exchange: string
  /** Pause between two requests, ms; the exchange's own if left out. */
  readonly rateLimit?: number
}

/** A publisher of rates over HTTP. */
export interface HttpSourceConfig extends SourceCommon {
  readonly type: 'http'
  readonly preset: PresetName
  readonly key?: KeyPlace
}

export type SourceConfig = CcxtSourceConfig | HttpSourceConfig

/** The limits of a class of assets. Ages in ms, everything else as fractions. */
export interface Rules extends AggregateRules {
  /** Most age of any quote. */
  readonly maxAge: number
  /** Most age of quotes that are published all the time, in time that the market was open. */
  readonly liveMaxAge: number
  /** Most age of a quote where a weekend lies between. */
  readonly weekendMaxAge: number
  readonly hours: Hours
  /** Bid and ask further apart are no market. */
  readonly maxSpread: number
  /** A price that is further away from our last one needs confirmation. */
  readonly maxStep: number
  /** How long the last good price stands in for a missing one. */
  readonly holdFor: number
}

export type Policy =
  | { readonly policy: 'fixed'; readonly value: number }
  /** The price of the best of the last winners; `seed` where there are no winners yet. */
  | { readonly policy: 'chain'; readonly seed?: Seed }
  | ({ readonly policy: 'manual' } & Seed)
  | { readonly policy: 'derive'; readonly route: string }
  | { readonly policy: 'fail' }

export interface Seed {
  /** USD. */
  readonly value: number
  /** ms; the value is not used from then on. Null: for ever. */
  readonly until: number | null
}

export interface AssetConfig {
  readonly class: string
  readonly rules: Rules
  readonly routes: readonly string[]
  /** One source is enough if there are no more. */
  readonly allowSingle: boolean
  /** USD per unit; catches inverted rates, grams, satoshis. */
  readonly bounds: readonly [min: number, max: number]
  /** For a name that other coins have too: quotes that are this many times off the last winners are of another coin. */
  readonly maxFactor: number | null
  readonly policy: Policy
}

export interface IndexConfig {
  readonly rules: Rules
  readonly routes: readonly string[]
  /** USD; outside of it, votes that lean on the index give way to those that do not. */
  readonly band: readonly [min: number, max: number]
}

/** What to do with a price far from the last winners'. */
export type GuardAction = 'warn' | 'hold' | 'adopt' | 'skip'

export interface PriceConfig {
  readonly snapshot: {
    /** How long one attempt may wait for sources, in a block of 600 s. */
    readonly deadlineSeconds: number
  }
  readonly sources: readonly SourceConfig[]
  readonly indices: Readonly<Record<string, IndexConfig>>
  readonly assets: Readonly<Record<string, AssetConfig>>
  readonly winners: {
    readonly warn: number
    readonly limit: number
    readonly action: GuardAction
  }
}

/** Equal configurations have equal hashes. 16 hex digits of a SHA-256. */
export function configHashOf(config: PriceConfig): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16)
}

/** All routes by what they price; a derived price's own route comes last. */
export function routeTableOf(config: PriceConfig): Readonly<Record<string, readonly string[]>> {
  return {
    ...Object.fromEntries(Object.entries(config.indices).map(([name, { routes }]) => [name, routes])),
    ...Object.fromEntries(
      Object.entries(config.assets).map(([name, { routes, policy }]) => [
        name,
        policy.policy === 'derive' && policy.route !== '' ? [...routes, policy.route] : routes,
      ]),
    ),
  }
}
