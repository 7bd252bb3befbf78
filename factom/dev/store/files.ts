/** Files that are whole or not there. */
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

import { makeFolder as makeFolderOf, messageOf } from '../../../config/index.js'
import { fail } from '../errors.js'

/** Writes all bytes, however many calls that takes. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

/** Temporary name in the same folder, sync, rename, sync of the folder. Throws `E_DEVCHAIN_STORE`. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.new`
  try {
    const fd = openSync(temporary, 'w')
    try {
      writeAll(fd, text)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (cause) {
    discard(temporary)
    throw storeError(`cannot write ${path}`, cause)
  }
}

/** Removes a temporary file if it is there and can be removed. */
export function discard(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // The error that led here is the one to tell.
  }
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
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
