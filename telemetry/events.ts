/** Server-sent events: to each listener at once how things are, then what is new. Without a listener it costs nothing. */
import type { ServerResponse } from 'node:http'

import { jsonOf } from './logger.js'

export interface StreamSource {
  /** Name of its events. */
  readonly event: string
  readonly everyMs: number
  /** Listeners at once. */
  readonly most: number
  /** Of one client; those of this machine have no limit of their own. */
  readonly mostOfClient?: number
  /** `all`: for a listener that is new. Null: there is nothing to tell. */
  readonly next: (all: boolean) => object | null
}

export interface Streams {
  /** False: there are too many already. `client`: null for a program of this machine. */
  add(response: ServerResponse, client: string | null): boolean
  close(): void
}

/** A reader that leaves so many bytes unread is gone or asleep. */
const MAX_BUFFERED_BYTES = 256 * 1024
/** Proxies end what is silent for longer than a minute or so. */
const SILENCE_MS = 15_000

export function createStreams({ event, everyMs, most, mostOfClient = most, next }: StreamSource): Streams {
  const open = new Map<ServerResponse, string | null>()
  let timer: NodeJS.Timeout | undefined
  let silentMs = 0
  const textOf = (news: object): string => `event: ${event}\ndata: ${jsonOf(news)}\n\n`
  const send = (text: string): void => {
    for (const response of open.keys()) {
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
      else response.write(text)
    }
  }
  const tick = (): void => {
    const news = next(false)
    silentMs = news === null ? silentMs + everyMs : 0
    if (news !== null) send(textOf(news))
    else if (silentMs % SILENCE_MS < everyMs) send(':\n\n')
  }
  const drop = (response: ServerResponse): void => {
    open.delete(response)
    if (open.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
  return {
    add: (response, client) => {
      const own = client === null ? 0 : [...open.values()].filter((one) => one === client).length
      if (open.size >= most || own >= mostOfClient) return false
      open.set(response, client)
      response.on('close', () => drop(response))
      response.on('error', () => drop(response))
      response.write('retry: 2000\n\n')
      const news = next(true)
      if (news !== null) response.write(textOf(news))
      timer ??= setInterval(tick, everyMs).unref()
      return true
    },
    close: () => {
      for (const response of open.keys()) response.destroy()
      clearInterval(timer)
    },
  }
}
