/**
 * Watches over a run: looks every few seconds, pauses and resumes by schedule, battery, load and temperature, raises
 * alarms and acts on them, and reports once a day. The decisions stand in `alarms.ts`, `load.ts` and
 * `base/calendar.ts`.
 */
import { createHours, type Hours } from '../base/calendar.js'
import { CLOCK, messageOf, type Clock } from '../base/index.js'
import type { MinerNumbers, WatchdogKind, WatchLimits } from '../telemetry/index.js'
import { createActionQueue } from './action-queue.js'
import type { ActionName, ActionSettings } from './actions.js'
import { beginWatch, look, type AlarmEvent, type Facts } from './alarms.js'
import type { WatchErrorCode } from './errors.js'
import { createHolds, type HoldReason } from './holds.js'
import { createLoadGauge } from './load.js'
import type { Tally } from './report.js'
import { createReports, type ReportSettings } from './reports.js'
import { createSensors, type Sensors } from './sensors.js'

export interface KeeperSettings {
  readonly limits: WatchLimits
  readonly actions: ActionSettings
  /** Null: at all hours. */
  readonly hours: Hours | null
  readonly battery: boolean
  /** Pause while others use more than this share of the processors; 0: never. */
  readonly load: number
  readonly report: ReportSettings & { readonly webhook: string | undefined }
}

/** The run that is watched over. */
export type RunView = Pick<
  MinerNumbers,
  | 'state'
  | 'threads'
  | 'height'
  | 'blocks'
  | 'places'
  | 'reward'
  | 'restarts'
  | 'computeErrors'
  | 'entryCredits'
  | 'node'
> & {
  readonly entries: Pick<MinerNumbers['entries'], 'landed' | 'missed'>
  readonly prices: Facts['prices']
}

export interface KeeperHooks {
  readonly pause: () => void
  readonly resume: () => void
  readonly restartThread: (slot: number) => void
  readonly tell: (level: 'info' | 'warn', code: WatchErrorCode, message: string) => void
  readonly onAlarm: (kind: WatchdogKind, raised: boolean) => void
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

export type Keeper = ReturnType<typeof createKeeper>

const EVERY_MS = 5_000
/** Node states in which nothing is wrong, or which end by themselves. */
const WELL: readonly MinerNumbers['node']['state'][] = ['ok', 'syncing', 'lagging']

export function createKeeper({ view, dataDir, hooks, ...options }: KeeperOptions) {
  const { sensors = createSensors(), clock = CLOCK, everyMs = EVERY_MS } = options
  let { settings } = options
  const load = createLoadGauge()
  const sayUnknown = createUnknown(hooks.tell)
  let hours = hoursOf(settings)
  let watching = beginWatch(clock.monotonicMs())
  let looking: Promise<void> | null = null
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let alarms = 0
  let pausedMs = 0
  let lastLook = clock.monotonicMs()

  const holds = createHolds({
    pause: hooks.pause,
    resume: hooks.resume,
    onChange: (reason, held, reasons) => {
      hooks.onHold(reason, held)
      if (reason !== 'manual') hooks.tell('info', 'E_WATCH_PAUSED', holdText(reason, held, reasons))
    },
  })
  const actions = createActionQueue((action, error) => {
    hooks.onAction(action, error === null)
    if (error !== null) hooks.tell('warn', 'E_WATCH_ACTION', `the ${action} failed: ${error}`)
  })
  const reports = createReports({
    settings: settings.report,
    ...{ dataDir, clock, about: hooks.about },
    tally: () => tallyOf(view, clock, { pausedMs, alarms }),
    onReport: (text, report) => {
      hooks.tell('info', 'E_WATCH_REPORT', text)
      actions.add({ ...report, ...hooks.about() }, { command: [], webhook: settings.report.webhook })
    },
    onTrouble: (message) => hooks.tell('warn', 'E_WATCH_ACTION', message),
  })

  function tellAlarm({ kind, code, state, text }: AlarmEvent): void {
    const raised = state === 'raised'
    if (raised) alarms++
    hooks.onAlarm(kind, raised)
    if (raised) hooks.tell('warn', code, text)
    else hooks.tell('info', 'E_WATCH_CLEARED', text)
    const facts = { alarm: kind, state, text, time: new Date(clock.wallMs()).toISOString() }
    actions.add({ event: 'alarm', ...facts, ...hooks.about() }, settings.actions)
  }

  async function lookOnce(): Promise<void> {
    const { limits, battery } = settings
    const [temperature, freeBytes, onBattery] = await Promise.all([
      sensors.temperature(),
      sensors.freeBytes(dataDir),
      battery ? sensors.onBattery() : false,
    ])
    if (closed) return
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
      { now, ...factsOf(view), temperature, freeBytes },
      limits,
    )
    watching = state
    holds.set('temperature', state.raised.hot !== undefined)
    for (const event of events) tellAlarm(event)
    for (const slot of restart) hooks.restartThread(slot)
    reports.makeIfDue()
  }

