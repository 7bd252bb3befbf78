/**
 * What is remembered of a peg's creation, or of one journey of a user: every transaction before it leaves, and facts that
 * were found on the way. Replaced whole at each change: after a crash the last change is there or not, never half of it.
 */
import { dirname } from 'node:path'

import { lockFile, makeFolder, messageOf } from '../../base/index.js'
import { fail } from './errors.js'
import { readState, saveState } from './state-file.js'

/** One transaction that was built, found to be what was asked for, and may have been sent. */
export interface Write {
  readonly txid: string
  readonly hex: string
  /** Height from which on no block can hold it; 0: there is none. */
  readonly expiry: number
  /** Version 1 is dead from the height on at which version 4 begins. */
  readonly version: number
}

export interface JournalState {
  readonly version: 1
  /** What it is about: another subject must not go on with it. */
  readonly subject: string
  readonly writes: Readonly<Record<string, Write>>
  /** Transactions that were proven dead, oldest first. */
  readonly dead: readonly Write[]
  readonly facts: Readonly<Record<string, string>>
}

export interface Journal {
  readonly state: JournalState
  write(id: string): Write | null
  fact(name: string): string | null
  /** On disk when it returns. A transaction that stood there must have been proven dead. */
  put(id: string, write: Write): void
  learn(facts: Readonly<Record<string, string>>): void
}

/** Throws `E_PEGS_STATE`, also if the file is about something else. */
export function openJournal(file: string, subject: string): Journal {
  let state = peekJournal(file) ?? { version: 1, subject, writes: {}, dead: [], facts: {} }
  if (state.subject !== subject)
    throw fail('E_PEGS_STATE', `${file} is about another plan: give another data directory, or the old plan`)
  const save = (after: JournalState): void => {
    saveState(file, after)
    state = after
  }
  return {
    get state() {
      return state
    },
    write: (id) => state.writes[id] ?? null,
    fact: (name) => state.facts[name] ?? null,
    put(id, write) {
      const before = state.writes[id]
      const dead = before && before.txid !== write.txid ? [...state.dead, before] : state.dead
      save({ ...state, writes: { ...state.writes, [id]: write }, dead })
    },
    learn(facts) {
      const isNews = Object.entries(facts).some(([name, value]) => state.facts[name] !== value)
      if (isNews) save({ ...state, facts: { ...state.facts, ...facts } })
    },
  }
}

/** What the file says now, without holding it; null if there is none. */
export const peekJournal = (file: string): JournalState | null => readState(file, taken)

function taken(found: unknown): JournalState {
  const { version, subject, writes, dead, facts } = found as Partial<JournalState>
  if (version !== 1 || typeof subject !== 'string' || !writes || !Array.isArray(dead) || !facts)
    throw new TypeError('it is damaged')
  return found as JournalState
}

/** One program at a time; gives back what releases it. Throws `E_PEGS_LOCKED`. */
export function lockJournal(file: string): () => void {
  const failed = (cause: unknown) => fail('E_PEGS_STATE', `${file}.lock cannot be made: ${messageOf(cause)}`)
  try {
    makeFolder(dirname(file))
  } catch (error) {
    throw failed(error)
  }
  return lockFile(`${file}.lock`, {
    held: (who) => fail('E_PEGS_LOCKED', `${who} works on the same peg`),
    failed,
  })
}
