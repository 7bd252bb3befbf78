/**
 * Signed messages that may have been sent and are not done yet, kept in a file: a program that is interrupted between
 * signing and seeing the result goes on with the same bytes, which the network charges at most once.
 */
import fs from 'node:fs'
import path from 'node:path'

import { lockFile, makeFolder, messageOf, writeWhole } from '../base/index.js'
import { fromHex, toHex } from './bytes.js'
import { fail } from './errors.js'

export type PendingMessages = ReturnType<typeof openPending>

const MAX_BYTES = 1024 * 1024

/** Opens the file, which need not be there. Throws `E_FACTOM_JOURNAL`, as do all of its functions. */
export function openPending(file: string) {
  const messages = read(file)
  function write(): void {
    try {
      makeFolder(path.dirname(file))
      const text = JSON.stringify(
        Object.fromEntries(Array.from(messages, ([name, raw]) => [name, toHex(raw)])),
      )
      writeWhole(file, `${text}\n`, { mode: 0o600 })
    } catch (error) {
      throw fail('E_FACTOM_JOURNAL', `${file} cannot be written: ${messageOf(error)}`)
    }
  }
  return {
    names: () => [...messages.keys()],
    get: (name: string) => messages.get(name),
    /** On disk when it returns. */
    put(name: string, message: Uint8Array): void {
      messages.set(name, message)
      write()
    },
    remove(name: string): void {
      if (messages.delete(name)) write()
    },
  }
}

/**
 * Nothing else pays from the file before the function that it returns is called: two would not know of each other.
 * Throws `E_FACTOM_BUSY`.
 */
export function lockPending(file: string): () => void {
  const failed = (error: unknown) => fail('E_FACTOM_JOURNAL', `${file} cannot be used: ${messageOf(error)}`)
  try {
    makeFolder(path.dirname(file))
  } catch (error) {
    throw failed(error)
  }
  return lockFile(`${file}.lock`, {
    held: (who) => fail('E_FACTOM_BUSY', `${who} pays from ${file}`),
    failed,
  })
}

function read(file: string): Map<string, Uint8Array> {
  const damaged = (what: string) =>
    fail('E_FACTOM_JOURNAL', `${file} ${what}: move it away if nothing was begun within the last hour`)
  let text: string
  try {
    if (fs.statSync(file).size > MAX_BYTES) throw damaged('is too large')
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    if (error instanceof Error && 'retryable' in error) throw error
    throw fail('E_FACTOM_JOURNAL', `${file} cannot be read: ${messageOf(error)}`)
  }
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    throw damaged('is not JSON')
  }
  if (typeof fields !== 'object' || fields === null) throw damaged('is no object')
  return new Map(
    Object.entries(fields).map(([name, hex]) => {
      const message = typeof hex === 'string' ? fromHex(hex) : null
      if (!message) throw damaged('holds what is no hex')
      return [name, message]
    }),
  )
}
