/** What `/api/v1/…` answers when a feed serves it: each gateway with its lag, funds, withdrawals and last trouble. */
import { CLOCK, wallMs, type Clock } from '../base/index.js'
import type { Api, ShownSetting } from './api.js'
import { standingNotices, type BoardNotice } from './board.js'
import type { Check } from './health.js'
import { logPage, seriesPage, type PastLog, type PastSeries } from './past.js'

/** One gateway, as plain values. Coins are decimal strings, times milliseconds since 1970. */
export interface GatewayNumbers {
  readonly name: string
  /** Names of the two chains. */
  readonly asset: string
  readonly reference: string
  /** Of the relay: `idle`, `publishing`, … */
  readonly state: string
  /** Why nothing is published, or what went wrong in the last pass; null: nothing. */
  readonly trouble: string | null
  readonly daemons: { readonly asset: string; readonly reference: string }
  readonly headers: {
    /** Highest block of the reference chain, highest header published, and what may be published by now. */
    readonly tip: number | null
    readonly published: number | null
    readonly target: number | null
    readonly lag: number | null
    /** Since a header was published, or nothing was to publish. */
    readonly lagSeconds: number | null
    /** Missing below the highest. */
    readonly gaps: number | null
    /** Of this run. */
    readonly sent: number
    readonly lastPass: number | null
  } | null
  readonly funds: {
    /** Headers that the coming block can take; outputs of at least a fee. */
    readonly perBlock: number | null
    readonly outputs: number | null
    /** At the oracle, and in the wallet for more. */
    readonly oracle: string | null
    readonly wallet: string | null
    readonly headersLeft: number | null
    readonly hoursLeft: number | null
    /** Why it could not be filled up; null: nothing is wrong. */
    readonly alarm: string | null
  }
  readonly withdrawals: {
    /** False: this node signs nothing for the gateway; null: not known yet, or there is no gateway. */
    readonly signer: boolean | null
    /** Of this run: paid, and foreign proposals that were refused. */
    readonly paid: number
    readonly refused: number
    /** State → how many are in it. */
    readonly states: Readonly<Record<string, number>>
    /** The one that must be paid or released before anybody can ask for another; null: none. */
    readonly blockedBy: string | null
    /** Those that are not done, newest first. */
    readonly open: readonly WithdrawalNumbers[]
    /** The last that are done, newest first. */
    readonly done: readonly WithdrawalNumbers[]
  }
}

export interface WithdrawalNumbers {
  readonly txid: string
  readonly state: string
  readonly amount: string
  readonly to: string
  readonly seenAt: number
  readonly changedAt: number
  readonly message: string
  /** Whom or what it waits for; empty: nothing. */
  readonly waitsFor: string
  /** On the reference chain, and the mark on the asset chain; null: not yet. */
  readonly payoutTxid: string | null
  readonly markTxid: string | null
}

/** A header that was published. */
export interface BoardHeader {
  readonly time: number
  readonly gateway: string
  readonly height: number
  readonly txid: string
  readonly why: string
}

export interface FeedBoard {
  header(header: Omit<BoardHeader, 'time'>): void
  notice(notice: Omit<BoardNotice, 'time'>): void
  /** Newest first. */
  headers(): readonly BoardHeader[]
  notices(): readonly BoardNotice[]
  readonly version: number
}

const MOST = { headers: 50, notices: 50 }
/** What an operator has to look at. */
const BAD_WITHDRAWALS = ['held', 'refused', 'stuck']

export function createFeedBoard(now: () => number = wallMs): FeedBoard {
  const headers: BoardHeader[] = []
  const notices: BoardNotice[] = []
  let version = 0
  const keep = <T>(list: T[], item: T, most: number): void => {
    list.unshift(item)
    list.length = Math.min(list.length, most)
    version++
  }
  return {
    header: ({ gateway, height, txid, why }) =>
      keep(headers, { time: now(), gateway, height, txid, why }, MOST.headers),
    notice: ({ level, code, message }) => keep(notices, { time: now(), level, code, message }, MOST.notices),
    headers: () => headers,
    notices: () => notices,
    get version() {
      return version
    },
  }
}

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
          alerts: alertsOf(sources.gateways(), [...live, ...ready], {
            notices: board.notices(),
            now: clock.wallMs(),
          }),
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

export interface Alert {
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly time: number | null
  /** What to do about it: the title of its entry at /runbook. Null: the message says it all. */
  readonly runbook: string | null
}

export const warn = (message: string, runbook: string | null = null): Alert => ({
  level: 'warn',
  message,
  time: null,
  runbook,
})

export const alertOfNotice = ({ level, code, message, time }: BoardNotice): Alert => ({
  level: level === 'error' ? 'error' : 'warn',
  message: `${code}: ${message}`,
  time,
  runbook: null,
})

/** Entries of the runbook for the checks of a gateway, by what stands behind its name. */
const RUNBOOK_OF_CHECK: Readonly<Record<string, string>> = { lag: 'FeedLagging', passes: 'FeedNotLooking' }

function alertsOf(
  gateways: readonly GatewayNumbers[],
  checks: readonly Check[],
  { notices, now }: { readonly notices: readonly BoardNotice[]; readonly now: number },
): Alert[] {
  const failed = checks
    .filter(({ ok }) => !ok)
    .map(({ name, found }) =>
      warn(`${name}: ${found}`, RUNBOOK_OF_CHECK[name.split(' ').at(-1) ?? ''] ?? null),
    )
  const isBlocked = gateways.some(({ withdrawals }) => withdrawals.blockedBy !== null)
  const said = standingNotices(notices, now)
    .filter(({ code }) => isBlocked || code !== 'E_FEED_BLOCKED')
    .map(alertOfNotice)
  return [...failed, ...alertsOfGateways(gateways), ...said.slice(0, 5)]
}

/** What is wrong with gateways, by their numbers alone. */
export function alertsOfGateways(gateways: readonly GatewayNumbers[]): Alert[] {
  return gateways.flatMap(({ name, trouble, funds, withdrawals, daemons }) => [
    ...(trouble === null ? [] : [warn(`${name}: ${trouble}`, 'FeedBlocked')]),
    ...(funds.alarm === null ? [] : [warn(`${name} funds: ${funds.alarm}`, 'FeedFundsLow')]),
    ...Object.entries(daemons).flatMap(([chain, daemon]) =>
      daemon === 'hung' || daemon === 'frozen'
        ? [warn(`${name}: the ${chain} daemon is ${daemon}`, 'FeedDaemonHung')]
        : [],
    ),
    ...BAD_WITHDRAWALS.flatMap((state) => {
      const count = withdrawals.states[state] ?? 0
      return count === 0
        ? []
        : [
            warn(
              `${name}: ${count} ${count === 1 ? 'withdrawal' : 'withdrawals'} ${state}`,
              'FeedWithdrawalNeedsHand',
            ),
          ]
    }),
  ])
}
