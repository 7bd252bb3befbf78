/** A feed that another process runs, as its own status page shows it: asked every few seconds for the miner's page. */

import { isMapping, loadAxios, messageOf, parseJson, withDeadline } from '../base/index.js'
import type { BoardHeader } from './feed-api.js'
import type { GatewayNumbers } from './sources.js'

/** What `/api/v1/feed` of a miner says. */
export interface SeenFeed {
  /** Whether it answered lately. */
  readonly running: boolean
  /** What is wrong with it; null: nothing. */
  readonly trouble: string | null
  /** What it last said, however old. */
  readonly gateways: readonly GatewayNumbers[]
  readonly recent: readonly BoardHeader[]
}

export interface FeedWatchOptions {
  /** Of the feed's status page. */
  readonly url: string
  /** ms. Default 5000. */
  readonly everyMs?: number
  /** For the whole of one answer, ms. Default 4000. */
  readonly timeoutMs?: number
}

const EVERY_MS = 5_000
const TIMEOUT_MS = 4_000
const MAX_BYTES = 2 << 20

export function watchFeed({ url, everyMs = EVERY_MS, timeoutMs = TIMEOUT_MS }: FeedWatchOptions) {
  const address = `${url.replace(/\/+$/, '')}/api/v1/feed`
  const closing = new AbortController()
  let seen: SeenFeed = { running: false, trouble: 'the feed was not asked yet', gateways: [], recent: [] }
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    try {
      const axios = await loadAxios()
      const { data } = await withDeadline(timeoutMs, closing.signal, (signal) =>
        axios.get<string>(address, {
          signal,
          maxContentLength: MAX_BYTES,
          maxRedirects: 0,
          proxy: false,
          responseType: 'text',
          transformResponse: (text: string) => text,
        }),
      )
      const answer = answerOf(parseJson(data))
      seen = answer
        ? { running: true, trouble: null, ...answer }
        : { ...seen, running: false, trouble: 'what answers there is no feed' }
    } catch (error) {
      const trouble = `the feed does not answer: ${messageOf(error)}`
      seen = { ...seen, running: false, trouble }
    }
    if (!closing.signal.aborted) timer = setTimeout(() => void look(), everyMs).unref()
  }
  void look()

  return {
    get seen(): SeenFeed {
      return seen
    },
    /** Ends the asking. */
    close(): void {
      clearTimeout(timer)
      closing.abort()
    },
  }
}

/** Checks what this side relies on: lists, and gateways with the fields that `alertsOfGateways` reads. */
function answerOf(data: unknown): Pick<SeenFeed, 'gateways' | 'recent'> | undefined {
  if (!isMapping(data) || data['running'] !== true) return undefined
  const { gateways, recent } = data
  if (!Array.isArray(gateways) || !Array.isArray(recent)) return undefined
  const whole = gateways.every(
    (one: unknown) =>
      isMapping(one) &&
      typeof one['name'] === 'string' &&
      isMapping(one['funds']) &&
      isMapping(one['daemons']) &&
      isMapping(one['withdrawals']) &&
      isMapping(one['withdrawals']['states']),
  )
  return whole
    ? { gateways: gateways as GatewayNumbers[], recent: recent.filter(isMapping) as unknown as BoardHeader[] }
    : undefined
}
