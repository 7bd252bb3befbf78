/** What a basket remembers: which time of the schedule was seen to, and what was converted today. */
import { existsSync, readFileSync } from 'node:fs'

import {
  isHash,
  messageOf,
  momentNow,
  parseJson,
  readSpent,
  spend,
  spentIn,
  takeOver,
  writeWhole,
  type Spent,
} from '../../base/index.js'
import { fail } from '../errors.js'

export type Book = ReturnType<typeof openBook>

interface Pages {
  readonly done: number | null
  readonly spent: readonly Spent[]
  /** Entry hashes of the last batches. */
  readonly signed: readonly string[]
}

/** An outbox holds no more. */
const KEPT = 40

/** Throws `E_BASKET_STATE` for a file that holds something else. */
export function openBook(file: string) {
  let pages = readPages(file)
  const write = (next: Pages): void => {
    writeWhole(file, `${JSON.stringify(next)}\n`, { mode: 0o600 })
    pages = next
  }
  return {
    /** UNIX ms; -Infinity: none yet. */
    done: (): number => pages.done ?? -Infinity,
    /** 1e-8 USD. */
    spentToday: (): bigint => spentIn('day', pages.spent, momentNow()),
    /** A batch, by its entry hash, and what it spends of the day: on disk when it returns, before anything is sent. */
    sign: (hash: string, amount: bigint): void =>
      write({
        ...pages,
        spent: spend('day', pages.spent, { amount, now: momentNow() }),
        signed: [...pages.signed, hash].slice(-KEPT),
      }),
    /** Whether the batch is one of this basket's. */
    has: (hash: string): boolean => pages.signed.includes(hash),
    finish: (slot: number): void => write({ ...pages, done: slot }),
  }
}

function readPages(file: string): Pages {
  if (!existsSync(file)) return { done: null, spent: [], signed: [] }
  let found: Partial<Record<keyof Pages, unknown>> | null
  try {
    found = parseJson(readFileSync(file, 'utf8')) as typeof found
  } catch (cause) {
    throw fail('E_BASKET_STATE', `${file}: ${messageOf(cause)}`, { cause })
  }
  const spent = readSpent(found?.spent)
  const { done, signed } = found ?? {}
  const hashes = Array.isArray(signed) && signed.every(isHash)
  if (spent === null || !hashes || !(done === null || Number.isFinite(done)))
    throw fail('E_BASKET_STATE', `${file}: it is no basket's book`)
  return {
    done: done as number | null,
    spent: takeOver('day', spent, momentNow()),
    signed: signed,
  }
}
