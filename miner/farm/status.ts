/** The farm as the API, `farm status` and the metrics show it. Pure. */
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

function statusOf({ text, state, standing, health, heardMs }: Machine, nowMs: number): MachineStatus {
  const { hashes, rate, ...facts } = health
  const seconds = (sinceMs: number): number => Math.round((nowMs - sinceMs) / 1000)
  return {
    ...{ worker: text, state: standing.refused === null ? state : 'refused', refused: standing.refused },
    ...facts,
    ...{ hashes: hashes.toString(), hashrate: rate, silentSeconds: seconds(heardMs) },
    lastHitSeconds: standing.hitMs === null ? null : seconds(standing.hitMs),
    ...{ accepted: standing.accepted, faults: { ...standing.faults } },
  }
}
