/** Connections to the NATS server of a farm. */
import { AuthorizationError, connect, type NatsConnection } from '@nats-io/transport-node'
import { readFileSync } from 'node:fs'
import { messageOf, sleep } from '../../base/index.js'
import type { Credential } from './credentials.js'
import { fail } from './errors.js'
import { inboxOf } from './table.js'

export interface ConnectOptions {
  /** nats:// or tls:// addresses, in any order. */
  readonly servers: readonly string[]
  readonly credential: Credential
  /** File with the certificates to trust. Default: the system's. */
  readonly ca?: string | undefined
  /** As it stands in the server's list of connections. */
  readonly name: string
  readonly signal: AbortSignal
  /** Called at each attempt that fails, before the next one. Default: the first failure is final. */
  readonly onRetry?: (reason: string) => void
}

/** A server that answers nothing is given up after two of them, and another attempt made. */
const PING_MS = 4_000
const RECONNECT = { reconnectTimeWait: 500, reconnectJitter: 500, maxReconnectAttempts: -1 }
const RETRY_MS = 2_000
const TIMEOUT_MS = 5_000

/** Throws E_FARM_CONNECT. Once it is there, the connection mends itself for as long as it is open. */
export async function connectFarm(options: ConnectOptions): Promise<NatsConnection> {
  const { servers, credential, ca, name, signal, onRetry } = options
  const tls = ca === undefined ? {} : { tls: { ca: certificates(ca) } }
  for (;;) {
    signal.throwIfAborted()
    try {
      return await connect({
        ...{ ...RECONNECT, ...tls, name, servers: [...servers], timeout: TIMEOUT_MS },
        authenticator: credential.authenticator,
        inboxPrefix: inboxOf(credential.user),
        pingInterval: PING_MS,
        maxPingOut: 2,
        // A credential that was taken away may come back.
        ignoreAuthErrorAbort: true,
      })
    } catch (error) {
      const refused =
        (error instanceof AuthorizationError || /authorization/i.test(messageOf(error))) &&
        // A server that is busy, or a machine, is no reason to give up.
        !/timeout/i.test(messageOf(error))
      const reason = `${servers.join(', ')}: ${messageOf(error)}`
      if (refused) throw fail('E_FARM_CONNECT', `${reason}: the server does not take the credential`)
      if (onRetry === undefined) throw fail('E_FARM_CONNECT', reason, { cause: error })
      onRetry(reason)
      await sleep(RETRY_MS, signal)
    }
  }
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fail('E_FARM_CREDENTIAL', `--nats-ca: ${messageOf(error)}`)
  }
}
