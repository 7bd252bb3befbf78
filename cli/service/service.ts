/** What the service manager is told of a run: ready, alive, reading settings, stopping. */
import type { Check } from '../../telemetry/index.js'
import { serviceManager, type ServiceManager } from '../../watch/index.js'

export interface ServiceOptions {
  /** Whether the loops have turned lately. */
  readonly live: () => readonly Check[]
  readonly manager?: ServiceManager
  /** Ready after so long at the latest, ms: the service manager must not end the start because the node is away. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 60_000

export function createService(options: ServiceOptions) {
  const { live, manager = serviceManager(), patienceMs = PATIENCE_MS } = options
  const { watchdogMs } = manager
  let isReady = false
  const ready = (status: string): void => {
    if (isReady) return
    isReady = true
    clearTimeout(patience)
    manager.send('READY=1', `STATUS=${status}`)
  }
  const patience = setTimeout(() => ready('waiting for the node'), patienceMs).unref()
  const beat = (): void => {
    if (live().every(({ ok }) => ok)) manager.send('WATCHDOG=1')
  }
  const timer = watchdogMs === null ? undefined : setInterval(beat, watchdogMs / 3).unref()
  return {
    /** Hashing has begun, or is held on purpose. Told once. */
    ready,
    status: (text: string) => manager.send(`STATUS=${text}`),
    reloading: () =>
      manager.send(
        'RELOADING=1',
        `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`,
        'STATUS=reading settings',
      ),
    reloaded: () => manager.send('READY=1', 'STATUS=settings read'),
    stopping: () => manager.send('STOPPING=1', 'STATUS=ending'),
    close: () => {
      clearTimeout(patience)
      clearInterval(timer)
    },
  }
}

export type Service = ReturnType<typeof createService>
