/** Under which names a server of ours may be asked. Pure. */
import { isIP } from 'node:net'

/**
 * Whether the `Host` header may name this machine, on whatever address it listens: an IP address, `localhost`, or one of
 * `names`. Without this a web page could have its own name point here (DNS rebinding) and read everything with the
 * visitor's browser; an address cannot be made to point elsewhere.
 */
export function isOwnHost(host: string | undefined, names: readonly string[] = []): boolean {
  const name = nameOf(host)
  if (name === undefined) return false
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name
  return (
    name === '' || isIP(address) !== 0 || [...names, 'localhost'].some((own) => own.toLowerCase() === name)
  )
}

/** The name in a `Host` header, without its port and in lower case; undefined if it has no such form. */
function nameOf(host: string | undefined): string | undefined {
  return /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/
    .exec(host ?? '')?.[1]
    ?.toLowerCase()
    .replace(/\.$/, '')
}

/** Names that no public DNS has, so that no stranger can have one point here: of containers and of private networks. */
const PRIVATE = /^([\w-]+|.+\.(localhost|internal|local|test|home\.arpa))$/

/**
 * As `isOwnHost`, for servers of embedded networks. They stand in for daemons that answer under every name, and have no
 * setting for names of one's own.
 */
export function isPrivateHost(host: string | undefined): boolean {
  const name = nameOf(host)
  return isOwnHost(host) || (name !== undefined && PRIVATE.test(name))
}

/** A host as it stands in an address: those of IPv6 in brackets. */
export const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)
