/** What changes the chain: commits, reveals, factoid transactions. Success means "queued", as in factomd. */
import { toHex } from '../../../bytes.js'
import { commitSigned } from '../../../commit.js'
import { decodeEntry, entryHash } from '../../../entry.js'
import { decodeTransaction } from '../../blocks/index.js'
import { completeEntry } from '../../chain/complete-entry.js'
import { decodeCommit, repeatsCommit } from '../../chain/messages.js'
import type { ApiContext } from '../context.js'
import { invalidParams, repeatedCommit } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hexParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'

export function submitMethods(context: ApiContext): MethodTable {
  const reveal = (params: unknown) => revealEntry(context, params)
  return {
    'commit-entry': (params) => {
      const { commit } = takeCommit(context, 'entry', params)
      return { message: 'Entry Commit Success', txid: commit.txid, entryhash: commit.entryHash }
    },
    'commit-chain': (params) => {
      const { commit, raw } = takeCommit(context, 'chain', params)
      return {
        message: 'Chain Commit Success',
        txid: commit.txid,
        entryhash: commit.entryHash,
        chainidhash: toHex(raw.subarray(7, 39)),
      }
    },
    'reveal-entry': reveal,
    'reveal-chain': reveal,
    'factoid-submit': (params) => {
      const problem = 'Unable to decode the transaction'
      const bytes = hexParam(paramsOf(params).text('transaction'), problem)
      const { raw, txid } = decoded(() => decodeTransaction(bytes), problem)
      context.submit({ type: 'factoid', raw })
      return { message: 'Successfully submitted the transaction', txid }
    },
  }
}

function takeCommit(context: ApiContext, kind: 'entry' | 'chain', params: unknown) {
  const problem = kind === 'entry' ? 'Invalid Commit Entry' : 'Invalid Commit Chain'
  const type = kind === 'entry' ? 'commit-entry' : 'commit-chain'
  const raw = hexParam(paramsOf(params).text('message'), problem)
  const commit = decoded(() => decodeCommit(type, raw), problem)
  if (!commitSigned(commit)) throw invalidParams(problem)
  if (context.faults.strikes('repeat-commit')) throw repeatedCommit(commit.entryHash)
  if (repeatsCommit(context.state, kind, commit)) throw repeatedCommit(commit.entryHash)
  if (!context.faults.strikes('drop-commit'))
    context.submit({ type, raw: raw.slice(0, commit.ledger.length + 96) })
  return { commit, raw }
}

function revealEntry(context: ApiContext, params: unknown): Json {
  const raw = completeEntry(hexParam(paramsOf(params).text('entry'), 'Invalid Entry'))
  const { chainId } = decoded(() => decodeEntry(raw), 'Invalid Entry')
  if (!context.faults.strikes('drop-reveal')) context.submit({ type: 'reveal', raw })
  return { message: 'Entry Reveal Success', entryhash: entryHash(raw), chainid: chainId }
}

/** The result of a codec, its error turned into −32602. */
function decoded<T>(decode: () => T, problem: string): T {
  try {
    return decode()
  } catch {
    throw invalidParams(problem)
  }
}
