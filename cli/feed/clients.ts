/** Clients of a gateway's two daemons. */
import { accessOf, createKomodoClient, type KomodoClient } from '../../komodo/index.js'
import type { GatewaySettings } from '../../oracle/feed/index.js'
import type { Resources } from '../program/resources.js'

export function clientsOf(
  gateway: GatewaySettings,
  resources: Resources,
): { asset: KomodoClient; reference: KomodoClient } {
  const clientOf = (which: 'asset' | 'reference'): KomodoClient => {
    const client = createKomodoClient({
      access: () => accessOf(gateway[which]),
      name: gateway[which].name,
      timeoutMs: gateway.timeoutMs,
    })
    resources.add(() => client.close())
    return client
  }
  return { asset: clientOf('asset'), reference: clientOf('reference') }
}
