/** The HTTP servers of all daemons: starting, stopping, and telling who asks what. */
import { createHash } from 'node:crypto'

import type { Network } from './network.js'
import { CHAINS } from './network.js'
import type { DevNode } from './node.js'
import { serveDaemon } from './rpc/server.js'
import type { DaemonServer } from './rpc/server.js'
import { methodTable } from './rpc/table.js'
import type { CallVerdict, ChainName, DaemonAccess, DevCall } from './types.js'

type Listener = (call: DevCall) => CallVerdict | void

export interface Daemons {
  lockLeaks: boolean
  access(chain: ChainName, operator: number): DaemonAccess
  start(chain: ChainName, operator: number): Promise<void>
  stop(chain: ChainName, operator: number): Promise<void>
  listen(listener: Listener): () => void
  close(): Promise<void>
}

/** Starts the daemons of all operators and of the user; `port` 0 takes any free ports. Throws `E_DEVKOMODO_PORT`. */
export async function startDaemons(network: Network, port: number): Promise<Daemons> {
  const { nodes, settled, user } = network
  const methods = methodTable(settled.family, settled.pegs !== undefined)
  const servers = new Map<string, DaemonServer>()
  const ports = new Map<string, number>()
  const listeners = new Set<Listener>()
  let calls = 0

  const keyOf = (chain: ChainName, operator: number) => `${chain} ${operator}`
  const passwordOf = (chain: ChainName, operator: number) =>
    createHash('sha256').update(`${settled.seed} ${chain} ${operator} password`).digest('hex').slice(0, 32)

  async function start(chain: ChainName, operator: number): Promise<void> {
    const key = keyOf(chain, operator)
    if (servers.has(key)) return
    const node = nodes[chain][operator] as DevNode
    node.leaks = () => daemons.lockLeaks
    const server = await serveDaemon({
      node,
      methods,
      user: 'pegminer',
      password: passwordOf(chain, operator),
      port: ports.get(key) ?? 0,
      onCall(call, number) {
        const numbered: DevCall = { ...call, number: number ?? ++calls, chain, operator }
        let verdict: CallVerdict
        for (const listener of listeners) verdict = listener(numbered) ?? verdict
        return { number: numbered.number, verdict }
      },
      onCrash: () => void stop(chain, operator),
    })
    servers.set(key, server)
    ports.set(key, server.port)
  }

  async function stop(chain: ChainName, operator: number): Promise<void> {
    const key = keyOf(chain, operator)
    const server = servers.get(key)
    servers.delete(key)
    await server?.close()
  }

  const daemons: Daemons = {
    lockLeaks: true,
    access: (chain, operator) => ({
      url: `http://127.0.0.1:${ports.get(keyOf(chain, operator)) ?? 0}`,
      user: 'pegminer',
      password: passwordOf(chain, operator),
    }),
    start,
    stop,
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()))
      servers.clear()
    },
  }
  try {
    let next = port
    for (let operator = 0; operator <= user; operator++)
      for (const chain of CHAINS) {
        if (port !== 0) ports.set(keyOf(chain, operator), next++)
        await start(chain, operator)
      }
  } catch (error) {
    await daemons.close()
    throw error
  }
  return daemons
}
