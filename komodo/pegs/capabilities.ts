/** What a daemon must know for a peg: each method by itself, since hybrids of all kinds exist. */
import type { CallOptions, Rpc } from '../rpc.js'
import { fail } from './errors.js'

const BASE = ['tokencreate', 'tokeninfo', 'tokenbalance', 'oraclesinfo', 'gatewaysinfo', 'gatewaysdeposit']
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
 * other parameters. Both together are a hybrid, which is used as family A.
 */
export async function pegFamily(rpc: Rpc, role: 'creator' | 'user', given: CallOptions): Promise<PegFamily> {
  const wanted = [...BASE, ...READS, ...ACCOUNTS, ...(role === 'creator' ? CREATION : ['gatewayswithdraw'])]
  const list = await rpc.call('help', [], given)
  const known = new Set(
    String(list)
      .split('\n')
      .map((line) => line.split(' ')[0]),
  )
  const missing = wanted.filter((method) => !known.has(method))
  if (missing.length > 0) {
    const pegs = missing.some((method) => method.startsWith('pegs'))
    const why = pegs
      ? 'the Pegs module is only in the daemon of github.com/Mixa84/komodo, started with -ac_import=PEGSCC'
      : 'it is no daemon with oracles, tokens and gateways'
    throw fail('E_PEGS_DAEMON', `${rpc.name} lacks ${missing.join(', ')}: ${why}`, { details: { missing } })
  }
  if (known.has('gatewaysclaim')) return known.has('pegsclose') ? 'hybrid' : 'A'
  throw fail(
    'E_PEGS_DAEMON',
    `${rpc.name} has gateways of the branch research (no gatewaysclaim): its pegs take other parameters and are not supported`,
    { details: { missing: ['gatewaysclaim'] } },
  )
}
