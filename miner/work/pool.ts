/**
 * The worker threads: one piscina task per slot for the whole life of the pool, steered through the control block.
 * Crashed threads are started again with growing pauses, silent ones are replaced, wrong ones are left out.
 */
import { getPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { childEnvironment, messageOf } from '../../base/index.js'
import { sharedByteMap } from '../../lxrhash/index.js'
import {
  PAUSE,
  RUN,
  STOP,
  awaitSeen,
  clearJob,
  createControl,
  readSlot,
  stateOf,
  writeFloor,
  writeJob,
  writeState,
  writeWanted,
  type PostedJob,
} from './control.js'
import { WHOLE_SPACE, type Lease } from './nonces.js'
import type { Pool, PoolOptions, PoolTiming, SlotState } from './pool-types.js'
import { sleep } from './sleep.js'
import type { Placement } from './placement.js'
import { createSwitchTimes } from './switch-times.js'
import type { MineResult, MineTask, WorkerMessage } from './worker.js'

const TIMING: PoolTiming = {
  backOff: 1000,
  backOffLimit: 30_000,
  watch: 5000,
  silent: 10_000,
  boot: 30_000,
  stop: 600,
}

/**
 * How long the main thread stands aside at most when there is new work. It would go on with other things, on the
 * processor of a thread that has not seen the work yet.
 */
const HAND_OVER_MS = 5
/** Nice values end here. */
const NICEST = 19
/** A slot whose thread fails this often without ever getting ready is given up. */
const BOOT_TRIES = 3

interface Slot {
  state: SlotState
  /** When it was started, then when it said that it is ready. Beats come after that. */
  aliveNs: bigint
  abort: AbortController
  /** Its thread was told to end: that it does is no failure. */
  told: boolean
  supervised: Promise<void>
  /** Starts without getting ready, in a row. */
  fruitless: number
}

export function createPool(options: PoolOptions): Pool {
  const { threads, capacity = threads, machineId, onNotice } = options
  const timing = { ...TIMING, ...options.timing }
  const control = createControl({ slots: capacity, machineId })
  const byteMap = sharedByteMap(options.byteMap)
  const piscina = new Piscina<MineTask, MineResult>({
    filename: fileURLToPath(options.worker ?? new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: capacity,
    idleTimeout: Infinity,
    recordTiming: false,
    env: childEnvironment(),
    closeTimeout: timing.stop,
  })
  const switchTimes = createSwitchTimes(control)
  const slots: Slot[] = Array.from({ length: capacity }, () => ({
    state: 'off',
    aliveNs: process.hrtime.bigint(),
    abort: new AbortController(),
    told: false,
    supervised: Promise.resolve(),
    fruitless: 0,
  }))
  let wanted = 0
  let placement: { readonly cpus: readonly number[]; readonly nice: number } = {
    cpus: options.cpus ?? [],
    nice: options.nice ?? 0,
  }
  const inUse = (): readonly Slot[] => slots.slice(0, wanted)
  const ownNice = getPriority()
  const halt = new AbortController()
  let job: PostedJob | null = null
  let lease: Lease = WHOLE_SPACE
  let restarts = 0
  let bootFailure: string | null = null
  let settle: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (settle = resolve))

  piscina.on('message', (message: WorkerMessage) => {
    if (message.kind === 'hit') return options.onHit(message.hit, message.slot)
    if (message.kind === 'misplaced') return tellMisplaced(message)
    enter(message.slot, 'mining')
  })
  // A thread died without a task: its code cannot be loaded. piscina replaces it no more, and leaves the task of a
  // slot that waits for it in its queue.
  piscina.on('error', (error: unknown) => {
    bootFailure ??= messageOf(error)
    for (const { state, abort } of slots) if (state === 'starting') abort.abort()
  })

  function enter(index: number, state: SlotState): void {
    const slot = slots[index] as Slot
    slot.state = state
    if (state === 'mining') {
      slot.fruitless = 0
      slot.aliveNs = process.hrtime.bigint()
    }
    if (inUse().every(({ state }) => state !== 'starting')) settle()
    if (inUse().every(({ state }) => state === 'refused')) options.onLost()
  }

  async function supervise(index: number): Promise<void> {
    const slot = slots[index] as Slot
    let pause = timing.backOff
    while (!halt.signal.aborted && index < wanted) {
      slot.state = 'starting'
      slot.abort = new AbortController()
      slot.told = false
      slot.aliveNs = process.hrtime.bigint()
      slot.fruitless++
      const end = await runSlot(index, slot)
      if (halt.signal.aborted || index >= wanted) break
      if (end.end === 'refused') {
        onNotice('error', 'E_MINER_KNOWN_ANSWER', `thread ${index} is left out: ${end.reason}`)
        return enter(index, 'refused')
      }
      if (slot.told) {
        slot.fruitless = 0
        continue
      }
      if (slot.state === 'starting' && (bootFailure !== null || slot.fruitless >= BOOT_TRIES)) {
        const why = bootFailure ?? end.reason
        onNotice('error', 'E_MINER_WORKER', `thread ${index} does not start and is left out: ${why}`)
        return enter(index, 'refused')
      }
      restarts++
      onNotice('warn', 'E_MINER_WORKER', `thread ${index} ended (${end.reason}); again in ${pause} ms`)
      slot.state = 'resting'
      await sleep(pause, halt.signal)
      pause = Math.min(pause * 2, timing.backOffLimit)
    }
    slot.state = halt.signal.aborted ? 'stopped' : 'off'
  }

  /** A slot that was in use before may still be on its way out. */
  function begin(index: number): void {
    const slot = slots[index] as Slot
    slot.supervised = slot.supervised.then(() => supervise(index))
  }

  function resize(to: number): void {
    const [from, next] = [wanted, Math.min(Math.max(1, to), capacity)]
    wanted = next
    writeWanted(control, next)
    for (let index = from; index < next; index++) begin(index)
    // One that has not come to its loop yet does not see that it is no longer wanted.
    for (const slot of slots.slice(next)) {
      slot.told = true
      if (slot.state === 'starting') slot.abort.abort()
    }
    switchTimes.cancel()
  }

  /** Whether there was a thread to end. */
  function replace(index: number): boolean {
    const slot = slots[index]
    if (slot === undefined || (slot.state !== 'mining' && slot.state !== 'starting')) return false
    slot.told = true
    slot.abort.abort()
    return true
  }

  function placementOf(slot: number): Placement {
    const { cpus, nice } = placement
    return {
      cpu: cpus[slot % Math.max(1, cpus.length)],
      nice: nice === 0 ? undefined : Math.min(NICEST, ownNice + nice),
    }
  }

  function tellMisplaced({ slot, reasons }: { slot: number; reasons: readonly string[] }): void {
    for (const reason of reasons) onNotice('warn', 'E_MINER_PLACEMENT', `thread ${slot}: ${reason}`)
  }

  async function runSlot(
    slot: number,
    { abort: { signal } }: Slot,
  ): Promise<{ end: 'refused' | 'ended'; reason: string }> {
    const { known, firstHasher, hasher = {} } = options
    const task: MineTask = {
      control: control.buffer,
      byteMap,
      slot,
      hasherSlot: firstHasher + slot,
      hasher,
      known,
      placement: placementOf(slot),
    }
    try {
      const result = await piscina.run(task, { signal })
      return result.end === 'refused' ? result : { end: 'ended', reason: 'without being asked to' }
    } catch (error) {
      return { end: 'ended', reason: signal.aborted ? 'no sign of life' : messageOf(error) }
    }
  }

  function beatAgeMs(index: number): number {
    const { beatNs } = readSlot(control, index)
    const { aliveNs } = slots[index] as Slot
    return Number(process.hrtime.bigint() - (beatNs > aliveNs ? beatNs : aliveNs)) / 1e6
  }

  function watch(): void {
    inUse().forEach((slot, index) => {
      const limit =
        slot.state === 'mining' ? timing.silent : slot.state === 'starting' ? timing.boot : Infinity
      const age = beatAgeMs(index)
      if (age <= limit || slot.abort.signal.aborted) return
      onNotice('warn', 'E_MINER_SILENT', `thread ${index} has been silent for ${Math.round(age)} ms`)
      slot.abort.abort()
    })
  }

  async function shutDown(): Promise<void> {
    clearInterval(watchdog)
    halt.abort()
    writeState(control, STOP)
    for (const { state, abort } of slots) if (state === 'starting') abort.abort()
    const timeUp = new AbortController()
    const supervised = Promise.all(slots.map((slot) => slot.supervised))
    const inTime = await Promise.race([
      supervised.then(() => true),
      sleep(timing.stop, timeUp.signal).then(() => false),
    ])
    timeUp.abort()
    // close() would wait for tasks that do not end; destroy() ends their threads.
    await (inTime ? piscina.close() : piscina.destroy())
    await supervised
    settle()
  }

  const watchdog = setInterval(watch, timing.watch).unref()
  resize(threads)
  let stopped: Promise<void> | null = null

  return {
    control,
    ready,
    publish({ oprHash, floor, keep, lease: given = WHOLE_SPACE }) {
      const before = job !== null && Buffer.compare(job.oprHash, oprHash) === 0 ? job : null
      const same = before !== null
      const goesOn = same && given.from === lease.from && given.to === lease.to
      lease = given
      job =
        before === null
          ? { id: (job?.id ?? 0) + 1, oprHash: oprHash.slice(), floor, keep }
          : { ...before, floor }
      const awake = inUse().flatMap(({ state }, index) => (state === 'mining' ? [index] : []))
      if (!same) switchTimes.begin(job.id, awake)
      const epoch = goesOn ? writeJob(control, job) : writeJob(control, job, lease)
      if (!same && stateOf(control) === RUN) awaitSeen(control, awake, epoch, HAND_OVER_MS)
      return job.id
    },
    setFloor(floor) {
      if (job === null || job.floor === floor) return
      job = { ...job, floor }
      writeFloor(control, floor)
    },
    clear() {
      clearJob(control)
    },
    pause() {
      if (stateOf(control) !== RUN) return
      switchTimes.cancel()
      writeState(control, PAUSE)
    },
    resume() {
      if (stateOf(control) === PAUSE) writeState(control, RUN)
    },
    resize,
    restart(slot) {
      if (replace(slot)) restarts++
    },
    place(cpus, nice) {
      placement = { cpus, nice }
      slots.forEach((_, index) => replace(index))
    },
    slots: () =>
      inUse().map(({ state }, slot) => ({
        slot,
        state,
        hashes: readSlot(control, slot).hashes,
        beatAgeMs: beatAgeMs(slot),
      })),
    get paused() {
      return stateOf(control) === PAUSE
    },
    get hashes() {
      return slots.reduce((sum, _, slot) => sum + readSlot(control, slot).hashes, 0n)
    },
    get restarts() {
      return restarts
    },
    get switchMs() {
      return switchTimes.samples()
    },
    stop: () => (stopped ??= shutDown()),
  }
}
