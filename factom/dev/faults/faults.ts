/** Faults that real nodes have shown, switched on and off while the chain runs. */
import { isMapping } from '../../../base/index.js'
import { fail } from '../errors.js'

/** What each of them does. */
export const FAULTS = {
  'drop-commit': 'a commit is answered with success and forgotten',
  'drop-reveal': 'a reveal is answered with success and forgotten',
  'repeat-commit': 'a commit is refused with error -32011 and forgotten',
  'http-400': 'HTTP 400 with error -32603, and nothing is done',
  'http-401': 'HTTP 401, and nothing is done',
  'http-500': 'HTTP 500, and nothing is done',
  reset: 'the connection is cut before anything is done',
  'lose-reply': 'the request is carried out, then the connection is cut',
  delay: 'the reply comes `ms` milliseconds late (default 1000)',
  'minute-10': 'minute 10 is seen for `ms` milliseconds (default 500) between two blocks',
  'long-minute': 'a minute lasts twice as long',
  'short-minute': 'a minute is left out: two end at once',
  stall: 'no minute ends while this is on, and `stalldetected` becomes true',
  lag: 'the node catches up: nothing new is seen until `blocks` more blocks (default 3) are saved, then all at once',
  torn: '`current-minute` mixes the old height or minute with the new one, in minutes 0 and 1',
  clock: "the node's clock is `ms` milliseconds ahead (negative: behind)",
} as const

export type FaultName = keyof typeof FAULTS

export interface FaultRule {
  /** The chance that it strikes when it could: above 0, at most 1 (default). */
  readonly share?: number
  /** After this many strikes it ends; absent: it does not end. */
  readonly times?: number
  /** Faults of requests: only these methods. */
  readonly methods?: readonly string[]
  readonly ms?: number
  readonly blocks?: number
}

export type FaultRules = Readonly<Partial<Record<FaultName, FaultRule>>>

export interface Faults {
  /** The rules that are on. */
  readonly rules: FaultRules
  /** How often each has struck since the start. */
  readonly struck: Readonly<Partial<Record<FaultName, number>>>
  /** Replaces all rules. Throws `E_DEVCHAIN_FAULT`; then nothing is changed. */
  set(rules: unknown): void
  /** The rule, if it strikes on this occasion. */
  strikes(name: FaultName, method?: string): FaultRule | null
  /** The rule, if it is on; for those that are a state. */
  on(name: FaultName): FaultRule | null
  /** Switches one rule off. */
  end(name: FaultName): void
}

const MAX_MS = 24 * 3_600_000
const LIMITS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  times: [1, 1e9],
  ms: [-MAX_MS, MAX_MS],
  blocks: [1, 1000],
}

export function createFaults(random: () => number = Math.random): Faults {
  let rules: Partial<Record<FaultName, FaultRule>> = {}
  const struck: Partial<Record<FaultName, number>> = {}
  const count = (name: FaultName): void => void (struck[name] = (struck[name] ?? 0) + 1)
  return {
    get rules() {
      return rules
    },
    struck,
    set(wanted) {
      rules = checked(wanted)
      for (const name of ['lag', 'clock', 'stall'] as const) if (rules[name]) count(name)
    },
    strikes(name, method) {
      const rule = rules[name]
      if (!rule || (method !== undefined && rule.methods && !rule.methods.includes(method))) return null
      if (random() >= (rule.share ?? 1)) return null
      count(name)
      if (rule.times !== undefined) {
        if (rule.times > 1) rules[name] = { ...rule, times: rule.times - 1 }
        else Reflect.deleteProperty(rules, name)
      }
      return rule
    },
    on: (name) => rules[name] ?? null,
    end: (name) => void Reflect.deleteProperty(rules, name),
  }
}

function checked(wanted: unknown): Partial<Record<FaultName, FaultRule>> {
  if (!isMapping(wanted)) throw wrong('faults must be an object: {"drop-commit": {"share": 0.5}}')
  return Object.fromEntries(
    Object.entries(wanted).map(([name, rule]) => {
      if (!Object.hasOwn(FAULTS, name))
        throw wrong(`there is no fault "${name.slice(0, 40)}", only ${Object.keys(FAULTS).join(', ')}`)
      if (!isMapping(rule)) throw wrong(`${name} must be an object such as {} or {"share": 0.5}`)
      for (const [member, value] of Object.entries(rule))
        checkMember(`${name}.${member.slice(0, 40)}`, member, value)
      return [name, { ...rule }]
    }),
  )
}

function checkMember(where: string, member: string, value: unknown): void {
  if (member === 'methods') {
    if (!Array.isArray(value) || value.some((method) => typeof method !== 'string'))
      throw wrong(`${where} must be a list of method names`)
    return
  }
  if (member === 'share') {
    if (typeof value !== 'number' || !(value > 0 && value <= 1))
      throw wrong(`${where} must be more than 0 and at most 1`)
    return
  }
  const [low, high] = LIMITS[member] ?? []
  if (low === undefined || high === undefined)
    throw wrong(`${where} is unknown; a fault has share, times, methods, ms, blocks`)
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high)
    throw wrong(`${where} must be a whole number from ${low} to ${high}`)
}

const wrong = (message: string) => fail('E_DEVCHAIN_FAULT', message)
