/**
 * Where a komodo daemon listens, and its user and password: from its conf file, or from settings.
 * docs/protocol/komodo.md#credentials
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { dirname, join } from 'node:path'

import { messageOf } from '../base/index.js'
import { fail } from './errors.js'

export interface Access {
  /** `http://127.0.0.1:7771/`. */
  readonly url: string
  readonly user: string
  /** Secret. */
  readonly password: string
}

export interface AccessOptions {
  /** Path of the conf file; without it and without `url`, the usual place of the chain `name`. */
  readonly conf?: string | undefined
  readonly url?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Name of the asset chain, or `KMD` for the Komodo chain itself. */
  readonly name: string
}

const MAX_CONF_BYTES = 1024 * 1024
/** rpcport of the Komodo chain when its conf file names none; asset chains always write theirs. */
const KMD_PORT = 7771

/**
 * Settings beat the conf file. The file is read anew at each call, since a daemon that starts again may have a
 * new cookie. Throws `E_KOMODO_CONF` or `E_KOMODO_URL`.
 */
export function accessOf(options: AccessOptions): Access {
  const { url, user, password, name } = options
  if (url !== undefined && user !== undefined && password !== undefined)
    return { url: daemonUrl(url), user, password }
  const file = options.conf ?? usualConf(name)
  const conf = readConf(file)
  const login = loginOf(conf, file, { user, password })
  if (url !== undefined) return { url: daemonUrl(url), ...login }
  const port = conf.get('rpcport') ?? (name === 'KMD' ? String(KMD_PORT) : undefined)
  if (port === undefined || !/^\d{1,5}$/.test(port) || +port < 1 || +port > 65_535)
    throw fail('E_KOMODO_CONF', `${file} has no usable rpcport`)
  return { url: `http://127.0.0.1:${port}/`, ...login }
}

/** The conf file of a chain in the daemon's data directory. */
export function usualConf(name: string, home = homedir(), system = platform()): string {
  const root =
    system === 'darwin'
      ? join(home, 'Library', 'Application Support', 'Komodo')
      : system === 'win32'
        ? join(process.env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Komodo')
        : join(home, '.komodo')
  return name === 'KMD' ? join(root, 'komodo.conf') : join(root, name, `${name}.conf`)
}

/** `key=value` lines; of a key given twice the first counts, as in the daemon. */
export function parseConf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const bare = line.replace(/#.*$/, '').trim()
    const at = bare.indexOf('=')
    if (at <= 0) continue
    const key = bare.slice(0, at).trim()
    if (!found.has(key)) found.set(key, bare.slice(at + 1).trim())
  }
  return found
}

function readConf(file: string): ReadonlyMap<string, string> {
  return parseConf(readSmall(file, 'the conf file'))
}

function loginOf(
  conf: ReadonlyMap<string, string>,
  file: string,
  given: { readonly user: string | undefined; readonly password: string | undefined },
): { user: string; password: string } {
  const user = given.user ?? conf.get('rpcuser')
  const password = given.password ?? conf.get('rpcpassword')
  if (user !== undefined && password !== undefined && password !== '') return { user, password }
  const cookie = readSmall(
    conf.get('rpccookiefile') ?? join(dirname(file), '.cookie'),
    `${file} has no rpcuser and rpcpassword, and the cookie file`,
  ).trim()
  const at = cookie.indexOf(':')
  if (at <= 0) throw fail('E_KOMODO_CONF', `the cookie file beside ${file} holds no user and password`)
  return { user: cookie.slice(0, at), password: cookie.slice(at + 1) }
}

function readSmall(file: string, what: string): string {
  try {
    const stat = statSync(file)
    if (!stat.isFile() || stat.size > MAX_CONF_BYTES) throw new TypeError('not a small text file')
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('E_KOMODO_CONF', `${what} ${file} cannot be read: ${messageOf(error)}`)
  }
}

/** Checked URL of a daemon. Throws `E_KOMODO_URL`. */
function daemonUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`)
  } catch {
    throw fail('E_KOMODO_URL', 'the address of the daemon is not a URL: give http://host:port')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fail('E_KOMODO_URL', 'the daemon speaks http, or https behind a proxy')
  if (url.username || url.password || url.search || url.hash)
    throw fail('E_KOMODO_URL', 'the address of the daemon must not hold a user, password, query or fragment')
  return url.href
}
