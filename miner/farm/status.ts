/** The farm as the API, `farm status` and the metrics show it. Pure. */
import { LIFE_MS } from './leases.js'
import type { Machine } from './machines.js'
import type { Fault } from './standing.js'

export interface MachineStatus {
  /** `USER.NAME`. */
  readonly worker: string
  readonly state: 'here' | 'missing' | 'left' | 'refused'
  readonly refused: string | null
  readonly version: string
  readonly host: string
  readonly cpu: string
  readonly threads: number
  readonly bits: number
  readonly hugePages: number
  readonly kernel: string
  /** Decimal text. */
  readonly hashes: string
  readonly hashrate: { readonly s10: number | null; readonly s60: number | null; readonly m15: number | null }
  /** Since it was last heard of. */
  readonly silentSeconds: number
  /** Since its last hit that counted; null: none yet. */
  readonly lastHitSeconds: number | null
  /** From the assignment of the last record until it was given nonces of it, ms; null: none yet. */
  readonly lagMs: number | null
  /** For how long it may hash without being heard of, and nonces that it has for it, decimal text. */
  readonly lease: { readonly seconds: number; readonly nonces: string }
  readonly accepted: number
  readonly faults: Readonly<Record<Fault, number>>
}

export interface FarmStatus {
  /** False: another coordinator is, and knows the machines. */
  readonly active: boolean
  readonly here: number
  /** Their leases have lapsed without a goodbye. */
  readonly missing: number
  /** Sum of those that are here, over the last ten seconds. */
  readonly hashrate: number
  readonly machines: readonly MachineStatus[]
}

/** `machines` null: another coordinator is active. */
export function farmStatus(machines: readonly Machine[] | null, nowMs: number): FarmStatus {
  const all = (machines ?? []).map((machine) => statusOf(machine, nowMs))
  const here = all.filter(({ state }) => state === 'here')
  return {
    active: machines !== null,
    here: here.length,
    missing: all.filter(({ state }) => state === 'missing').length,
    hashrate: here.reduce((sum, { hashrate }) => sum + (hashrate.s10 ?? 0), 0),
    machines: all,
  }
}

function statusOf(machine: Machine, nowMs: number): MachineStatus {
  const { text, state, standing, health, heardMs, lagMs, counters } = machine
  const { hashes, rate, ...facts } = health
  const leaseMs = state === 'left' ? 0 : Math.max(0, heardMs + LIFE_MS - nowMs)
  const seconds = (sinceMs: number): number => Math.round((nowMs - sinceMs) / 1000)
  return {
    ...{ worker: text, state: standing.refused === null ? state : 'refused', refused: standing.refused },
    ...facts,
    ...{ hashes: hashes.toString(), hashrate: rate, silentSeconds: seconds(heardMs) },
    lastHitSeconds: standing.hitMs === null ? null : seconds(standing.hitMs),
    lagMs: lagMs === null ? null : Math.round(lagMs),
    lease: { seconds: Math.round(leaseMs / 1000), nonces: leaseMs === 0 ? '0' : counters.toString() },
    ...{ accepted: standing.accepted, faults: { ...standing.faults } },
  }
}
