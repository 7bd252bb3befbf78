/**
 * Watches over a run: looks every few seconds, pauses and resumes by schedule, battery, load and temperature, raises
 * alarms and acts on them, and reports once a day. What is decided stands in `alarms.ts`, `load.ts` and
 * `base/calendar.ts`.
 */
import { join } from 'node:path'

import { createCalendar, createHours, reportDue, type Calendar, type Hours } from '../base/calendar.js'
import { CLOCK, makeFolder, messageOf, writeWhole, type Clock } from '../base/index.js'
import { act, type ActionName, type ActionSettings, type Message } from './actions.js'
import { beginWatch, look, type AlarmEvent, type AlarmKind, type Limits, type ThreadFacts } from './alarms.js'
import type { WatchErrorCode } from './errors.js'
import { createHolds, type HoldReason, type Holds } from './holds.js'
import { createLoadGauge } from './load.js'
import { reportOf, reportText, type Tally } from './report.js'
import { createSensors, type Sensors } from './sensors.js'

export interface KeeperSettings {
  readonly limits: Limits
  readonly actions: ActionSettings
  /** Null: at all hours. */
  readonly hours: Hours | null
  readonly battery: boolean
  /** Pause while others use more than this share of the processors; 0: never. */
  readonly load: number
  /** When reports are made: a cron expression; null: never. */
  readonly report: {
    readonly when: string | null
    readonly timeZone: string
    readonly webhook: string | undefined
  }
}

/** The run that is watched over; the miner's view has this shape. */
export interface RunView {
  readonly state: 'waiting' | 'mining' | 'paused' | 'stopped'
  readonly threads: readonly ThreadFacts[]
  readonly height: number | null
  readonly entries: { readonly landed: number; readonly missed: number }
  readonly blocks: number
  readonly places: number
  readonly reward: bigint
  readonly restarts: number
  readonly computeErrors: number
  readonly prices: { readonly takenAt: number; readonly complete: boolean } | null
  readonly entryCredits: number | null
  readonly node: { readonly state: string }
}

export interface KeeperHooks {
  readonly pause: () => void
  readonly resume: () => void
  readonly restartThread: (slot: number) => void
  readonly tell: (level: 'info' | 'warn', code: WatchErrorCode, message: string) => void
  readonly onAlarm: (kind: AlarmKind, raised: boolean) => void
  readonly onAction: (action: ActionName, worked: boolean) => void
  readonly onHold: (reason: HoldReason, held: boolean) => void
  readonly onSense: (found: {
    readonly temperature: number | null
    readonly freeBytes: number | null
  }) => void
  /** Facts that go with each message: network, identity. */
  readonly about: () => Readonly<Record<string, string>>
}

export interface KeeperOptions {
  readonly view: RunView
  readonly settings: KeeperSettings
  readonly dataDir: string
  readonly hooks: KeeperHooks
  readonly sensors?: Sensors
  readonly clock?: Clock
  /** How often it looks, ms. Default 5000. */
  readonly everyMs?: number
}

export interface Keeper {
  readonly holds: Holds
  /** One look. Never rejects. */
  look(): Promise<void>
  /** Looks now and then on. */
  start(): void
  adjust(settings: KeeperSettings): void
  /** Makes a report of the time since the last one. Never rejects. */
  report(): void
  /** Ends it, with what is under way. */
  close(): Promise<void>
}

const EVERY_MS = 5_000
/** Actions that wait; when so many do, something is wrong with them, and more are not begun. */
const MOST_WAITING = 32
const ALARM_CODES: Readonly<Record<AlarmKind, WatchErrorCode>> = {
  'thread-stalled': 'E_WATCH_THREAD_STALLED',
  'thread-slow': 'E_WATCH_THREAD_SLOW',
  'no-entry': 'E_WATCH_NO_ENTRY',
  'prices-stale': 'E_WATCH_PRICES_STALE',
  'node-away': 'E_WATCH_NODE_AWAY',
  hot: 'E_WATCH_HOT',
  'disk-full': 'E_WATCH_DISK_FULL',
}
/** Node states in which nothing is wrong, or nothing that the network would not mend itself. */
const WELL = ['ok', 'syncing', 'lagging']

