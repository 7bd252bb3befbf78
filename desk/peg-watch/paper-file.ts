/** The file of a paper account: replaced whole with each step, so that after a crash a step is in it or is made again. */
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { safeParse } from 'valibot'

import { lockFile, makeFolder, messageOf, writeWhole } from '../../base/index.js'
import { fail } from '../errors.js'
import { newPaper, PAPER, type PaperAccount } from './paper.js'

export interface PaperFile {
  readonly account: () => PaperAccount
  /** On disk when it returns. */
  readonly save: (account: PaperAccount) => void
  readonly close: () => void
}

const MAX_BYTES = 4 * 1024 * 1024
/** How a whole number stands in it. */
const WHOLE = /^-?\d{1,60}n$/

/** One program at a time. Throws `E_PEG_WATCH_PAPER`. */
export function openPaper(file: string, subject: string, usd: number): PaperFile {
  const failed = (cause: unknown): Error =>
    fail('E_PEG_WATCH_PAPER', `${file} cannot be written: ${messageOf(cause)}`, { cause })
  const guarded = (work: () => void): void => {
    try {
      work()
    } catch (cause) {
      throw failed(cause)
    }
  }
  guarded(() => makeFolder(dirname(file)))
  const unlock = lockFile(`${file}.lock`, {
    held: (who) => fail('E_PEG_WATCH_PAPER', `${who} keeps ${file}`),
    failed,
  })
  try {
    let account = readPaper(file) ?? newPaper(subject, usd)
    if (account.subject !== subject)
      throw fail(
        'E_PEG_WATCH_PAPER',
        `${file} is about ${account.subject}, not ${subject}: name another file`,
      )
    return {
      account: () => account,
      save(next) {
        guarded(() => writeWhole(file, `${JSON.stringify(next, written, 1)}\n`, { mode: 0o600 }))
        account = next
      },
      close: unlock,
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Null: there is none. */
function readPaper(file: string): PaperAccount | null {
  const unread = (why: string, cause?: unknown): Error =>
    fail('E_PEG_WATCH_PAPER', `${file} cannot be read: ${why}`, { cause })
  let found: unknown
  try {
    const { size } = statSync(file)
    if (size > MAX_BYTES) throw new TypeError(`it has ${size} bytes`)
    found = JSON.parse(readFileSync(file, 'utf8'), read)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unread(messageOf(error), error)
  }
  const { success, output } = safeParse(PAPER, found)
  if (!success) throw unread('it is no paper account')
  return output
}

const written = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)
const read = (_: string, value: unknown): unknown =>
  typeof value === 'string' && WHOLE.test(value) ? BigInt(value.slice(0, -1)) : value
