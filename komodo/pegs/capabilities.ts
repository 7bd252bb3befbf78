/** What a daemon must know for a peg: each method by itself, since hybrids of all kinds exist. */
import type { CallOptions, Rpc } from '../rpc.js'
import { printable } from '../shape.js'
import { fail } from './errors.js'

const BASE = ['tokencreate', 'tokeninfo', 'tokenbalance', 'oraclesinfo', 'gatewaysinfo', 'gatewaysdeposit']
const JOURNEYS = ['gatewayspendingdeposits', 'gatewayslist', 'gatewayspendingwithdraws', 'gatewayswithdraw']
const READS = ['pegsinfo', 'pegsaccountinfo', 'pegsaccounthistory', 'pegsworstaccounts', 'prices']
const ACCOUNTS = ['pegsfund', 'pegsget', 'pegsredeem', 'pegsexchange', 'pegsliquidate']
const CREATION = [
  'oraclescreate',
  'oraclesfund',
  'oraclesregister',
  'oraclessubscribe',
  'gatewaysbind',
  'pegscreate',
]

export type PegFamily = 'A' | 'hybrid'

/**
 * Throws `E_PEGS_DAEMON` that names what is missing. Family B has `pegsclose` without `gatewaysclaim`; its calls take
 * other parameters. Both together are a hybrid, which is used as family A if it redeems a whole account as that does.
 */
export async function pegFamily(rpc: Rpc, role: 'creator' | 'user', given: CallOptions): Promise<PegFamily> {
  const wanted = [...BASE, ...READS, ...ACCOUNTS, ...(role === 'creator' ? CREATION : JOURNEYS)]
  const usages = usagesIn(await rpc.call('help', [], given))
  const missing = wanted.filter((method) => !usages.has(method))
  if (missing.length > 0) {
    const pegs = missing.some((method) => method.startsWith('pegs'))
    const why = pegs
      ? 'the Pegs module is only in the daemon of github.com/Mixa84/komodo, started with -ac_import=PEGSCC'
      : 'it is no daemon with oracles, tokens and gateways'
    throw fail('E_PEGS_DAEMON', `${rpc.name} lacks ${missing.join(', ')}: ${why}`, { details: { missing } })
  }
  if (!usages.has('gatewaysclaim'))
    throw fail(
      'E_PEGS_DAEMON',
      `${rpc.name} has gateways of the branch research (no gatewaysclaim): its pegs take other parameters and are not supported`,
      { details: { missing: ['gatewaysclaim'] } },
    )
  if (/\bamount\b/.test(usages.get('pegsredeem') ?? ''))
    throw fail(
      'E_PEGS_DAEMON',
      `${rpc.name} redeems by an amount (${usages.get('pegsredeem')}), as daemons of the branch research do: its pegs are not supported`,
    )
  return usages.has('pegsclose') ? 'hybrid' : 'A'
}

/** Each method that the daemon lists, with what it takes. */
function usagesIn(list: unknown): ReadonlyMap<string, string> {
  const lines = String(list)
    .split('\n')
    .map((line) => line.trim())
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', printable(line, 200)]))
}
