/** Files that are whole or not there. */
import {
  makeFolder as makeFolderOf,
  messageOf,
  writeWhole as writeWholeOf,
  type WriteOptions,
} from '../../../base/index.js'
import { fail } from '../errors.js'

/** Replaces the file; after a crash either the old or the new text is there. Throws `E_DEVCHAIN_STORE`. */
export function writeWhole(path: string, text: string, options: WriteOptions = {}): void {
  try {
    writeWholeOf(path, text, options)
  } catch (cause) {
    throw storeError(`cannot write ${path}`, cause)
  }
}

export function makeFolder(path: string): void {
  try {
    makeFolderOf(path)
  } catch (cause) {
    throw storeError(`cannot make the directory ${path}`, cause)
  }
}

export function storeError(what: string, cause: unknown) {
  return fail('E_DEVCHAIN_STORE', `${what}: ${messageOf(cause)}`, { cause })
}
