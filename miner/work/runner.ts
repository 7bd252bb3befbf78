/** The threads themselves: one piscina task a slot, from its start to its end. */
import { getPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { threadEnvironment, messageOf } from '../../base/index.js'
import { sharedByteMap } from '../../lxrhash/index.js'
import type { Control } from './control.js'
import type { Placement } from './placement.js'
import type { PoolOptions } from './pool-types.js'
import type { MineResult, MineTask, WorkerMessage } from './worker.js'

export interface RunnerParts {
  readonly options: PoolOptions
  readonly control: Control
  /** How long threads that were told to end may take, ms. */
  readonly closeTimeout: number
  /** A slot's thread has checked itself and hashes. */
  readonly onReady: (slot: number) => void
  /** The code of the threads cannot be loaded. */
  readonly onBootFailure: () => void
}

export interface ThreadEnd {
  /** `refused`: it computes wrong answers. */
  readonly end: 'refused' | 'ended'
  readonly reason: string
}

export type Runner = ReturnType<typeof createRunner>

/** The highest nice value. */
const NICEST = 19

export function createRunner({ options, control, closeTimeout, onReady, onBootFailure }: RunnerParts) {
  const { threads, capacity = threads, known, firstHasher, hasher = {}, onHit, onNotice } = options
  const byteMap = sharedByteMap(options.byteMap)
  const ownNice = getPriority()
  let placement = { cpus: options.cpus ?? [], nice: options.nice ?? 0 }
  let bootFailure: string | null = null
  const piscina = new Piscina<MineTask, MineResult>({
    filename: fileURLToPath(options.worker ?? new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: capacity,
    idleTimeout: Infinity,
    recordTiming: false,
    env: threadEnvironment(),
    closeTimeout,
  })

  piscina.on('message', (message: WorkerMessage) => {
    const { slot } = message
    if (message.kind === 'hit') return onHit(message.hit, slot)
    if (message.kind === 'ready') return onReady(slot)
    if (message.kind === 'portable') {
      const what = `thread ${slot} hashes with the portable kernel: ${message.reason}`
      return onNotice('warn', 'E_MINER_KERNEL', what)
    }
    for (const reason of message.reasons) onNotice('warn', 'E_MINER_PLACEMENT', `thread ${slot}: ${reason}`)
  })
  // A thread died without a task: its code cannot be loaded. piscina replaces it no more, and leaves the task of a
  // slot that waits for it in its queue.
  piscina.on('error', (error: unknown) => {
    bootFailure ??= messageOf(error)
    onBootFailure()
  })

  function placementOf(slot: number): Placement {
    const { cpus, nice } = placement
    return {
      cpu: cpus[slot % Math.max(1, cpus.length)],
      nice: nice === 0 ? undefined : Math.min(NICEST, ownNice + nice),
    }
  }

  return {
    /** Runs a slot's loop on a thread until it ends, or the signal ends the thread. */
    async run(slot: number, signal: AbortSignal): Promise<ThreadEnd> {
      const task: MineTask = {
        ...{ control: control.buffer, byteMap, slot, hasher, known },
        hasherSlot: firstHasher + slot,
        placement: placementOf(slot),
      }
      try {
        const result = await piscina.run(task, { signal })
        return result.end === 'refused' ? result : { end: 'ended', reason: 'without being asked to' }
      } catch (error) {
        return { end: 'ended', reason: signal.aborted ? 'no sign of life' : messageOf(error) }
      }
    },
    /** Of threads that are started from now on. */
    place(cpus: readonly number[], nice: number): void {
      placement = { cpus, nice }
    },
    /** Why the code of the threads cannot be loaded. */
    get bootFailure(): string | null {
      return bootFailure
    },
    /** Ends all threads; `idle`: none runs a loop any more. close() would wait for tasks that do not end. */
    close: (idle: boolean) => (idle ? piscina.close() : piscina.destroy()),
  }
}
