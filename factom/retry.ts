/** A second and third try for questions that failed by accident. */
import { isCoded, pauseAfter, retried } from '../base/index.js'
import type { Rpc } from './rpc.js'
import { REAL_TIME, type Timing } from './timing.js'

const PAUSES = { first: 100, factor: 3, cap: 1000 }
/** Failures that may be gone a moment later. A timeout is not among them: it has cost enough time already. */
const PASSING: ReadonlySet<string> = new Set([
  'E_FACTOM_UNREACHABLE',
  'E_FACTOM_HTTP',
  'E_FACTOM_REPLY',
  'E_FACTOM_RPC_INTERNAL',
])
/** Callers of these methods try again themselves, because they have to send commit and reveal in a certain order. */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  'current-minute',
  'commit-entry',
  'reveal-entry',
  'commit-chain',
  'reveal-chain',
  'factoid-submit',
  'ack',
])

/** An RPC that asks questions up to `retries` times again. */
export function retrying(rpc: Rpc, retries: number, timing: Timing = REAL_TIME): Rpc {
  if (retries <= 0) return rpc
  return {
    get url() {
      return rpc.url
    },
    call: (method, params, signal) =>
      retried(
        () => rpc.call(method, params, signal),
        (error, failures) => {
          const passing = isCoded(error) && error.retryable && PASSING.has(error.code)
          return passing && failures <= retries && !LEFT_ALONE.has(method)
            ? pauseAfter(failures - 1, PAUSES)
            : null
        },
        { signal, sleep: timing.sleep },
      ),
    close: () => rpc.close(),
  }
}
