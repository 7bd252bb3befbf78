/**
 * Exchanges are asked in a process of their own, because ccxt parses whatever they answer. The miner's process gets
 * quotes of the markets that it asked for and nothing else. The other process may be slow, grow, hang or die; then it
 * is replaced.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { childEnvironment } from '../../base/index.js'
import { fail, PRICE_ERRORS } from './errors.js'
import type { ExchangeHost } from './exchange-host.js'
import type { ExchangeAnswer, ExchangeQuestion } from './exchange-process.js'
import type { Poll } from './types.js'

interface Waiting {
  readonly resolve: (poll: Poll) => void
  readonly reject: (error: Error) => void
}

interface Helper {
  readonly process: ChildProcess
  readonly waiting: Map<number, Waiting>
}

/** A market list of Binance's size (15 MB, 940,000 values) is read with half of it. */
const HEAP_MB = 512
/** How long the process may go on with a poll that was given up, ms. It answers at once unless it hangs. */
const GRACE_MS = 5000

export function processExchanges(module = new URL('./exchange-process.js', import.meta.url)): ExchangeHost {
  let current: Helper | undefined
  let next = 0
  let closed = false

  function start(): Helper {
    const child = fork(fileURLToPath(module), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      env: childEnvironment(),
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`],
    })
    const helper: Helper = { process: child, waiting: new Map() }
    child.on('message', (answer: ExchangeAnswer) => {
      const asked = helper.waiting.get(answer.id)
      if ('poll' in answer) asked?.resolve(answer.poll)
      else asked?.reject(errorOf(answer.error))
    })
    child.on('error', (error) => lose(helper, `cannot run: ${error.message}`))
    child.on('exit', (code, signal) => lose(helper, `ended (${signal ?? code})`))
    return helper
  }

  function lose(helper: Helper, why: string): void {
    if (current === helper) current = undefined
    helper.process.kill('SIGKILL')
    const error = closed
      ? fail('E_PRICES_CLOSED', 'the price feed is closed')
      : fail('E_PRICES_UNREACHABLE', `the process that asks exchanges ${why}`)
    for (const { reject } of [...helper.waiting.values()]) reject(error)
  }

  /** A failure to send is told by the end of the process as well; without a function for it, it would be thrown. */
  const send = ({ process: child }: Helper, question: ExchangeQuestion): void => {
    if (child.connected) child.send(question, () => undefined)
  }

  return {
    poll(request, signal) {
      if (closed) return Promise.reject(fail('E_PRICES_CLOSED', 'the price feed is closed'))
      if (signal.aborted) return Promise.reject(fail('E_PRICES_CLOSED', 'given up'))
      const helper = (current ??= start())
      const id = next++
      return new Promise((resolve, reject) => {
        let late: NodeJS.Timeout | undefined
        const stop = (): void => {
          send(helper, { id, request: null })
          late = setTimeout(() => lose(helper, 'hung'), GRACE_MS).unref()
        }
        const settle = (finish: () => void): void => {
          clearTimeout(late)
          signal.removeEventListener('abort', stop)
          helper.waiting.delete(id)
          hold(helper)
          finish()
        }
        signal.addEventListener('abort', stop, { once: true })
        helper.waiting.set(id, {
          resolve: (poll) => settle(() => resolve(poll)),
          reject: (error) => settle(() => reject(error)),
        })
        hold(helper)
        send(helper, { id, request })
      })
    },
    async close() {
      closed = true
      const ending = current
      if (ending === undefined) return
      const { process: child } = ending
      // Not `events.once`: it rejects with whatever error the channel has while it is cut.
      const ended = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve()
        else child.on('exit', () => resolve())
      })
      lose(ending, 'is closed')
      child.ref()
      await ended
    },
  }
}

/** Keeps the program alive while answers are awaited, and not for an idle process. */
function hold({ process: child, waiting }: Helper): void {
  if (waiting.size > 0) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

function errorOf({ code, message, details }: Extract<ExchangeAnswer, { error: unknown }>['error']): Error {
  return fail(
    Object.hasOwn(PRICE_ERRORS, code) ? (code as keyof typeof PRICE_ERRORS) : 'E_PRICES_REPLY',
    message,
    { details },
  )
}
