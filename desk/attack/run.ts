/** Many blocks of many scenarios, by threads. */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { threadEnvironment } from '../../base/index.js'
import { added, NO_BLOCKS, resultOf, type Tally } from './chance.js'
import type { AttackResult, Scenario } from './types.js'
import type { AttackTask } from './worker.js'

export interface AttackOptions {
  readonly scenarios: readonly Scenario[]
  /** Of each scenario. */
  readonly blocks: number
  /** The same seed gives the same results, by any number of threads. */
  readonly seed: string
  readonly threads: number
  readonly signal?: AbortSignal
  /** After each scenario, in order. */
  readonly onResult?: (result: AttackResult) => void
  /** How many blocks of all scenarios are played. */
  readonly onBlocks?: (done: number) => void
}

/** So many blocks are one task; a task has a seed of its own. */
const TASK_BLOCKS = 50
/** So many are with each thread, so that none waits for its next one: all at once would be millions. */
const TASKS_EACH = 2

export async function simulateAttacks(options: AttackOptions): Promise<readonly AttackResult[]> {
  const { threads, signal } = options
  signal?.throwIfAborted()
  const pool = new Piscina<AttackTask, Tally>({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    recordTiming: false,
    env: threadEnvironment(),
  })
  const stop = (): void => void pool.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const sums = createSums(options)
    const tasks = tasksOf(options)
    const run = async (): Promise<void> => {
      for (const [order, task] of tasks) sums.take(order, await pool.run(task))
    }
    await Promise.all(Array.from({ length: TASKS_EACH * threads }, run))
    return sums.results
  } finally {
    signal?.removeEventListener('abort', stop)
    await pool.destroy()
  }
}

/** With their places in the order in which they are added up. */
function* tasksOf({ scenarios, blocks, seed }: AttackOptions): Generator<[number, AttackTask]> {
  let order = 0
  for (const scenario of scenarios)
    for (let done = 0; done < blocks; done += TASK_BLOCKS)
      yield [
        order++,
        { scenario, seed: `${seed} ${done / TASK_BLOCKS}`, blocks: Math.min(TASK_BLOCKS, blocks - done) },
      ]
}

/** Adds up in the order of the tasks, since sums of fractions depend on it, and the threads end in any order. */
function createSums({ scenarios, blocks, onResult, onBlocks }: AttackOptions) {
  const parts = Math.ceil(blocks / TASK_BLOCKS)
  const early = new Map<number, Tally>()
  const results: AttackResult[] = []
  let [next, sum] = [0, NO_BLOCKS]
  return {
    results: results as readonly AttackResult[],
    take(order: number, tally: Tally): void {
      early.set(order, tally)
      for (let one = early.get(next); one !== undefined; one = early.get(next)) {
        early.delete(next)
        sum = added(sum, one)
        onBlocks?.(results.length * blocks + sum.blocks)
        if (++next % parts > 0) continue
        const result = resultOf(scenarios[results.length] as Scenario, sum)
        results.push(result)
        sum = NO_BLOCKS
        onResult?.(result)
      }
    },
  }
}
