/** Interrupting long work. */
import { fail } from './errors.js'

/** Throws E_LXR_ABORTED if the signal says so. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw fail('E_LXR_ABORTED', 'interrupted: start it again', {
      cause: signal.reason,
    })
  }
}
