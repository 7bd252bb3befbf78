/** Actions that follow each other, in the order in which things happened. */
import { act, type ActionName, type ActionSettings, type Message } from './actions.js'

/** When so many actions wait, something is wrong with them, and more are not begun. */
const MOST_WAITING = 32

export function createActionQueue(onDone: (action: ActionName, error: string | null) => void) {
  const closing = new AbortController()
  let last = Promise.resolve()
  let waiting = 0
  return {
    /** Never rejects, and does not wait. */
    add(message: Message, actions: ActionSettings): void {
      if (waiting >= MOST_WAITING || (actions.command.length === 0 && actions.webhook === undefined)) return
      waiting++
      last = last.then(async () => {
        const results = await act(message, actions, { signal: closing.signal })
        waiting--
        if (closing.signal.aborted) return
        for (const { action, error } of results) onDone(action, error)
      })
    },
    /** Gives up what is under way, and resolves when it has ended. */
    close(): Promise<void> {
      closing.abort()
      return last
    },
  }
}
