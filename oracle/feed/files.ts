/** Files that survive a crash: written whole under a temporary name, or appended line by line and synced. */
import { closeSync, constants, copyFileSync, fdatasyncSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { makeFolder, messageOf, openToAppend, writeAll, writeWhole } from '../../base/index.js'
import { fail } from './errors.js'

const MAX_BYTES = 64 * 1024 * 1024

/** The text, or null if there is no such file. Throws `E_FEED_STATE`. */
export function readText(file: string): string | null {
  try {
    const { size } = statSync(file)
    if (size > MAX_BYTES) throw new TypeError(`it has ${size} bytes`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fail('E_FEED_STATE', `${file} cannot be read: ${messageOf(error)}`)
  }
}

/** Replaces the file; after a crash either the old or the new text is there. */
export function writeText(file: string, text: string): void {
  guarded(file, () => {
    makeFolder(dirname(file))
    writeWhole(file, text, { mode: 0o600 })
  })
}

/** Keeps a copy of a damaged file beside it, unless there is one already. */
export function setAside(file: string): void {
  try {
    copyFileSync(file, `${file}.damaged`, constants.COPYFILE_EXCL)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw fail('E_FEED_STATE', `${file} is damaged and cannot be kept aside: ${messageOf(error)}`)
  }
}

/** Adds lines and waits until they are on disk. */
export function appendText(file: string, text: string): void {
  guarded(file, () => {
    makeFolder(dirname(file))
    const fd = openToAppend(file)
    try {
      writeAll(fd, text)
      fdatasyncSync(fd)
    } finally {
      closeSync(fd)
    }
  })
}

function guarded(file: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    throw fail('E_FEED_STATE', `${file} cannot be written: ${messageOf(error)}`)
  }
}
