/** Watches over the slots of a pool: crashed threads are started again with growing pauses, wrong ones are left out. */
import { sleep } from '../../base/index.js'
import type { WorkforceHooks } from './workforce.js'
import type { PoolTiming, SlotState } from './pool-types.js'
import type { Runner, ThreadEnd } from './runner.js'

export interface SupervisorParts extends WorkforceHooks {
  readonly capacity: number
  readonly timing: PoolTiming
  readonly run: Runner['run']
  readonly bootFailure: () => string | null
  /** A slot's last sign of life in shared memory; 0 before the first. */
  readonly beatNs: (slot: number) => bigint
}

interface Slot {
  state: SlotState
  /** When it was started, then when it said that it is ready. Beats come after that. */
  aliveNs: bigint
  abort: AbortController
  /** Its thread was told to end: that it does is no failure. */
  isReported: boolean
  supervised: Promise<void>
  /** Starts without getting ready, in a row. */
  fruitless: number
}

/** A slot whose thread fails this often without ever getting ready is given up. */
const BOOT_TRIES = 3

export function createSupervisor(parts: SupervisorParts) {
  const { timing, onNotice } = parts
  const slots: readonly Slot[] = Array.from({ length: parts.capacity }, newSlot)
  const halted = new AbortController()
  let wanted = 0
  let restarts = 0
  let settle: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (settle = resolve))
  const at = (index: number): Slot => slots[index] as Slot
  const inUse = (): readonly Slot[] => slots.slice(0, wanted)

  /** Tells the owner when there is nothing left to wait for, or to hash. */
  function judge(): void {
    if (inUse().every(({ state }) => state !== 'starting')) settle()
    if (inUse().every(({ state }) => state === 'refused')) parts.onLost()
  }

  async function supervise(index: number): Promise<void> {
    const slot = at(index)
    let pause = timing.backOff
    while (!halted.signal.aborted && index < wanted) {
      Object.assign(slot, {
        state: 'starting',
        abort: new AbortController(),
        isReported: false,
        aliveNs: nowNs(),
      })
      slot.fruitless++
      const end = await parts.run(index, slot.abort.signal)
      if (halted.signal.aborted || index >= wanted) break
      const fault = faultOf(slot, end, parts.bootFailure())
      if (fault !== null) {
        onNotice('error', fault.code, `thread ${index} ${fault.what}`)
        slot.state = 'refused'
        return judge()
      }
      if (slot.isReported) {
        slot.fruitless = 0
        continue
      }
      restarts++
      onNotice('warn', 'E_MINER_WORKER', `thread ${index} ended (${end.reason}); again in ${pause} ms`)
      slot.state = 'resting'
      await sleep(pause, halted.signal)
      pause = Math.min(pause * 2, timing.backOffLimit)
    }
    slot.state = halted.signal.aborted ? 'stopped' : 'off'
  }

  function beatAgeMs(index: number): number {
    const beatNs = parts.beatNs(index)
    const { aliveNs } = at(index)
    return Number(nowNs() - (beatNs > aliveNs ? beatNs : aliveNs)) / 1e6
  }

  function replace(index: number): boolean {
    const slot = slots[index]
    if (slot === undefined || (slot.state !== 'mining' && slot.state !== 'starting')) return false
    slot.isReported = true
    slot.abort.abort()
    return true
  }

  function cutStarts(from = 0): void {
    for (const { state, abort } of slots.slice(from)) if (state === 'starting') abort.abort()
  }

  return {
    /** Settled when each wanted slot is mining or given up. */
    ready,
    /** How many slots are wanted. Those above end when they see it. */
    resize(next: number): void {
      const from = wanted
      wanted = next
      // The thread of a slot that was in use before may not have ended yet, so the new one waits for it.
      for (let index = from; index < next; index++)
        at(index).supervised = at(index).supervised.then(() => supervise(index))
      // A thread that has not come to its loop yet does not see that its slot is no longer wanted.
      for (const slot of slots.slice(next)) slot.isReported = true
      cutStarts(next)
    },
    /** Its thread hashes. */
    isUp(index: number): void {
      Object.assign(at(index), { state: 'mining', fruitless: 0, aliveNs: nowNs() })
      judge()
    },
    /** Ends a slot's thread; another one takes its place. Whether there was one. */
    replace,
    restart(index: number): void {
      if (replace(index)) restarts++
    },
    /** Slots whose threads are on their way up get no further. */
    cutStarts: () => cutStarts(),
    /** Replaces those that are silent. */
    watch(): void {
      inUse().forEach(({ state, abort }, index) => {
        const limit = state === 'mining' ? timing.silent : state === 'starting' ? timing.boot : Infinity
        const age = beatAgeMs(index)
        if (age <= limit || abort.signal.aborted) return
        onNotice('warn', 'E_MINER_SILENT', `thread ${index} has been silent for ${Math.round(age)} ms`)
        abort.abort()
      })
    },
    /** States of the wanted slots. */
    states: () => inUse().map(({ state }) => state),
    beatAgeMs,
    get restarts(): number {
      return restarts
    },
    /** No thread is started any more. Settled when all have ended. */
    async halt(): Promise<void> {
      halted.abort()
      cutStarts()
      await Promise.all(slots.map(({ supervised }) => supervised))
      settle()
    },
  }
}

const nowNs = (): bigint => process.hrtime.bigint()

function newSlot(): Slot {
  return {
    state: 'off',
    aliveNs: nowNs(),
    abort: new AbortController(),
    isReported: false,
    supervised: Promise.resolve(),
    fruitless: 0,
  }
}

/** Why a slot is given up after its thread's end; null: another thread is started. Pure. */
function faultOf(
  slot: Pick<Slot, 'state' | 'isReported' | 'fruitless'>,
  { end, reason }: ThreadEnd,
  bootFailure: string | null,
): { readonly code: 'E_MINER_KNOWN_ANSWER' | 'E_MINER_WORKER'; readonly what: string } | null {
  if (end === 'refused') return { code: 'E_MINER_KNOWN_ANSWER', what: `is left out: ${reason}` }
  const hopeless = bootFailure !== null || slot.fruitless >= BOOT_TRIES
  if (slot.isReported || slot.state !== 'starting' || !hopeless) return null
  return { code: 'E_MINER_WORKER', what: `does not start and is left out: ${bootFailure ?? reason}` }
}
