/**
 * What a watch spent by itself, and what it is about: one file, replaced whole at each change. An action is booked in the
 * same moment in which it is begun, so that after a crash it is neither booked nor done twice.
 */
import { momentNow, readSpent, spend, spentIn, takeOver, type Moment, type Spent } from '../../base/index.js'
import { fail } from './errors.js'
import { readState, saveState } from './state-file.js'
import { RULE_NAMES, type RuleName, type WatchAction, type WatchRules } from './watch-actions.js'

export interface OpenAction extends WatchAction {
  /** Counts all actions of this file. */
  readonly id: number
  readonly token: string
}

export interface WatchBooks {
  /** Begun and not ended. */
  readonly open: OpenAction | null
  /** What each rule may still spend of a token today. */
  left(token: string, rules: WatchRules): Readonly<Record<RuleName, bigint>>
  /** On disk when it returns. */
  begin(token: string, action: WatchAction): OpenAction
  end(): void
}

interface State {
  readonly version: 1
  /** Peg and key: the books of another must not be gone on with. */
  readonly subject: string
  readonly last: number
  /** By token and rule. */
  readonly spent: Readonly<Record<string, readonly Spent[]>>
  readonly open: (Omit<OpenAction, 'sat'> & { readonly sat: string }) | null
}

/** Throws `E_PEGS_STATE`, also if the file is about something else. */
export function openBooks(file: string, subject: string, now: () => Moment = momentNow): WatchBooks {
  let state: State = readState(file, (value) => taken(value, now())) ?? {
    version: 1,
    subject,
    last: 0,
    spent: {},
    open: null,
  }
  if (state.subject !== subject)
    throw fail('E_PEGS_STATE', `${file} is about another peg or key: give another data directory`)
  const save = (after: State): void => {
    saveState(file, after)
    state = after
  }
  const booksOf = (token: string, rule: RuleName) => state.spent[keyOf(token, rule)] ?? []
  return {
    get open() {
      return state.open && { ...state.open, sat: BigInt(state.open.sat) }
    },
    left(token, rules) {
      const of = (rule: RuleName): bigint => {
        const left = (rules[rule]?.daily ?? 0n) - spentIn('day', booksOf(token, rule), now())
        return left > 0n ? left : 0n
      }
      return { topUp: of('topUp'), redeem: of('redeem'), liquidate: of('liquidate') }
    },
    begin(token, action) {
      const { rule, sat } = action
      const spent = spend('day', booksOf(token, rule), { amount: sat, now: now() })
      const open = { ...action, token, id: state.last + 1 }
      save({
        ...state,
        last: open.id,
        spent: { ...state.spent, [keyOf(token, rule)]: spent },
        open: { ...open, sat: sat.toString() },
      })
      return open
    },
    end() {
      save({ ...state, open: null })
    },
  }
}

const keyOf = (token: string, rule: RuleName): string => `${rule} ${token}`

function taken(value: unknown, now: Moment): State {
  const { version, subject, last, spent, open } = (value ?? {}) as Partial<State>
  const books = Object.entries(spent ?? {}).map(([key, list]) => [key, readSpent(list)] as const)
  const whole = version === 1 && typeof subject === 'string' && Number.isSafeInteger(last)
  if (!whole || books.some(([, list]) => list === null) || open === undefined || !isOpen(open))
    throw new TypeError('it is damaged')
  return {
    ...{ version, subject, last: last as number, open },
    spent: Object.fromEntries(books.map(([key, list]) => [key, takeOver('day', list ?? [], now)])),
  }
}

function isOpen(value: unknown): boolean {
  if (value === null) return true
  const { id, token, rule, sat, account } = value as Partial<Record<keyof OpenAction, unknown>>
  return (
    Number.isSafeInteger(id) &&
    typeof token === 'string' &&
    RULE_NAMES.some((name) => name === rule) &&
    typeof sat === 'string' &&
    /^\d{1,30}$/.test(sat) &&
    (account === null || typeof account === 'string')
  )
}
