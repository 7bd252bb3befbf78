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
export function lockPublisher(folder: string, identity: Identity): () => void {
  try {
    makeFolder(folder)
  } catch (error) {
    throw fail('E_FEED_STATE', `the folder of locks ${folder} cannot be made: ${messageOf(error)}`)
  }
  const releases: (() => void)[] = []
  const release = (): void => releases.splice(0).forEach((one) => one())
  try {
    for (const name of [daemonOf(identity.url), ...formerNames(identity.url)])
      releases.push(lockName(folder, name, identity))
  } catch (error) {
    release()
    throw error
  }
  return release
}

function lockName(folder: string, daemon: string, { oracleTxid, pubkey }: Identity): () => void {
  const digest = createHash('sha256').update(`${daemon} ${oracleTxid} ${pubkey}`).digest('hex')
  const file = join(folder, `feed-${digest.slice(0, 24)}.lock`)
  return lockFile(file, {
    held: (who) => fail('E_FEED_LOCKED', `${who} publishes with the key ${pubkey.slice(0, 16)}… already`),
    failed: (cause) => fail('E_FEED_STATE', `the lock ${file} cannot be made: ${messageOf(cause)}`),
  })
}

/**
 * What a feed of an earlier version calls the daemon, which took the address as it is written. Its lock is taken as
 * well, so that during an upgrade neither of the two starts beside the other.
 */
function formerNames(url: string): string[] {
  const { protocol, hostname, port } = new URL(url)
  const names = [url]
  if (LOOPBACK.test(hostname))
    for (const host of ['127.0.0.1', 'localhost']) names.push(`${protocol}//${host}${port && `:${port}`}`)
  return [...new Set(names)]
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
