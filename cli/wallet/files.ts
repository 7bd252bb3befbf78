/** Files with batches. */
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'

import { messageOf, requireWritable } from '../../base/index.js'
import { mistake, shown } from '../../config/index.js'
import { readBatchFile, type BatchFile } from '../../ledger/index.js'

/** 10 KiB of an entry in a plan of few words. */
const MOST_BYTES = 256 * 1024

/** Throws `E_WALLET_BATCH` for what is no batch. */
export function readBatch(file: string): BatchFile {
  let text: string
  try {
    const { size } = statSync(file)
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, which is no batch`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw mistake('E_CONFIG_VALUE', `${shown(file)} cannot be read: ${messageOf(error)}`)
  }
  return readBatchFile(text)
}

/** Before anything is asked or fetched: throws what `writeNew` would throw. */
export function requireNew(file: string): void {
  if (existsSync(file))
    throw mistake('E_CONFIG_EXISTS', `${shown(file)} is there already; it is left as it is`)
  written(file, () => requireWritable(file))
}

/** A file that is there is never written over. */
export function writeNew(file: string, text: string): void {
  requireNew(file)
  written(file, () => {
    const fd = openSync(file, 'wx', 0o600)
    try {
      writeSync(fd, text)
    } finally {
      closeSync(fd)
    }
  })
}

function written(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw mistake('E_CONFIG_VALUE', `${shown(file)} cannot be written: ${messageOf(error)}`)
  }
}
