/** What goes wrong between a client and the node, around a handler that does its work. */
import { internalError } from '../api/errors.js'
import { parseRequest, refusal } from '../api/request.js'
import type { Handler, HttpReply } from '../api/server.js'
import type { Faults } from './faults.js'

const DELAY_MS = 1000

const STATUS: Readonly<Record<'http-400' | 'http-401' | 'http-500', HttpReply>> = {
  'http-400': refusal(internalError(), null),
  'http-401': {
    status: 401,
    body: '401 Unauthorized.\n',
    headers: { 'WWW-Authenticate': 'Basic realm="factomd RPC"' },
  },
  'http-500': { status: 500, body: 'Internal Server Error\n' },
}

export function withFaults(handler: Handler, faults: Faults): Handler {
  return async (request) => {
    if (Object.keys(faults.rules).length === 0) return handler(request)
    const method = methodOf(request.body)
    const late = faults.strikes('delay', method)
    if (late) await pause(Math.max(0, late.ms ?? DELAY_MS), request.signal)
    if (faults.strikes('reset', method)) return null
    for (const name of ['http-400', 'http-401', 'http-500'] as const)
      if (faults.strikes(name, method)) return STATUS[name]
    const reply = await handler(request)
    return faults.strikes('lose-reply', method) ? null : reply
  }
}

function methodOf(body: string): string {
  try {
    return parseRequest(body).method
  } catch {
    return ''
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
