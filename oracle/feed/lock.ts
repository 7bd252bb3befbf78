/** One process per publisher key. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { lockFile, makeFolder, messageOf } from '../../base/index.js'
import { fail } from './errors.js'

export interface Identity {
  /** Address of the asset chain's daemon. */
  readonly url: string
  readonly oracleTxid: string
  readonly pubkey: string
}

/** Throws `E_FEED_LOCKED` if another feed serves the same key. Returns what gives the lock back. */
export function lockPublisher(folder: string, { url, oracleTxid, pubkey }: Identity): () => void {
  const name = createHash('sha256')
    .update(`${daemonOf(url)} ${oracleTxid} ${pubkey}`)
    .digest('hex')
    .slice(0, 24)
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

/**
 * One name for a daemon, however its address is written: all loopback addresses are this machine, and the port says
 * which daemon on it.
 */
export function daemonOf(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url)
  const host = hostname.toLowerCase().replace(/\.$/, '')
  const standard = protocol === 'https:' ? '443' : '80'
  return `${LOOPBACK.test(host) ? 'localhost' : host}:${port || standard}${pathname.replace(/\/+$/, '')}`
}

/** Addresses as URL writes them; `::ffff:127.0.0.1` is there in hex. */
const LOOPBACK =
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/
