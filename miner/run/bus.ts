/** Hands events to listeners. One that throws is dropped, so that it harms neither the miner nor the others. */
import { messageOf } from '../../base/index.js'
import type { MinerEvent } from '../events.js'

export function createBus() {
  const listeners = new Set<(event: MinerEvent) => void>()
  function emit(event: MinerEvent): void {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        listeners.delete(listener)
        const message = `a listener failed at event ${event.event} and was dropped: ${messageOf(error)}`
        emit({ event: 'notice', level: 'error', code: 'E_MINER_LISTENER', message })
      }
    }
  }
  return {
    emit,
    /** Returns the way to stop listening. */
    on(listener: (event: MinerEvent) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
