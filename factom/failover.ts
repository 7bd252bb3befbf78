/**
 * Several nodes as one: calls go to the node in use; when it does not answer as a node does, the next of the list
 * takes its place, and the call with it. The clock's own polls tell when to look for a better one: every 15 seconds
 * while the node in use is not the first or not well, so that the first is returned to as soon as it is well.
 */
import { CLOCK, isCoded } from '../base/index.js'
import { currentMinuteOf, type CurrentMinute } from './current-minute.js'
import { healthOf } from './health.js'
import { createRpc, type Rpc, type RpcOptions } from './rpc.js'

export interface FailoverOptions extends Omit<RpcOptions, 'url'> {
  /** In the order of preference, at least one. */
  readonly urls: readonly string[]
  /** Told when another node is used from now on, and why. */
  readonly onSwitch?: (change: { readonly from: string; readonly to: string; readonly why: string }) => void
  readonly monotonicMs?: () => number
}

const LOOK_MS = 15_000
/**
 * Errors that a proxy, a wrong port or a broken node causes. A refusal by the node itself is an answer: every node
 * would give the same.
 */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'E_FACTOM_UNREACHABLE',
  'E_FACTOM_TIMEOUT',
  'E_FACTOM_TLS',
  'E_FACTOM_AUTH',
  'E_FACTOM_HTTP',
  'E_FACTOM_REPLY',
  'E_FACTOM_TOO_LARGE',
])

/** `url` is that of the node in use. Throws `E_FACTOM_URL` at once. */
export function createFailover(options: FailoverOptions): Rpc {
  const { urls, onSwitch, monotonicMs = CLOCK.monotonicMs, ...rest } = options
  const nodes = [...new Set(urls)].map((url) => createRpc({ ...rest, url }))
  const first = nodes[0] as Rpc
  if (nodes.length === 1) return first
  const closing = new AbortController()
  let inUse = first
  let best = -1
  let looking = false
  let lookedAt = -Infinity

  function use(node: Rpc, why: string): void {
    if (node === inUse || closing.signal.aborted) return
    const from = inUse.url
    inUse = node
    lookedAt = monotonicMs()
    onSwitch?.({ from, to: node.url, why })
  }

  async function minuteOf(node: Rpc): Promise<CurrentMinute | null> {
    try {
      return currentMinuteOf(await node.call('current-minute', undefined, closing.signal))
    } catch {
      return null
    }
  }

  /** The first that is well and not behind; else the first that is well by its own account. */
  async function look(): Promise<void> {
    looking = true
    lookedAt = monotonicMs()
    try {
      const states = await Promise.all(nodes.map(async (node) => ({ node, state: await minuteOf(node) })))
      const well = (floor: number) =>
        states.find(({ state }) => state !== null && healthOf(state, floor).state === 'ok')?.node
      const found = well(best) ?? well(-1)
      // Where no node is as far as was seen, the network was reset, or only a node that is behind is left.
      best = Math.min(best, states.find(({ node }) => node === found)?.state?.directoryBlockHeight ?? best)
      if (found) use(found, found === first ? 'it is well again' : 'the one before is not well')
    } finally {
      looking = false
    }
  }

  /** Never waits: a look goes on beside the calls. */
  function watch(node: Rpc, result: unknown): void {
    if (node !== inUse || looking) return
    let well = false
    try {
      const state = currentMinuteOf(result)
      well = healthOf(state, best).state === 'ok'
      if (well) best = state.directoryBlockHeight
    } catch {
      // The call that is under way reports what is wrong with the node.
    }
    if ((node !== first || !well) && monotonicMs() - lookedAt >= LOOK_MS) void look()
  }

  return {
    get url() {
      return inUse.url
    },
    async call(method, params, signal) {
      const begun = inUse
      let failure: unknown
      for (const node of [begun, ...nodes.filter((other) => other !== begun)]) {
        try {
          const result = await node.call(method, params, signal)
          if (isCoded(failure) && inUse === begun) use(node, failure.message)
          if (method === 'current-minute') watch(node, result)
          return result
        } catch (error) {
          if (!isCoded(error) || !NO_ANSWER.has(error.code)) throw error
          failure ??= error
        }
      }
      throw failure
    },
    close() {
      closing.abort()
      for (const node of nodes) node.close()
    },
  }
}
