/** `pegminer dev`: the embedded chain and exchange alone. */
import { homedir } from 'node:os'
import { once } from 'node:events'

import { devBits } from './dev-bits.js'
import { devGuide } from './dev-guide.js'
import type { DevKey } from '../program/keys.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { startDevNetwork } from './dev-network.js'
import { tilde } from '../view/format.js'
import { dataDirOf } from './data-dir.js'
import { withResources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<DevKey>

/** Where factomd listens, so that other programs find the chain without being told. */
const FACTOMD_PORT = 8088
/** Where factom-walletd listens. */
const WALLETD_PORT = 8089

export async function dev({ settings, output, signal, log }: Context): Promise<number> {
  const dataDir = dataDirOf(settings, 'dev')
  const bits = devBits(dataDir, settings['lxrhash.bits'])
  const blockSeconds = settings['network.blockSeconds']
  const broken = new AbortController()
  return withResources(async (resources) => {
    const { chain, exchange } = await startDevNetwork(
      {
        dataDir,
        bits,
        port: settings['network.port'] ?? FACTOMD_PORT,
        walletPort: settings['network.walletPort'] ?? WALLETD_PORT,
        settings,
        onError: (error) => broken.abort(error),
      },
      resources,
    )

    const api = `${chain.url}/v2`
    output.event({
      event: 'dev',
      api,
      wallet: chain.walletUrl && `${chain.walletUrl}/v2`,
      exchange: exchange.url,
      control: chain.control,
      blockSeconds,
      startHeight: chain.startHeight,
      height: chain.height,
      ...chain.keys,
      dataDir,
    })
    const fact = factPrinter(output)
    fact('api', `${api}  (factomd's JSON-RPC, blocks of ${blockSeconds} s, now at height ${chain.height})`)
    if (chain.walletUrl)
      fact('wallet', `${chain.walletUrl}/v2  (answers as factom-walletd, knows the keys below)`)
    fact('exchange', exchange.url)
    fact('state', tilde(dataDir, homedir()))
    output.line()
    output.line(' Public test keys, which are no secret; never use them elsewhere:')
    fact('EC', chain.keys.ecAddress)
    fact('', chain.keys.ecSecret)
    fact('FCT', chain.keys.fctAddress)
    fact('', chain.keys.fctSecret)
    output.line()
    const guide = {
      exchange: exchange.url,
      bits,
      manual: settings['network.manual'],
    }
    for (const line of devGuide(chain, guide)) output.line(line === '' ? '' : ` ${line}`)
    output.line(' Ctrl-C ends it.')

    const ended = AbortSignal.any([signal, broken.signal])
    if (!ended.aborted) await once(ended, 'abort')
    if (broken.signal.aborted) throw broken.signal.reason
    log.debug('ending')
    output.event({ event: 'stopped', reason: 'interrupted', height: chain.height })
    return EXIT.interrupted
  })
}
