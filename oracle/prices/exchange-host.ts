/** Where exchanges are asked: in this process, or in one of its own (`exchange-fork.ts`). */
import { CLOCK, type Clock } from '../../base/index.js'
import { createCcxtSource, type CcxtSourceOptions } from './ccxt-source.js'
import type { Poll, Source } from './types.js'

/** One poll of a source. */
export type ExchangeRequest = Omit<CcxtSourceOptions, 'clock' | 'onReply'>

export interface ExchangeHost {
  /** One poll of a source. Throws what a source throws. */
  poll(request: ExchangeRequest, signal: AbortSignal): Promise<Poll>
  close(): Promise<void>
}

export interface InlineOptions {
  readonly clock?: Clock
  /** Told each complete reply. */
  readonly onReply?: (source: string, url: string, body: string) => void
}

/** Exchanges in this process: for short commands, for tests, and for the process that exists to ask them. */
export function inlineExchanges({ clock = CLOCK, onReply }: InlineOptions = {}): ExchangeHost {
  const sources = new Map<string, Source>()
  return {
    poll(request, signal) {
      const { name } = request
      const key = request.books ? `books of ${name}` : name
      const source =
        sources.get(key) ??
        createCcxtSource({ ...request, clock, onReply: onReply && ((url, body) => onReply(name, url, body)) })
      sources.set(key, source)
      return source.poll(signal)
    },
    close: async () => void (await Promise.all([...sources.values()].map((source) => source.close()))),
  }
}