export function createKeeper({ view, dataDir, hooks, ...options }: KeeperOptions): Keeper {
  const { sensors = createSensors(), clock = CLOCK, everyMs = EVERY_MS } = options
  let { settings } = options
  const closing = new AbortController()
  const load = createLoadGauge()
  const unknown = new Set<string>()
  let hours = hoursOf(settings)
  let reports = calendarOf(settings)
  /** Up to when reports are made, UNIX ms. */
  let reportedThrough = -Infinity
  let watching = beginWatch(clock.monotonicMs())
  let looking: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let acting = Promise.resolve()
  let waiting = 0
  let alarms = 0
  let pausedMs = 0
  let lastLook = clock.monotonicMs()
  let reported: Tally | null = null

  const holds = createHolds({
    pause: hooks.pause,
    resume: hooks.resume,
    onChange: (reason, held, reasons) => {
      hooks.onHold(reason, held)
      if (reason === 'manual') return
      const left = reasons.length === 0 ? 'mining goes on' : `mining is paused: ${reasons.join(', ')}`
      hooks.tell(
        'info',
        'E_WATCH_PAUSED',
        `${reason}: ${held ? 'begins to hold' : 'holds no longer'}; ${left}`,
      )
    },
  })

  /** One after the other, in the order in which things happened. */
  function perform(message: Message, actions: ActionSettings): void {
    if (waiting >= MOST_WAITING || (actions.command.length === 0 && actions.webhook === undefined)) return
    waiting++
    acting = acting.then(async () => {
      const results = await act(message, actions, { signal: closing.signal })
      waiting--
      if (closing.signal.aborted) return
      for (const { action, error } of results) {
        hooks.onAction(action, error === null)
        if (error !== null) hooks.tell('warn', 'E_WATCH_ACTION', `the ${action} failed: ${error}`)
      }
    })
  }

  function tellAlarm({ kind, state, text }: AlarmEvent): void {
    const raised = state === 'raised'
    if (raised) alarms++
    hooks.onAlarm(kind, raised)
    if (raised) hooks.tell('warn', ALARM_CODES[kind], text)
    else hooks.tell('info', 'E_WATCH_CLEARED', text)
    const facts = { alarm: kind, state, text, time: new Date(clock.wallMs()).toISOString() }
    perform({ event: 'alarm', ...facts, ...hooks.about() }, settings.actions)
  }

  function sayUnknown(what: string, wanted: boolean): void {
    if (!wanted || unknown.has(what)) return
    unknown.add(what)
    hooks.tell(
      'warn',
      'E_WATCH_UNKNOWN',
      `this system does not tell ${what}; what depends on it has no effect`,
    )
  }

  async function lookOnce(): Promise<void> {
    const { limits, battery } = settings
    const [temperature, freeBytes, onBattery] = await Promise.all([
      sensors.temperature(),
      sensors.freeBytes(dataDir),
      battery ? sensors.onBattery() : false,
    ])
    if (closing.signal.aborted) return
    hooks.onSense({ temperature, freeBytes })
    sayUnknown('the temperature of its processor', limits.hot > 0 && temperature === null)
    sayUnknown('whether it runs on battery', onBattery === null)
    const now = clock.monotonicMs()
    if (view.state === 'paused') pausedMs += now - lastLook
    lastLook = now

    holds.set('schedule', hours !== null && !hours(clock.wallMs()))
    holds.set('battery', onBattery === true)
    holds.set('load', load.isTooMuch(sensors.othersShare(), settings.load))
    const { state, events, restart } = look(
      watching,
      {
        now,
        mining: view.state === 'mining',
        paused: view.state === 'paused',
        threads: view.threads,
        height: view.height,
        landed: view.entries.landed,
        prices: view.prices,
        nodeWell: WELL.includes(view.node.state),
        temperature,
        freeBytes,
      },
      limits,
    )
    watching = state
    holds.set('temperature', state.raised.hot !== undefined)
    for (const event of events) tellAlarm(event)
    for (const slot of restart) hooks.restartThread(slot)
    reportIfDue()
  }

  function tally(): Tally {
    const { blocks, places, reward, restarts, computeErrors, entryCredits } = view
    const { landed, missed } = view.entries
    const hashes = view.threads.reduce((sum, thread) => sum + thread.hashes, 0n)
    const counters = { blocks, places, reward, restarts, computeErrors, landed, missed }
    return {
      time: clock.wallMs(),
      elapsedMs: clock.monotonicMs(),
      hashes,
      ...counters,
      pausedMs,
      alarms,
      entryCredits,
    }
  }

  function report(): void {
    const after = tally()
    const made = reportOf(reported ?? after, after)
    reported = after
    hooks.tell('info', 'E_WATCH_REPORT', reportText(made))
    perform({ ...made, ...hooks.about() }, { command: [], webhook: settings.report.webhook })
    try {
      const folder = join(dataDir, 'reports')
      makeFolder(folder)
      const name = made.to.slice(0, 16).replace(/:/g, '')
      writeWhole(join(folder, `${name}.json`), `${JSON.stringify({ ...made, ...hooks.about() }, null, 2)}\n`)
    } catch (error) {
      hooks.tell('warn', 'E_WATCH_ACTION', `the report cannot be kept: ${messageOf(error)}`)
    }
  }

  function reportIfDue(): void {
    if (reports === null || timer === undefined) return
    const { due, through } = reportDue(reports, reportedThrough, clock.wallMs())
    reportedThrough = through
    if (due) report()
  }

  /** What was due before is not made up for. */
  function beginReports(): void {
    if (reports !== null) reportedThrough = reportDue(reports, -Infinity, clock.wallMs()).through
  }

  const lookNow = (): Promise<void> =>
    (looking ??= lookOnce()
      .catch((error: unknown) =>
        hooks.tell('warn', 'E_WATCH_ACTION', `the watchdog stumbled: ${messageOf(error)}`),
      )
      .finally(() => (looking = null)))

  return {
    holds,
    look: lookNow,
    start() {
      reported = tally()
      lastLook = clock.monotonicMs()
      void lookNow()
      beginReports()
      timer = setInterval(() => void lookNow(), everyMs).unref()
    },
    adjust(next) {
      settings = next
      hours = hoursOf(next)
      reports = calendarOf(next)
      if (timer === undefined) return
      beginReports()
      void lookNow()
    },
    report,
    async close() {
      closing.abort()
      clearInterval(timer)
      await Promise.all([looking, acting])
    },
  }
}

const calendarOf = ({ report: { when, timeZone } }: KeeperSettings): Calendar | null =>
  when === null ? null : createCalendar(when, timeZone)

const hoursOf = ({ hours }: KeeperSettings): ((now: number) => boolean) | null =>
  hours === null ? null : createHours(hours)
