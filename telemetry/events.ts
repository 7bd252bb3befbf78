/** Server-sent events: the summary every two seconds, to each listener. Without one it costs nothing. */
import type { ServerResponse } from 'node:http'

import type { Api } from './api-types.js'
import { jsonOf } from './logger.js'

export interface Streams {
  /** False: there are too many already. */
  add(response: ServerResponse): boolean
  close(): void
}

const MAX_STREAMS = 16
const EVERY_MS = 2_000
/** A reader that leaves so many bytes unread is gone or asleep. */
const MAX_BUFFERED_BYTES = 256 * 1024

export function createStreams(api: Api | undefined): Streams {
  const open = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | undefined
  const send = (to: Iterable<ServerResponse>): void => {
    if (api === undefined) return
    const text = `event: summary\ndata: ${jsonOf(api.read.summary())}\n\n`
    for (const response of to) {
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy()
      else response.write(text)
    }
  }
  const drop = (response: ServerResponse): void => {
    open.delete(response)
    if (open.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
  return {
    add: (response) => {
      if (open.size >= MAX_STREAMS) return false
      open.add(response)
      response.on('close', () => drop(response))
      response.on('error', () => drop(response))
      response.write('retry: 2000\n\n')
      send([response])
      timer ??= setInterval(() => send(open), EVERY_MS).unref()
      return true
    },
    close: () => {
      for (const response of open) response.destroy()
      clearInterval(timer)
    },
  }
}
