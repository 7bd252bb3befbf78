/** The process that loads market tables, so that their thousands of markets never share a heap with the miner. */
import { isCoded, messageOf } from '../../config/index.js'
import type { CcxtMarket } from './ccxt-exchange.js'
import { loadMarketTable, type TableRequest } from './market-table.js'

export interface TableQuestion {
  readonly id: number
  /** Null: stop working on that one. */
  readonly request: TableRequest | null
}

export type TableAnswer =
  | { readonly id: number; readonly markets: readonly CcxtMarket[] }
  | {
      readonly id: number
      readonly error: {
        readonly code: string
        readonly message: string
        readonly details: Readonly<Record<string, unknown>>
      }
    }

const running = new Map<number, AbortController>()

async function answer(id: number, request: TableRequest): Promise<TableAnswer> {
  const stop = new AbortController()
  running.set(id, stop)
  try {
    return { id, markets: await loadMarketTable(request, stop.signal) }
  } catch (error) {
    const coded = isCoded(error)
    return {
      id,
      error: {
        code: coded ? error.code : 'E_PRICES_REPLY',
        message: messageOf(error),
        details: coded ? error.details : {},
      },
    }
  } finally {
    running.delete(id)
  }
}

process.on('message', ({ id, request }: TableQuestion) => {
  if (request === null) return running.get(id)?.abort()
  void answer(id, request).then((told) => process.connected && process.send?.(told))
})
// Ctrl-C is for the parent to decide on: it closes the channel.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
