/** `pegminer ledger serve`: the ledger for programs that speak with pegnetd. */
import { once } from 'node:events'

import { messageOf } from '../../base/index.js'
import { serveRpc } from '../../ledger/index.js'
import { EXIT } from '../program/context.js'
import { openResources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { factPrinter } from '../view/facts.js'
import type { LedgerContext } from './context.js'
import { openEither } from './files.js'

/** It only reads: whatever follows the chain beside it goes on writing. */
export async function serve(context: LedgerContext): Promise<number> {
  const { settings, output, log, signal } = context
  const resources = openResources()
  try {
    const query = openEither(context)
    resources.add(() => query.close())
    const server = await serveRpc({
      query,
      port: settings['ledger.port'],
      host: settings['ledger.host'],
      hosts: settings['ledger.hosts'],
      version: versionOf(),
      onFailure: (error, method) => log.warn(`${method} could not be answered`, { reason: messageOf(error) }),
    })
    resources.add(() => server.close())
    const { network, height } = query.about()
    output.event({ event: 'ledger.serving', url: server.url, network, height })
    const fact = factPrinter(output)
    fact('api', `${server.url}  (JSON-RPC as pegnetd's)`)
    fact('ledger', `${network}, block ${height}`)
    output.line(' Ctrl-C ends it.')
    if (!signal.aborted) await once(signal, 'abort')
    output.event({ event: 'stopped', reason: 'interrupted', height: query.about().height })
    return EXIT.interrupted
  } finally {
    await resources.close()
  }
}
