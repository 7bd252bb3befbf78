/** Follows a chain for good: asks for new blocks again and again, and goes on after what may pass. */
import { isCoded, pauseAfter, sleep, type CodedError, type Sleep } from '../base/index.js'

export interface KeepUpOptions {
  /** Follows the chain up to the last block that is saved now. */
  readonly sync: () => Promise<unknown>
  readonly signal: AbortSignal
  /** From one question to the next, ms; asked for after each. */
  readonly pollMs: () => number
  /** Told each time that nothing is missing. */
  readonly onEven: () => void
  /** Told what keeps it from following: each trouble once, until it is over. */
  readonly onTrouble: (error: CodedError) => void
  readonly pause?: Sleep
}

/** A race with another program that follows the same chain is over at once; a node that is away may take its time. */
const PAUSES = { first: 250, factor: 2, cap: 30_000 }

/** Ends with the signal. Throws what is no failure of node, file or chain. */
export async function keepUp(options: KeepUpOptions): Promise<void> {
  const { sync, signal, pollMs, onEven, onTrouble, pause = sleep } = options
  let [failures, lastCode] = [0, '']
  while (!signal.aborted) {
    try {
      await sync()
      ;[failures, lastCode] = [0, '']
      onEven()
    } catch (error) {
      if (signal.aborted) return
      if (!isCoded(error)) throw error
      if (error.code !== lastCode && error.code !== 'E_HISTORY_RACE') onTrouble(error)
      lastCode = error.code
      failures++
    }
    await pause(failures === 0 ? pollMs() : pauseAfter(failures - 1, PAUSES), signal)
  }
}
