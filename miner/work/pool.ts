/**
 * The worker threads: one loop a slot for the whole life of the pool (`runner.ts`), watched over (`supervisor.ts`) and
 * steered through the control block (`posting.ts`).
 */
import { sleep } from '../../base/index.js'
import { PAUSE, STOP, createControl, readSlot, stateOf, writeState, writeWanted } from './control.js'
import type { Pool, PoolOptions, PoolTiming } from './pool-types.js'
import { createPosting } from './posting.js'
import { createRunner } from './runner.js'
import { createSupervisor } from './supervisor.js'
import { createSwitchTimes } from './switch-times.js'

const TIMING: PoolTiming = {
  backOff: 1000,
  backOffLimit: 30_000,
  watch: 5000,
  silent: 10_000,
  boot: 30_000,
  stop: 600,
}

export function createPool(options: PoolOptions): Pool {
  const { threads, capacity = threads, machineId, onNotice, onLost } = options
  const timing = { ...TIMING, ...options.timing }
  const control = createControl({ slots: capacity, machineId })
  const switchTimes = createSwitchTimes(control)
  const runner = createRunner({
    ...{ options, control, closeTimeout: timing.stop },
    onReady: (slot) => supervisor.isUp(slot),
    onBootFailure: () => supervisor.cutStarts(),
  })
  const supervisor = createSupervisor({
    ...{ capacity, timing, onNotice, onLost },
    run: (slot, signal) => runner.run(slot, signal),
    bootFailure: () => runner.bootFailure,
    beatNs: (slot) => readSlot(control, slot).beatNs,
  })
  const posting = createPosting(control, switchTimes, () =>
    supervisor.states().flatMap((state, slot) => (state === 'mining' ? [slot] : [])),
  )

  function resize(to: number): void {
    const wanted = Math.min(Math.max(1, to), capacity)
    writeWanted(control, wanted)
    supervisor.resize(wanted)
    switchTimes.cancel()
  }

  async function shutDown(): Promise<void> {
    clearInterval(watchdog)
    writeState(control, STOP)
    const halted = supervisor.halt()
    const timeUp = new AbortController()
    const idle = await Promise.race([
      halted.then(() => true),
      sleep(timing.stop, timeUp.signal).then(() => false),
    ])
    timeUp.abort()
    await runner.close(idle)
    await halted
  }

  const watchdog = setInterval(() => supervisor.watch(), timing.watch).unref()
  resize(threads)
  let stopped: Promise<void> | null = null

  return {
    ...posting,
    control,
    ready: supervisor.ready,
    resize,
    restart: (slot) => supervisor.restart(slot),
    place(cpus, nice) {
      runner.place(cpus, nice)
      for (let slot = 0; slot < capacity; slot++) supervisor.replace(slot)
    },
    slots: () =>
      supervisor.states().map((state, slot) => ({
        slot,
        state,
        hashes: readSlot(control, slot).hashes,
        beatAgeMs: supervisor.beatAgeMs(slot),
      })),
    get paused() {
      return stateOf(control) === PAUSE
    },
    get hashes() {
      let sum = 0n
      for (let slot = 0; slot < capacity; slot++) sum += readSlot(control, slot).hashes
      return sum
    },
    get restarts() {
      return supervisor.restarts
    },
    get switchMs() {
      return switchTimes.samples()
    },
    stop: () => (stopped ??= shutDown()),
  }
}
