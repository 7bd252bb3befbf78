/** Market tables by a process of their own: it is started when a table is wanted, and ends when none is for a while. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { CcxtMarket } from './ccxt-exchange.js'
import { fail, PRICE_ERRORS } from './errors.js'
import type { TableLoader } from './market-table.js'
import type { TableAnswer, TableQuestion } from './table-process.js'

/** Long enough for all exchanges of a start, short enough that its memory is soon given back. */
const IDLE_MS = 3000

interface Waiting {
  readonly resolve: (markets: readonly CcxtMarket[]) => void
  readonly reject: (error: Error) => void
}

export function processTables(module = new URL('./table-process.js', import.meta.url)): TableLoader {
  const waiting = new Map<number, Waiting>()
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let next = 0
  let closed = false

  function start(): ChildProcess {
    const started = fork(fileURLToPath(module), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    started.on('message', (told: TableAnswer) => {
      const asked = waiting.get(told.id)
      waiting.delete(told.id)
      if ('markets' in told) asked?.resolve(told.markets)
      else asked?.reject(errorOf(told.error))
      rest()
    })
    const lost = (why: string): void => {
      if (child === started) child = undefined
      if (child !== undefined && child !== started) return
      const asked = [...waiting.values()]
      waiting.clear()
      for (const { reject } of asked)
        reject(fail('E_PRICES_UNREACHABLE', `the process that loads market tables ${why}`))
    }
    started.on('error', (error) => lost(`cannot run: ${error.message}`))
    started.on('exit', (code, signal) => lost(`ended (${signal ?? code})`))
    return started
  }

  /** The program's end waits for answers, not for an idle process. */
  function hold(): void {
    const held = waiting.size > 0
    if (held) child?.ref()
    else child?.unref()
    if (held) child?.channel?.ref()
    else child?.channel?.unref()
  }

  /** Ends the process when nobody has asked for a while. */
  function rest(): void {
    clearTimeout(idle)
    hold()
    if (waiting.size > 0) return
    idle = setTimeout(() => {
      const ending = child
      child = undefined
      if (ending?.connected) ending.disconnect()
    }, IDLE_MS)
    idle.unref()
  }

  return {
    load(request, signal) {
      if (closed) return Promise.reject(fail('E_PRICES_CLOSED', 'the price feed is closed'))
      if (signal.aborted) return Promise.reject(fail('E_PRICES_CLOSED', 'given up'))
      clearTimeout(idle)
      child ??= start()
      const id = next++
      const asked = child
      return new Promise((resolve, reject) => {
        const stop = (): void => {
          if (asked.connected) asked.send({ id, request: null } satisfies TableQuestion)
        }
        const settled = (): void => signal.removeEventListener('abort', stop)
        signal.addEventListener('abort', stop, { once: true })
        waiting.set(id, {
          resolve: (markets) => (settled(), resolve(markets)),
          reject: (error) => (settled(), reject(error)),
        })
        hold()
        asked.send({ id, request } satisfies TableQuestion, (error) => {
          if (error === null) return
          waiting
            .get(id)
            ?.reject(fail('E_PRICES_UNREACHABLE', `market tables cannot be asked for: ${error.message}`))
          waiting.delete(id)
        })
      })
    },
    async close() {
      closed = true
      clearTimeout(idle)
      const ending = child
      child = undefined
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
      const ended = once(ending, 'exit')
      ending.ref()
      ending.kill('SIGKILL')
      await ended
    },
  }
}

function errorOf({ code, message, details }: Extract<TableAnswer, { error: unknown }>['error']): Error {
  return fail(
    Object.hasOwn(PRICE_ERRORS, code) ? (code as keyof typeof PRICE_ERRORS) : 'E_PRICES_REPLY',
    message,
    { details },
  )
}
