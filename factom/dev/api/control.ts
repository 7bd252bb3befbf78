/**
 * `/debug`: methods that help to test and are no part of the chain. `wait-blocks` and `wait-minutes` as in factomd;
 * and, for a caller that has the token, faults and the end of a minute.
 */
import { timingSafeEqual } from 'node:crypto'

import { messageOf, type Json } from '../../../base/index.js'
import type { ChainState } from '../chain/state.js'
import type { Archive } from '../store/archive.js'
import { FAULTS, type Faults } from '../faults/faults.js'
import { invalidParams, methodNotFound, RpcError } from './errors.js'
import { paramsOf } from './params.js'
import { parseRequest, refusal, replyOf, type Answer } from './request.js'

export interface ControlContext {
  readonly state: ChainState
  readonly archive: Archive
  readonly faults: Faults
  readonly token: string
  /** Ends a minute; `null` where the clock does that. */
  readonly advance: (() => void) | null
  /** Calls back after each minute, until the returned function is called. */
  readonly onMinute: (listener: () => void) => () => void
}

export interface ControlRequest {
  readonly body: string
  readonly authorization: string | undefined
  /** Ends waiting. */
  readonly signal: AbortSignal
}

const MAX_MINUTES = 100_000
/** Most minutes that one call may end; each is written to disk. */
const MAX_ADVANCE = 1000

export async function control(context: ControlContext, request: ControlRequest): Promise<Answer> {
  let id: Json = null
  try {
    const parsed = parseRequest(request.body)
    id = parsed.id
    return replyOf(id, await run(context, parsed.method, parsed.params, request))
  } catch (thrown) {
    return refusal(thrown, id)
  }
}

async function run(
  context: ControlContext,
  method: string,
  params: unknown,
  request: ControlRequest,
): Promise<Json> {
  const { faults, state, archive } = context
  const read = paramsOf(params)
  switch (method) {
    case 'wait-blocks':
      return waited(context, (state.height - 1 + countOf(read.integer('blocks'))) * 10, request.signal)
    case 'wait-minutes':
      return waited(context, now(state) + countOf(read.integer('minutes')), request.signal)
    case 'faults':
      return { faults: jsonOf(faults.rules), struck: jsonOf(faults.struck), known: FAULTS }
    case 'set-faults':
      allow(context, request)
      try {
        faults.set((params as { faults?: unknown } | undefined)?.faults)
      } catch (error) {
        throw invalidParams(messageOf(error))
      }
      return { faults: jsonOf(faults.rules) }
    case 'advance-minute': {
      allow(context, request)
      if (!context.advance) throw invalidParams('minutes end by the clock here; start with --manual')
      const count = Number(read.integer('count')) || 1
      if (count < 1 || count > MAX_ADVANCE) throw invalidParams(`count must be 1 to ${MAX_ADVANCE}`)
      for (let i = 0; i < count; i++) context.advance()
      return { height: state.height, minute: state.minute, directoryblockheight: archive.tip.height }
    }
    default:
      throw methodNotFound()
  }
}

function allow({ token }: ControlContext, { authorization = '' }: ControlRequest): void {
  const [given, wanted] = [Buffer.from(authorization), Buffer.from(`Bearer ${token}`)]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new RpcError(
      -32000,
      'Not allowed: send the header Authorization: Bearer TOKEN with the printed token',
    )
}

const now = (state: ChainState): number => (state.height - 1) * 10 + state.minute

function countOf(count: bigint): number {
  if (count < 0n || count > MAX_MINUTES) throw invalidParams(`at most ${MAX_MINUTES}`)
  return Number(count)
}

/** Resolves when the chain has reached this minute, counted from its first block, or when no caller waits any more. */
function waited({ state, onMinute }: ControlContext, until: number, signal: AbortSignal): Promise<Json> {
  return new Promise((resolve) => {
    const done = () => {
      stop()
      signal.removeEventListener('abort', done)
      resolve({ status: 'Success!' })
    }
    const stop = onMinute(() => now(state) >= until && done())
    signal.addEventListener('abort', done)
    if (now(state) >= until || signal.aborted) done()
  })
}

function jsonOf(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
