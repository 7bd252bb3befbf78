/** What `/api/v1/…` answers when a feed serves it: each gateway with its lag, funds, withdrawals and last trouble. */
import { CLOCK, wallMs, type Clock } from '../base/index.js'
import type { Api, ShownSetting } from './api-types.js'
import { standingNotices, type BoardNotice } from './board.js'
import { alertOfNotice, alertsOfGatewayChecks, alertsOfGateways, type Alert } from './alerts.js'
import type { Check } from './health.js'
import { logPage, seriesPage, type PastLog, type PastSeries } from './past.js'
import type { GatewayNumbers } from './sources.js'

/** A header that was published. */
export interface BoardHeader {
  readonly time: number
  readonly gateway: string
  readonly height: number
  readonly txid: string
  readonly why: string
}

const MOST = { headers: 50, notices: 50 }

export function createFeedBoard(now: () => number = wallMs) {
  const headers: BoardHeader[] = []
  const notices: BoardNotice[] = []
  let version = 0
  const keep = <T>(list: T[], item: T, most: number): void => {
    list.unshift(item)
    list.length = Math.min(list.length, most)
    version++
  }
  return {
    header: ({ gateway, height, txid, why }: Omit<BoardHeader, 'time'>) =>
      keep(headers, { time: now(), gateway, height, txid, why }, MOST.headers),
    notice: ({ level, code, message }: Omit<BoardNotice, 'time'>) =>
      keep(notices, { time: now(), level, code, message }, MOST.notices),
    /** Newest first. */
    headers: (): readonly BoardHeader[] => headers,
    notices: (): readonly BoardNotice[] => notices,
    get version() {
      return version
    },
  }
}

export type FeedBoard = ReturnType<typeof createFeedBoard>

export interface FeedApiSources {
  readonly facts: {
    readonly version: string
    readonly network: string
    readonly startedAt: number
    /** Whether a token is set, so that something can be changed from here. */
    readonly changeable: boolean
  }
  readonly gateways: () => readonly GatewayNumbers[]
  readonly live: () => readonly Check[]
  readonly ready: () => readonly Check[]
  readonly board: FeedBoard
  readonly settings: () => readonly ShownSetting[]
  /** What was measured and told, in this run and before. */
  readonly past?: (PastSeries & PastLog) | undefined
  /** Shuts the program down cleanly. */
  readonly stop: () => void
  readonly clock?: Clock
}

export function createFeedApi(sources: FeedApiSources): Api {
  const { facts, board } = sources
  const { clock = CLOCK } = sources
  const begun = clock.monotonicMs()
  const state = (): string => (sources.ready().every(({ ok }) => ok) ? 'relaying' : 'waiting')
  return {
    program: 'feed',
    read: {
      summary: () => {
        const [live, ready] = [sources.live(), sources.ready()]
        return {
          program: 'feed',
          ...facts,
          now: clock.wallMs(),
          uptimeSeconds: Math.round((clock.monotonicMs() - begun) / 1000),
          state: state(),
          live,
          ready,
          alerts: alertsOf(sources.gateways(), [...live, ...ready], board.notices(), clock.wallMs()),
          changes: board.version,
        }
      },
      feed: () => ({ running: true, gateways: sources.gateways(), recent: board.headers() }),
      series: (query) => seriesPage(query, sources.past, clock.wallMs()),
      log: (query) => logPage(query, sources.past),
      config: () => ({ settings: sources.settings() }),
    },
    act: {
      stop: () => {
        sources.stop()
        return { state: state() }
      },
    },
  }
}

function alertsOf(
  gateways: readonly GatewayNumbers[],
  checks: readonly Check[],
  notices: readonly BoardNotice[],
  now: number,
): Alert[] {
  const isBlocked = gateways.some(({ withdrawals }) => withdrawals.blockedBy !== null)
  const said = standingNotices(notices, now)
    .filter(({ code }) => isBlocked || code !== 'E_FEED_BLOCKED')
    .map(alertOfNotice)
  return [...alertsOfGatewayChecks(checks), ...alertsOfGateways(gateways), ...said.slice(0, 5)]
}
