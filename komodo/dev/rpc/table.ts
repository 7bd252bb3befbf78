/** Every method that a daemon knows, by chain and family. */
import type { NodeJson } from '../../tx/index.js'
import { GATEWAY_CALLS } from '../modules/gateways.js'
import type { Call } from '../modules/calls.js'
import { ORACLE_CALLS } from '../modules/oracles.js'
import { SIGNING_CALLS_A, SIGNING_CALLS_B } from '../modules/signing.js'
import { PEGS_CALLS } from '../modules/pegs.js'
import { prices } from '../modules/prices.js'
import { TOKEN_CALLS } from '../modules/tokens.js'
import type { Family } from '../types.js'
import { CHAIN_CALLS } from './chain-calls.js'
import type { DevNode } from '../node.js'
import { RpcError, usage } from './errors.js'
import { WALLET_CALLS } from './wallet-calls.js'

/** Calls that take the locks by hand: an exception after that leaves them taken for ever. */
const LEAKY = new Set([
  'oraclesdata',
  'oraclesfund',
  'oraclesregister',
  'oraclessubscribe',
  'gatewaysdeposit',
  'gatewaysclaim',
  'gatewayswithdraw',
  'gatewayspartialsign',
  'gatewayscompletesigning',
  'gatewaysmarkdone',
  'pegscreate',
  'pegsfund',
  'pegsget',
  'pegsredeem',
  'pegsexchange',
  'pegsliquidate',
])

/** True if the method leaves its locks taken when a parameter is no text. */
export function leaksOnBadType(method: string): boolean {
  return LEAKY.has(method)
}

/** `pegs`: the daemon has the modules of pegs and prices; today's have not. */
export function methodTable(family: Family, pegs: boolean): ReadonlyMap<string, Call> {
  const table = new Map<string, Call>(
    [CHAIN_CALLS, WALLET_CALLS, ORACLE_CALLS, TOKEN_CALLS, GATEWAY_CALLS].flatMap((calls) =>
      Object.entries(calls),
    ),
  )
  for (const [name, call] of Object.entries(family === 'B' ? SIGNING_CALLS_B : SIGNING_CALLS_A))
    table.set(name, call)
  for (const [name, call] of pegs ? Object.entries({ ...PEGS_CALLS, prices }) : []) table.set(name, call)
  if (family === 'B') table.delete('gatewaysclaim')
  if (family === 'hybrid')
    table.set('pegsclose', () => {
      throw usage('pegsclose pegstxid tokenid')
    })
  table.set('help', (_node, params) => help(table, params[0]))
  table.set('stop', ({ chain }) => `${chain.params.name} server stopping`)
  return table
}

/** As in real nodes: the usage that the call itself gives when it gets too many parameters. */
function help(table: ReadonlyMap<string, Call>, method: unknown): NodeJson {
  if (typeof method !== 'string') return [...table.keys()].sort().join('\n')
  const call = table.get(method)
  if (!call || method === 'help' || method === 'stop')
    return call ? method : `help: unknown command: ${method}`
  return usageOf(call) ?? method
}

const TOO_MANY = Array.from({ length: 40 }, () => '')

function usageOf(call: Call): string | null {
  try {
    call({} as DevNode, TOO_MANY)
  } catch (error) {
    if (error instanceof RpcError && error.code === -1) return error.message
  }
  return null
}
