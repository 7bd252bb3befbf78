/** The watchdog of `pegminer mine`: its settings, its metrics, its test. */
import { hostname } from 'node:os'

import { wallMs } from '../../base/index.js'
import type { Settings } from '../../config/index.js'
import type { Miner } from '../../miner/index.js'
import { WATCHDOG_RULES, type Metrics } from '../../telemetry/index.js'
import {
  act,
  createKeeper,
  createSensors,
  HOLDS,
  type Keeper,
  type KeeperHooks,
  type Sensors,
} from '../../watch/index.js'
import { EXIT } from '../program/context.js'
import { bytesText } from '../view/format.js'
import type { WatchKey } from '../program/keys.js'
import type { Output } from '../program/output.js'
import { keeperSettingsOf } from '../service/watch-plan.js'
import type { MinePlan } from './plan.js'

export interface WatchedRun {
  readonly settings: Pick<Settings, WatchKey>
  readonly miner: Pick<Miner, 'view' | 'pause' | 'resume' | 'restartThread'>
  readonly metrics: Pick<Metrics, 'tree'>
  readonly plan: Pick<MinePlan, 'dataDir' | 'network' | 'identity'>
  readonly tell: KeeperHooks['tell']
}

export interface MineKeeper extends Omit<Keeper, 'adjust'> {
  /** Settings that were read again. */
  adjust(settings: Pick<Settings, WatchKey | 'miner.identity'>): void
}

export function createMineKeeper({ settings, miner, metrics, plan, tell }: WatchedRun): MineKeeper {
  let { identity } = plan
  const { watch } = metrics.tree
  for (const { kind: alarm } of WATCHDOG_RULES) watch.alarm.set({ alarm }, 0)
  for (const reason of HOLDS) watch.holds.set({ reason }, 0)
  const { view } = miner
  const keeper = createKeeper({
    view,
    settings: keeperSettingsOf(settings),
    dataDir: plan.dataDir,
    hooks: {
      pause: () => miner.pause(),
      resume: () => miner.resume(),
      restartThread: (slot) => miner.restartThread(slot),
      tell,
      onAlarm: (alarm, raised) => watch.alarm.set({ alarm }, raised ? 1 : 0),
      onAction: (action, worked) => watch.actions.inc({ action, result: worked ? 'ok' : 'failed' }),
      onHold: (reason, held) => watch.holds.set({ reason }, held ? 1 : 0),
      onSense: ({ temperature, freeBytes }) => {
        if (temperature !== null) watch.temperature.set({ sensor: 'cpu' }, temperature)
        if (freeBytes !== null) watch.freeBytes.set(freeBytes)
      },
      about: () => ({ network: plan.network.name, identity, host: hostname() }),
    },
  })
  return {
    ...keeper,
    adjust: (next) => {
      identity = next['miner.identity'] ?? plan.identity
      keeper.adjust(keeperSettingsOf(next))
    },
  }
}

/** Two looks at the processors' clocks, so long apart. */
const SHARE_MS = 1_000

/** `mine --watchdog-test`: each action once, and what the sensors tell. Exit code 1 if an action failed. */
export async function testWatchdog(
  settings: Pick<Settings, WatchKey>,
  {
    output,
    dataDir,
    network,
    signal,
    sensors = createSensors(),
  }: {
    readonly output: Pick<Output, 'line' | 'event'>
    readonly dataDir: string
    readonly network: string
    readonly signal: AbortSignal
    readonly sensors?: Sensors
  },
): Promise<number> {
  const { actions, report } = keeperSettingsOf(settings)
  const about = { network, host: hostname(), time: new Date(wallMs()).toISOString() }
  const alarm = { event: 'alarm', alarm: 'test', state: 'raised', text: 'a test of the watchdog', ...about }
  const results = [
    ...(await act(alarm, actions, { signal, pauses: [] })),
    ...(
      await act(
        { event: 'report', text: 'a test of the report', ...about },
        { command: [], webhook: report.webhook },
        { signal, pauses: [] },
      )
    ).map((result) => ({ ...result, action: 'report webhook' })),
  ]
  for (const { action, error } of results) {
    output.line(` ${action}: ${error === null ? 'worked' : `failed: ${error}`}`)
    output.event({ event: 'action', action, ok: error === null, error })
  }
  if (results.length === 0)
    output.line(' no action is set: see watchdog.command, watchdog.webhook and report.webhook')

  sensors.othersShare()
  await new Promise((resolve) => setTimeout(resolve, SHARE_MS))
  const [temperature, battery, free] = await Promise.all([
    sensors.temperature(),
    sensors.onBattery(),
    sensors.freeBytes(dataDir),
  ])
  const share = sensors.othersShare()
  const textOf = <T>(value: T | null, text: (value: T) => string): string =>
    value === null ? 'this system does not tell' : text(value)
  output.line(` temperature: ${textOf(temperature, (degrees) => `${Math.round(degrees)} °C`)}`)
  output.line(` on battery: ${textOf(battery, (yes) => (yes ? 'yes' : 'no'))}`)
  output.line(
    ` load of other programs: ${textOf(share, (of) => `${Math.round(of * 100)} % of the processors`)}`,
  )
  output.line(` free for the data directory: ${textOf(free, bytesText)}`)
  output.event({ event: 'sensors', temperature, battery, share, free })
  return results.some(({ error }) => error !== null) ? EXIT.failure : EXIT.done
}
