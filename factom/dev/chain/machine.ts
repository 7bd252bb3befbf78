/** The chain as a state machine: ticks and messages, each with its time, change it, and nothing else does. */
import type { SavedBlock } from '../blocks/index.js'
import type { Archive } from '../store/archive.js'
import { receive, type Message } from './messages.js'
import { endMinute } from './minutes.js'
import type { ChainState } from './state.js'

/** `atMs` is the clock when the event happened: the machine has no clock of its own, so events can be replayed. */
export type ChainEvent =
  { readonly type: 'tick'; readonly atMs: number } | (Message & { readonly atMs: number })

/** Applies one event. Returns the block that is saved by it, already in the archive, or `null`. */
export function applyEvent(state: ChainState, archive: Archive, event: ChainEvent): SavedBlock | null {
  if (event.type === 'tick') {
    const saved = endMinute(state, archive, event.atMs)
    if (saved) archive.append(saved)
    return saved
  }
  const view = {
    rate: archive.tip.exchangeRate,
    chainExists: (chainId: string) => archive.head(chainId) !== undefined,
  }
  receive(state, view, event, event.atMs)
  return null
}
