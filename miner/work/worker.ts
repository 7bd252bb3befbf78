/** What runs in each thread: check the hasher, then the loop until STOP. Started by `pool.ts` through piscina. */
import { parentPort } from 'node:worker_threads'
import { openControl } from './control.js'
import { checkKnownAnswers, type KnownAnswers } from './known.js'
import { runLoop } from './loop.js'
import { placeThread, type Placement } from './placement.js'
import { soundHasher, type SlotHasher } from './sound.js'
import type { Hit } from './workforce.js'

/** One per slot. Memory and module are shared, not copied. */
export interface MineTask extends SlotHasher {
  readonly control: SharedArrayBuffer
  readonly slot: number
  readonly known: KnownAnswers
  readonly placement?: Placement
}

export type MineResult =
  { readonly end: 'stopped'; readonly hashes: bigint } | { readonly end: 'refused'; readonly reason: string }

/** piscina does not say which thread a message is from, hence the slot. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly slot: number }
  | { readonly kind: 'hit'; readonly slot: number; readonly hit: Hit }
  | { readonly kind: 'misplaced'; readonly slot: number; readonly reasons: readonly string[] }
  /** The native kernel is not to be used, the portable one is. */
  | { readonly kind: 'portable'; readonly slot: number; readonly reason: string }

export default function mine(task: MineTask): MineResult {
  const { control, slot, known, placement = {} } = task
  const send = (message: WorkerMessage): void => parentPort?.postMessage(message)
  const reasons = placeThread(placement)
  if (reasons.length > 0) send({ kind: 'misplaced', slot, reasons })
  const hasher = soundHasher(task, (reason) => send({ kind: 'portable', slot, reason }))
  const wrong = checkKnownAnswers(hasher, known)
  if (wrong !== null) return { end: 'refused', reason: wrong }
  send({ kind: 'ready', slot })
  const { hashes } = runLoop({
    control: openControl(control),
    slot,
    hasher,
    report: (hit) => send({ kind: 'hit', slot, hit }),
  })
  return { end: 'stopped', hashes }
}
