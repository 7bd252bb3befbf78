/** The process that asks exchanges: their answers never share a heap or a thread with the miner. */
import { isCoded, messageOf } from '../../base/index.js'
import { inlineExchanges, type ExchangeRequest } from './exchange-host.js'
import type { Poll } from './types.js'

export interface ExchangeQuestion {
  readonly id: number
  /** Null: stop working on that one. */
  readonly request: ExchangeRequest | null
}

export type ExchangeAnswer =
  | { readonly id: number; readonly poll: Poll }
  | {
      readonly id: number
      readonly error: {
        readonly code: string
        readonly message: string
        readonly details: Readonly<Record<string, unknown>>
      }
    }

const exchanges = inlineExchanges()
const running = new Map<number, AbortController>()

async function answer(id: number, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const stop = new AbortController()
  running.set(id, stop)
  try {
    return { id, poll: await exchanges.poll(request, stop.signal) }
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

process.on('message', ({ id, request }: ExchangeQuestion) => {
  if (request === null) return running.get(id)?.abort()
  void answer(id, request).then((answer) => process.connected && process.send?.(answer, () => undefined))
})
// Kept connections would hold it alive.
// eslint-disable-next-line no-restricted-properties -- this file is a program of its own
process.on('disconnect', () => process.exit())
// Ctrl-C is for the parent to decide on: it closes the channel.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
