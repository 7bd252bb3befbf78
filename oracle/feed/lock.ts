/** One process per publisher key. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { lockFile, makeFolder, messageOf } from '../../config/index.js'
import { fail } from './errors.js'

export interface Identity {
  /** Address of the asset chain's daemon. */
  readonly url: string
  readonly oracleTxid: string
  readonly pubkey: string
}

/** Throws `E_FEED_LOCKED` if another feed serves the same key. Returns what gives the lock back. */
export function lockPublisher(folder: string, { url, oracleTxid, pubkey }: Identity): () => void {
  const name = createHash('sha256').update(`${url} ${oracleTxid} ${pubkey}`).digest('hex').slice(0, 24)
  const file = join(folder, `feed-${name}.lock`)
  const failed = (cause: unknown) =>
    fail('E_FEED_STATE', `the lock ${file} cannot be made: ${messageOf(cause)}`)
  try {
    makeFolder(folder)
  } catch (error) {
    throw failed(error)
  }
  const held = (who: string) =>
    fail('E_FEED_LOCKED', `${who} publishes with the key ${pubkey.slice(0, 16)}… already`)
  return lockFile(file, { held, failed })
}
