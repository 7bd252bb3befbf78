/**
 * What this daemon can do. Two families of daemons have different gateway calls, and hybrids exist, so each method is
 * asked for by itself (docs/protocol/komodo.md#families). `help` takes no lock and does not fail for unknown methods.
 */
import type { CallOptions, Rpc } from './rpc.js'

const PROBED = [
  'oraclesinfo',
  'oraclesdata',
  'oraclessubscribe',
  'oraclesaddress',
  'oraclessamples',
  'gatewaysinfo',
  'gatewayspendingwithdraws',
  'gatewayspartialsign',
  'gatewayscompletesigning',
  'gatewaysprocessed',
  'gatewayspendingsignwithdraws',
  'gatewayswithdrawsign',
  'gatewayssignedwithdraws',
  'gatewaysmarkdone',
  'gatewaysclaim',
  'importgatewayinfo',
  'pegscreate',
  'pegsclose',
] as const

export type ProbedMethod = (typeof PROBED)[number]

export interface Capabilities {
  readonly methods: ReadonlySet<ProbedMethod>
  /** Which calls withdrawals go through; null: none, headers can be published all the same. */
  readonly withdrawals: 'A' | 'B' | null
}

const FAMILY_A: readonly ProbedMethod[] = [
  'gatewayspendingwithdraws',
  'gatewayspartialsign',
  'gatewayscompletesigning',
  'gatewaysprocessed',
  'gatewaysmarkdone',
]
const FAMILY_B: readonly ProbedMethod[] = [
  'gatewayspendingsignwithdraws',
  'gatewayswithdrawsign',
  'gatewayssignedwithdraws',
  'gatewaysmarkdone',
]

export async function probe(rpc: Rpc, options: CallOptions = {}): Promise<Capabilities> {
  const methods = new Set<ProbedMethod>()
  for (const method of PROBED) if (await knows(rpc, method, options)) methods.add(method)
  return capabilitiesOf(methods)
}

export function capabilitiesOf(methods: ReadonlySet<ProbedMethod>): Capabilities {
  const all = (wanted: readonly ProbedMethod[]): boolean => wanted.every((method) => methods.has(method))
  return { methods, withdrawals: all(FAMILY_B) ? 'B' : all(FAMILY_A) ? 'A' : null }
}

/** Calls that are missing for publishing headers. */
export function missingForHeaders({ methods }: Capabilities): ProbedMethod[] {
  const needed: readonly ProbedMethod[] = ['oraclesinfo', 'oraclesdata', 'oraclesaddress', 'gatewaysinfo']
  return needed.filter((method) => !methods.has(method))
}

async function knows(rpc: Rpc, method: string, options: CallOptions): Promise<boolean> {
  const text = await rpc.call('help', [method], options)
  return typeof text === 'string' && !text.startsWith('help: unknown command')
}
