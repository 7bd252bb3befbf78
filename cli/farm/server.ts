/** Which NATS server a part of the farm speaks with, and as whom. */
import { displayNameOf, problem, problemsError, type SettingKey } from '../../config/index.js'
import { connectFarm, readCredential, startFarmServer, type Credential } from '../../miner/farm/index.js'
import type { Resources } from '../program/resources.js'
import type { FarmContext } from './context.js'

export interface FarmAddress {
  readonly servers: readonly string[]
  readonly credential: Credential
  /** File of a worker's credential, where it is known. */
  readonly workerCreds: string | null
}

/** That of the settings. Throws one error with all that is missing. */
export function givenAddress({ settings }: Pick<FarmContext, 'settings'>): FarmAddress {
  const { 'farm.nats': servers, 'farm.creds': creds } = settings
  const missing = (key: SettingKey) =>
    problem('E_CONFIG_MISSING', `the farm needs ${displayNameOf(key)}`, key)
  if (servers === undefined || creds === undefined)
    throw problemsError([
      ...(servers === undefined ? [missing('farm.nats')] : []),
      ...(creds === undefined ? [missing('farm.creds')] : []),
    ])
  return { servers, credential: readCredential(creds), workerCreds: null }
}

/** A server of its own, on this machine alone; `resources` ends it. */
export async function ownAddress(resources: Pick<Resources, 'add'>): Promise<FarmAddress> {
  const server = await startFarmServer()
  resources.add(() => server.close())
  return {
    servers: [server.url],
    credential: readCredential(server.coordinator),
    workerCreds: server.worker,
  }
}

export interface Connecting {
  readonly address: FarmAddress
  readonly name: string
  readonly resources: Pick<Resources, 'add'>
  readonly onRetry?: (reason: string) => void
}

/** `resources` closes the connection. */
export async function openConnection(
  { settings, signal }: Pick<FarmContext, 'settings' | 'signal'>,
  { address, name, resources, onRetry }: Connecting,
) {
  const { servers, credential } = address
  const connection = await connectFarm({
    ...{ servers, credential, name, signal, onRetry, ca: settings['farm.ca'] },
  })
  resources.add(() => connection.close())
  return connection
}
