/** `pegminer farm worker`: the threads of this machine, for a coordinator elsewhere. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'

import { byteMapFile, lxrParams, openNativeMarker, portableHasher } from '../../lxrhash/index.js'
import { createLocalWorkforce } from '../../miner/index.js'
import {
  farmError,
  isMapOffered,
  runWorker,
  serverMap,
  type OpenThreads,
  type WorkerEvent,
} from '../../miner/farm/index.js'
import { fetchMap, lanesOf, openMap } from '../bytemap/open.js'
import { mapFacts, programFacts, threadsText, type FactLine } from '../mine/facts.js'
import { EXIT } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { chosenCpus, ownCpus } from '../service/cpus.js'
import { requireDataDir } from '../service/data-dir.js'
import { machineOf, threadsOf } from '../service/machine.js'
import { BESIDE } from '../service/memory.js'
import { factPrinter } from '../view/facts.js'
import type { FarmContext } from './context.js'
import { givenAddress, openConnection, type FarmAddress } from './server.js'
import { createWorkerView } from './view.js'

const EXITS = { interrupted: EXIT.interrupted, refused: EXIT.failure, failed: EXIT.failure } as const

export async function worker(context: FarmContext): Promise<number> {
  const { settings } = context
  if (settings['miner.ecSecret'] !== undefined)
    throw farmError('E_FARM_SECRET', 'a worker was given an entry-credit key: remove it from this machine')
  const address = givenAddress(context)
  const dataDir = settings['data.dir'] ?? join(homedir(), '.pegminer', 'farm')
  requireDataDir(dataDir)
  return withResources((resources) => run(context, { address, dataDir }, resources))
}

async function run(
  context: FarmContext,
  { address, dataDir }: { readonly address: FarmAddress; readonly dataDir: string },
  resources: Resources,
): Promise<number> {
  const { settings, output, signal } = context
  const machine = machineOf()
  const threads = threadsOf(settings['miner.threads'], machine.cores)
  const name = settings['farm.name'] ?? ownName()
  const { user } = address.credential
  const fact = factPrinter(output)
  const show = (facts: readonly FactLine[]): void => facts.forEach(([label, value]) => fact(label, value))
  show([
    ...programFacts(machine, context.config?.name),
    ['farm', address.servers.join(' ')],
    ['worker', `${user}.${name}`],
  ])
  const view = createWorkerView(output)
  const onEvent = (event: WorkerEvent): void => {
    output.event(event)
    view.show(event)
  }
  let noticed = false
  const connection = await openConnection(context, {
    ...{ address, name: `${user}.${name}`, resources },
    onRetry: (message) => {
      if (!noticed) onEvent({ event: 'notice', level: 'warn', code: 'E_FARM_CONNECT', message })
      noticed = true
    },
  })
  output.event({
    event: 'start',
    version: versionOf(),
    worker: `${user}.${name}`,
    nats: address.servers,
    threads,
  })
  const about = { version: versionOf(), host: ascii(hostname(), 80), cpu: ascii(machine.cpu, 120), threads }
  const open = threadsOpener(context, { connection, dataDir, threads, show })
  const end = await runWorker({ connection, id: { user, name }, about, open, onEvent }, signal)
  output.event({ event: 'stopped', reason: end })
  return EXITS[end]
}

interface ThreadParts {
  readonly connection: Parameters<typeof serverMap>[0]
  readonly dataDir: string
  readonly threads: number
  readonly show: (facts: readonly FactLine[]) => void
}

/** Opens, fetches or builds the ByteMap that the coordinator names, and starts the threads on it. */
function threadsOpener(
  context: FarmContext,
  { connection, dataDir, threads, show }: ThreadParts,
): OpenThreads {
  const { settings } = context
  const placement = { cpus: chosenCpus(settings['miner.affinity'], ownCpus()), nice: settings['miner.nice'] }
  return async ({ byteMap: { sha256, ...params }, machineId }, hooks) => {
    const mapParams = lxrParams(params)
    if (
      !existsSync(byteMapFile(mapParams, settings['lxrhash.dir'])) &&
      (await isMapOffered(connection, sha256))
    )
      await fetchMap(context, mapParams, serverMap(connection, sha256))
    const map = await openMap(context, {
      ...{ params: mapParams, slots: threads + 1, beside: BESIDE.mining },
      kernel: settings['lxrhash.kernel'],
      ...lanesOf(settings),
      choose: { marker: openNativeMarker(dataDir) },
    })
    if (map.sha256 !== sha256)
      throw farmError(
        'E_FARM_BYTEMAP',
        `${map.file} is not the coordinator's ByteMap (SHA-256 ${map.sha256.slice(0, 8)}…, there ${sha256.slice(0, 8)}…), so nothing is hashed: run pegminer bytemap verify on both machines`,
      )
    show([...mapFacts(map), ['threads', threadsText({ threads, ...placement })]])
    const local = createLocalWorkforce({
      ...{ byteMap: map, threads, capacity: threads, firstHasher: 0, machineId, ...placement, ...hooks },
      verifier: portableHasher(map, threads),
    })
    return { local, health: { bits: params.bits, hugePages: map.pages.share, kernel: map.kernel } }
  }
}

/** Two workers of one machine, and two machines with the same name, are told apart by the digits. */
const ownName = (): string =>
  `${hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 30)}-${randomBytes(2).toString('hex')}`

/** What the coordinator takes: printable characters, so many at most. */
const ascii = (text: string, most: number): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, most)