  const lookNow = (): Promise<void> =>
    (looking ??= lookOnce()
      .catch((error: unknown) =>
        hooks.tell('warn', 'E_WATCH_ACTION', `the watchdog stumbled: ${messageOf(error)}`),
      )
      .finally(() => (looking = null)))

  return {
    holds,
    /** One look. Never rejects. */
    look: lookNow,
    /** Looks now, and from then on regularly. */
    start(): void {
      lastLook = clock.monotonicMs()
      reports.begin()
      void lookNow()
      timer = setInterval(() => void lookNow(), everyMs).unref()
    },
    adjust(next: KeeperSettings): void {
      settings = next
      hours = hoursOf(next)
      reports.adjust(next.report)
      if (timer !== undefined) void lookNow()
    },
    /** Makes a report of the time since the last one. Never rejects. */
    report: () => reports.make(),
    /** Ends it, with what is under way. */
    async close(): Promise<void> {
      closed = true
      clearInterval(timer)
      await Promise.all([looking, actions.close()])
    },
  }
}

const hoursOf = ({ hours }: KeeperSettings): ((now: number) => boolean) | null =>
  hours === null ? null : createHours(hours)

const factsOf = (view: RunView): Omit<Facts, 'now' | 'temperature' | 'freeBytes'> => ({
  mining: view.state === 'mining',
  paused: view.state === 'paused',
  threads: view.threads,
  height: view.height,
  landed: view.entries.landed,
  prices: view.prices,
  nodeWell: WELL.includes(view.node.state),
})

function tallyOf(view: RunView, clock: Clock, counted: Pick<Tally, 'pausedMs' | 'alarms'>): Tally {
  const { blocks, places, reward, restarts, computeErrors, entryCredits, entries, threads } = view
  return {
    time: clock.wallMs(),
    elapsedMs: clock.monotonicMs(),
    hashes: threads.reduce((sum, thread) => sum + thread.hashes, 0n),
    ...{ blocks, places, reward, restarts, computeErrors, entryCredits },
    ...{ landed: entries.landed, missed: entries.missed },
    ...counted,
  }
}

function holdText(reason: HoldReason, held: boolean, reasons: readonly HoldReason[]): string {
  const left = reasons.length === 0 ? 'mining goes on' : `mining is paused: ${reasons.join(', ')}`
  return `${reason}: ${held ? 'begins to hold' : 'holds no longer'}; ${left}`
}

/** Says once of each thing that the system does not tell it, if a setting asks for it. */
function createUnknown(tell: KeeperHooks['tell']): (what: string, wanted: boolean) => void {
  const said = new Set<string>()
  return (what, wanted) => {
    if (!wanted || said.has(what)) return
    said.add(what)
    tell('warn', 'E_WATCH_UNKNOWN', `this system does not tell ${what}; what depends on it has no effect`)
  }
}
