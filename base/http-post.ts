/**
 * POST over kept connections, for JSON-RPC: bounded in time and size, without redirects, and no proxy to this machine.
 */
import { setMaxListeners } from 'node:events'
import http from 'node:http'
import https from 'node:https'

import type { AxiosInstance } from 'axios'

import { isAxiosError, loadAxios } from './axios.js'
import { Late, withDeadline } from './deadline.js'
import { messageOf } from './errors.js'
import { isLoopback } from './loopback.js'

export interface PosterOptions {
  readonly contentType: string
  /** Bounds what a burst of calls may open. */
  readonly maxSockets: number
  /** Largest reply that is read. */
  readonly maxBytes: number
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string | undefined
}

export interface PostOptions {
  /** For the whole of the call, from connecting to the last byte. */
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
  /** HTTP Basic. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined
}

export interface Posted {
  readonly status: number
  /** As UTF-8; bytes that are none become U+FFFD. */
  readonly text: string
}

export interface Poster {
  /** Any status is a reply. Throws `PostError`. */
  post(url: string, body: string, options: PostOptions): Promise<Posted>
  /** Ends calls under way and closes the connections. */
  close(): void
}

/** `late`: the limit has passed. `ended`: by the caller's signal or `close`. `large`: more than `maxBytes`. */
export type PostFailure = 'late' | 'ended' | 'large' | 'unreachable'

/** Holds texts alone: the error of axios would bring the request with its password and the whole reply along. */
export class PostError extends Error {
  constructor(
    readonly failure: PostFailure,
    /** The code of the system, of Node.js or of OpenSSL, such as ECONNREFUSED; '' if there is none. */
    readonly reason = '',
    message = '',
  ) {
    super(message)
  }
}

export function createPoster({ contentType, maxSockets, maxBytes, ca }: PosterOptions): Poster {
  const agents = {
    httpAgent: new http.Agent({ keepAlive: true, maxSockets }),
    httpsAgent: new https.Agent({ keepAlive: true, maxSockets, ...(ca !== undefined && { ca }) }),
  }
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // each call under way waits on it
  let made: Promise<AxiosInstance> | undefined
  const connect = async (): Promise<AxiosInstance> =>
    (await loadAxios()).create({
      ...agents,
      headers: { 'content-type': contentType, 'accept-encoding': 'identity', 'user-agent': 'pegminer' },
      maxContentLength: maxBytes,
      maxBodyLength: maxBytes,
      maxRedirects: 0,
      decompress: false,
      responseType: 'arraybuffer',
      transformRequest: [(body: string) => body],
      transformResponse: [(body: Buffer) => body],
      validateStatus: () => true,
    })

  return {
    async post(url, body, { limitMs, signal, auth }) {
      const client = await (made ??= connect())
      const send = async (cut: AbortSignal): Promise<Posted> => {
        const { status, data } = await client.post<Buffer>(url, body, {
          signal: cut,
          ...(auth && { auth }),
          ...(isLoopback(url) && { proxy: false }),
        })
        return { status, text: new TextDecoder().decode(data) }
      }
      const outer = signal === undefined ? [closing.signal] : [closing.signal, signal]
      if (signal) setMaxListeners(0, signal) // the caller may have any number of calls under way
      try {
        return await withDeadline(limitMs, outer, (cut) =>
          send(cut).catch((error: unknown) => {
            if (isStaleConnection(error)) return send(cut)
            throw error
          }),
        )
      } catch (error) {
        if (error instanceof Late) throw new PostError('late', '', error.message)
        if (outer.some(({ aborted }) => aborted)) throw new PostError('ended')
        throw failureOf(error)
      }
    },
    close() {
      closing.abort()
      agents.httpAgent.destroy()
      agents.httpsAgent.destroy()
    },
  }
}

function failureOf(error: unknown): PostError {
  const message = messageOf(error)
  if (message.includes('maxContentLength')) return new PostError('large', '', message)
  return new PostError('unreachable', isAxiosError(error) ? error.code : '', message)
}

/** A kept connection may be closed by the server just as it is used again: such a call is sent once more. */
function isStaleConnection(error: unknown): boolean {
  if (!isAxiosError(error) || error.response) return false
  const request = error.request as { reusedSocket?: boolean } | undefined
  return request?.reusedSocket === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
