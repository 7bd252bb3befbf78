/** `pegminer dev`: the embedded chain and exchange alone. */
import { homedir } from 'node:os'
import { once } from 'node:events'

import type { DevKey } from './keys.js'
import { EXIT, type CommandContext } from './context.js'
import { startDevNetwork } from './dev-network.js'
import { tilde } from './format.js'
import { defaultDataDir } from './mine-plan.js'
import { openResources } from './resources.js'
import { factPrinter } from './view/facts.js'

type Context = CommandContext<DevKey>

/** Where factomd listens, so that other programs find the chain without being told. */
const FACTOMD_PORT = 8088

export async function dev({ settings, output, signal, log }: Context): Promise<number> {
  const dataDir = settings['data.dir'] ?? defaultDataDir('dev')
  const blockSeconds = settings['network.blockSeconds']
  const resources = openResources()
  const broken = new AbortController()
  try {
    const { chain, exchange } = await startDevNetwork(
      {
        dataDir,
        port: settings['network.port'] ?? FACTOMD_PORT,
        settings,
        onError: (error) => broken.abort(error),
      },
      resources,
    )

    const api = `${chain.url}/v2`
    output.event({
      event: 'dev',
      api,
      exchange: exchange.url,
      blockSeconds,
      height: chain.height,
      ...chain.keys,
      dataDir,
    })
    const fact = factPrinter(output)
    fact('api', `${api}  (factomd's JSON-RPC, blocks of ${blockSeconds} s, now at height ${chain.height})`)
    fact('exchange', exchange.url)
    fact('state', tilde(dataDir, homedir()))
    output.line()
    output.line(' Public test keys, known to everybody; never use them elsewhere:')
    fact('EC', chain.keys.ecAddress)
    fact('', chain.keys.ecSecret)
    fact('FCT', chain.keys.fctAddress)
    fact('', chain.keys.fctSecret)
    output.line()
    output.line(' Ctrl-C ends it.')

    const ended = AbortSignal.any([signal, broken.signal])
    if (!ended.aborted) await once(ended, 'abort')
    if (broken.signal.aborted) throw broken.signal.reason
    log.debug('ending')
    output.event({ event: 'stopped', reason: 'interrupted', height: chain.height })
    return EXIT.interrupted
  } finally {
    await resources.close()
  }
}
