/** The embedded network: chain and exchange. */
import { wallMs } from '../../base/index.js'
import type { Settings } from '../../config/index.js'
import { requireFolder, requirePort, startDevChain, type DevChain } from '../../factom/dev/index.js'
import {
  parseTrouble,
  startDevExchange,
  troubleFaults,
  type DevExchange,
  type DevExchangeOptions,
} from '../../oracle/prices/dev/index.js'
import { chainFolder, isBegun, noteBits } from './dev-bits.js'
import type { Resources } from '../program/resources.js'
import { startOrFind, tellWhere } from './running.js'
import { fail } from '../program/errors.js'

export interface DevNetworkOptions {
  readonly dataDir: string
  /** Size of the ByteMap of its records, as a power of two. */
  readonly bits: number
  readonly port: number
  readonly walletPort: number | 'off'
  readonly settings: Pick<
    Settings,
    | 'network.exchangePort'
    | 'network.trouble'
    | 'network.blockSeconds'
    | 'network.startHeight'
    | 'network.manual'
    | 'network.fund'
  >
  /** A minute could not be written down; the chain stands still from now on. */
  readonly onError: (error: Error) => void
}

/**
 * The node of the chain that mining on the network dev has left behind: that of the program that mines there now, or
 * else one that is started for a look, on which no minute passes.
 */
export async function devNode(dataDir: string, resources: Resources): Promise<string> {
  const folder = chainFolder(dataDir)
  const start = () => startDevChain({ dataDir: folder, blockSeconds: 60, manual: true, fund: 0, chains: [] })
  const found = await startOrFind(start, { folder, locked: 'E_DEVCHAIN_LOCKED' })
  if ('running' in found) return String(found.running['factomd'])
  resources.add(() => found.started.close())
  return found.started.url
}

/** The node of the program that runs the embedded chain now: what is sent goes nowhere else. Throws `E_CLI_DEV`. */
export async function runningDevNode(dataDir: string): Promise<string> {
  const folder = chainFolder(dataDir)
  const none = () =>
    fail('E_CLI_DEV', 'no chain runs here: start pegminer mine --network dev, and leave it running')
  if (!isBegun(dataDir)) throw none()
  const start = () => startDevChain({ dataDir: folder, blockSeconds: 60, manual: true, fund: 0, chains: [] })
  const found = await startOrFind(start, { folder, locked: 'E_DEVCHAIN_LOCKED' })
  if ('running' in found) return String(found.running['factomd'])
  await found.started.close()
  throw none()
}

/**
 * The folder of the chain, and the ports that a miner on dev asks for by number. Whether they are free is checked
 * before a ByteMap is built, which takes minutes.
 */
export async function requireDevNetwork(
  dataDir: string,
  settings: Pick<Settings, 'network.port' | 'network.walletPort' | 'network.exchangePort'>,
): Promise<void> {
  requireFolder(chainFolder(dataDir))
  const ports = [settings['network.port'], settings['network.walletPort'], settings['network.exchangePort']]
  for (const port of ports) if (typeof port === 'number' && port > 0) await requirePort(port)
}

/** Starts both; `resources` closes them, after everything that is added later. */
export async function startDevNetwork(
  { dataDir, bits, port, walletPort, settings, onError }: DevNetworkOptions,
  resources: Resources,
): Promise<{ chain: DevChain; exchange: DevExchange }> {
  if (settings['network.trouble'] !== undefined) parseTrouble(settings['network.trouble'])
  const begun = isBegun(dataDir)
  const chain = await startDevChain({
    dataDir: chainFolder(dataDir),
    port,
    walletPort: walletPort === 'off' ? undefined : walletPort,
    blockSeconds: settings['network.blockSeconds'],
    startHeight: settings['network.startHeight'],
    manual: settings['network.manual'],
    fund: settings['network.fund'],
    onError,
  })
  resources.add(() => chain.close())
  if (!begun) noteBits(dataDir, bits)
  tellWhere(chainFolder(dataDir), { factomd: chain.url }, resources)
  const exchange = await openDevExchange(
    { port: settings['network.exchangePort'], trouble: settings['network.trouble'] },
    resources,
  )
  return { chain, exchange }
}

/** The exchange alone, with the faults that the settings ask for. */
export async function openDevExchange(
  {
    port,
    trouble,
    ...rest
  }: { readonly port: number; readonly trouble: string | undefined } & Pick<DevExchangeOptions, 'listed'>,
  resources: Resources,
): Promise<DevExchange> {
  const faults = trouble === undefined ? {} : troubleFaults(parseTrouble(trouble), wallMs)
  const exchange = await startDevExchange({ ...rest, port, faults })
  resources.add(() => exchange.close())
  return exchange
}
