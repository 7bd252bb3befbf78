/** `pegminer feed check`: whether each gateway is as it must be. */
import { checkGateway, type FeedConfig } from '../../oracle/feed/index.js'
import { EXIT } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import { clientsOf } from './clients.js'
import type { FeedContext } from './context.js'
import { checkLines } from './view.js'

/** Exit code 1 if something fails. */
export async function check(
  { output, signal }: FeedContext,
  config: FeedConfig,
  resources: Resources,
): Promise<number> {
  let failed = false
  for (const gateway of config.gateways) {
    const { lines, setup } = await checkGateway(gateway, clientsOf(gateway, resources), {
      signal,
      mend: false,
    })
    output.line(output.paint('bold', gateway.name))
    checkLines(lines, output.paint).forEach((line) => output.line(line))
    for (const line of lines) output.event({ event: 'check', gateway: gateway.name, ...line })
    failed ||= setup === null
  }
  output.event({ event: 'checked', ok: !failed })
  return failed ? EXIT.failure : EXIT.done
}
