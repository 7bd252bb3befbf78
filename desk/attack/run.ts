/** Many blocks of many scenarios, by threads. */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { childEnvironment } from '../../base/index.js'
import { added, NO_BLOCKS, resultOf } from './chance.js'
import type { AttackResult, Scenario, Tally } from './types.js'
import type { AttackTask } from './worker.js'

export interface AttackOptions {
  readonly scenarios: readonly Scenario[]
  /** Of each scenario. */
  readonly blocks: number
  /** The same seed gives the same results, by however many threads. */
  readonly seed: string
  readonly threads: number
  readonly signal?: AbortSignal
  /** After each scenario, in order. */
  readonly onResult?: (result: AttackResult) => void
}

/** So many blocks are one task; a task has a seed of its own. */
const TASK_BLOCKS = 50

export async function simulateAttacks(options: AttackOptions): Promise<readonly AttackResult[]> {
  const { scenarios, threads, signal, onResult } = options
  signal?.throwIfAborted()
  const pool = new Piscina<AttackTask, Tally>({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    recordTiming: false,
    env: childEnvironment(),
  })
  const stop = (): void => void pool.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    // All are handed over at once, so that no thread waits between two scenarios.
    const running = scenarios.map((scenario) =>
      Promise.all(tasksOf(scenario, options).map((task) => pool.run(task))),
    )
    for (const tallies of running) tallies.catch(() => undefined)
    const results: AttackResult[] = []
    for (const [k, scenario] of scenarios.entries()) {
      const tallies = (await running[k]) ?? []
      const result = resultOf(scenario, tallies.reduce(added, NO_BLOCKS))
      results.push(result)
      onResult?.(result)
    }
    return results
  } finally {
    signal?.removeEventListener('abort', stop)
    await pool.destroy()
  }
}

function tasksOf(scenario: Scenario, { blocks, seed }: AttackOptions): AttackTask[] {
  return Array.from({ length: Math.ceil(blocks / TASK_BLOCKS) }, (_, k) => ({
    scenario,
    seed: `${seed} ${k}`,
    blocks: Math.min(TASK_BLOCKS, blocks - k * TASK_BLOCKS),
  }))
}
