/** `send-raw-message`: a commit, a reveal or a factoid transaction in the form in which nodes send it to each other. */
import { CHAIN_COMMIT_BYTES, commitSigned, ENTRY_COMMIT_BYTES } from '../../../commit.js'
import { readUint } from '../../../bytes.js'
import { decodeEntry } from '../../../entry.js'
import { decodeTransaction } from '../../blocks/index.js'
import { completeEntry } from '../../chain/complete-entry.js'
import { decodeCommit, repeatsCommit, type Message } from '../../chain/messages.js'
import type { ApiContext } from '../context.js'
import { invalidParams } from '../errors.js'
import { hexParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'

/** The first byte of a message. Those between servers are refused: this node has no peers. */
const CHAIN_COMMIT = 5
const ENTRY_COMMIT = 6
const TRANSACTION = 9
const REVEAL = 13
/** Key and signature of a server, which a commit may carry. */
const SERVER_SIGNATURE_BYTES = 96
const TIME_BYTES = 6
const REVEAL_RANGE_MS = 60 * 60_000

export function rawMessageMethods(context: ApiContext): MethodTable {
  return {
    'send-raw-message': (params) => {
      const bytes = hexParam(paramsOf(params).text('message'))
      const message = messageOf(bytes, context)
      if (message) context.submit(message)
      return { message: 'Successfully sent the message' }
    },
  }
}

/** `null`: the message can be decoded, and is dropped later without an error. */
function messageOf(bytes: Uint8Array, context: ApiContext): Message | null {
  const [type, body] = [bytes[0], bytes.subarray(1)]
  try {
    if (type === CHAIN_COMMIT) return commitMessage('commit-chain', body, CHAIN_COMMIT_BYTES, context)
    if (type === ENTRY_COMMIT) return commitMessage('commit-entry', body, ENTRY_COMMIT_BYTES, context)
    if (type === TRANSACTION) return { type: 'factoid', raw: decodeTransaction(body).raw }
    if (type === REVEAL) return revealMessage(body, context.now())
  } catch {
    throw invalidParams()
  }
  throw invalidParams()
}

function commitMessage(
  type: 'commit-chain' | 'commit-entry',
  body: Uint8Array,
  size: number,
  { state }: ApiContext,
): Message | null {
  const rest = body.length - size
  if (rest > 0 && rest < SERVER_SIGNATURE_BYTES) throw invalidParams()
  const raw = body.slice(0, size)
  const commit = decodeCommit(type, raw)
  const kind = type === 'commit-chain' ? 'chain' : 'entry'
  return commitSigned(commit) && !repeatsCommit(state, kind, commit) ? { type, raw } : null
}

function revealMessage(body: Uint8Array, nowMs: number): Message | null {
  if (body.length < TIME_BYTES) throw invalidParams()
  const raw = completeEntry(body.slice(TIME_BYTES))
  decodeEntry(raw)
  const old = Math.abs(nowMs - readUint(body, 0, TIME_BYTES)) > REVEAL_RANGE_MS
  return old ? null : { type: 'reveal', raw }
}
