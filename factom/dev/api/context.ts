/** What the methods work on. */
import type { ChainState } from '../chain/state.js'
import type { Message } from '../chain/messages.js'
import type { Faults } from '../faults/faults.js'
import type { NodeView } from '../faults/view.js'
import type { Archive } from '../store/archive.js'

export interface ApiContext {
  readonly state: ChainState
  /** As readers see it. */
  readonly archive: Archive
  readonly view: NodeView
  readonly faults: Faults
  readonly blockSeconds: number
  /** UNIX milliseconds. */
  readonly now: () => number
  /** Takes a message that has passed the checks of its method. */
  readonly submit: (message: Message) => void
}
