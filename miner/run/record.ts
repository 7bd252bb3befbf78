/** The record that is mined: built, and read again as a grader would before a single hash is spent on it. */
import { isCoded, messageOf } from '../../base/index.js'
import type { Network } from '../../pegnet/index.js'
import { sealEntry, type Entry } from '../../factom/index.js'
import {
  buildOprEntry,
  checkEntry,
  encodeOpr,
  oprChainId,
  oprHash,
  type Opr,
  type OprVersion,
} from '../../oracle/index.js'
import { minerError } from '../errors.js'
import { LONGEST_NONCE_BYTES } from '../work/nonces.js'
import type { Ranked } from '../work/ranking.js'

export interface RecordParts {
  readonly network: Network
  readonly height: number
  readonly identity: string
  readonly coinbase: string
  readonly winners: readonly string[]
  /** 1e-8 USD, in the order of the version's assets. */
  readonly prices: readonly bigint[]
}

/** A record without its proof of work; its bytes are fixed. */
export interface MinedRecord {
  readonly height: number
  readonly chainId: string
  readonly version: OprVersion
  readonly content: Uint8Array
  readonly oprHash: Uint8Array
}

const LONGEST_NONCE = new Uint8Array(LONGEST_NONCE_BYTES)

/**
 * Throws E_MINER_RECORD if the record cannot be encoded, graders would refuse it, or an entry of it would cost
 * more than one entry credit.
 */
export function buildRecord(parts: RecordParts): MinedRecord {
  const { network, height, identity, winners, prices } = parts
  const version = network.oprVersionAt(height)
  const opr: Opr = { version, address: parts.coinbase, identity, height, winners, prices }
  let content: Uint8Array
  try {
    content = encodeOpr(opr)
  } catch (error) {
    if (!isCoded(error)) throw error
    throw minerError('E_MINER_RECORD', messageOf(error), { cause: error })
  }
  const record = { height, chainId: oprChainId(network), version, content, oprHash: oprHash(content) }
  const { hash, extIds, credits } = sealEntry(entryOf(record, { nonce: LONGEST_NONCE, difficulty: 0n }))
  const checked = checkEntry({ hash, extIds, content }, { version, height, previousWinners: winners })
  if (!checked.accepted) throw minerError('E_MINER_RECORD', checked.reason)
  if (!isSame(checked.content.opr, opr)) {
    throw minerError('E_MINER_RECORD', 'the record does not read back as it was written')
  }
  if (credits > 1) throw minerError('E_MINER_RECORD', `an entry would cost ${credits} entry credits, not 1`)
  return record
}

/** The record with one of its nonces, ready to be published. */
export function entryOf(record: MinedRecord, { nonce, difficulty }: Ranked): Entry {
  const { chainId, version, content } = record
  return buildOprEntry({ chainId, version, content, nonce, difficulty })
}

function isSame(a: Opr, b: Opr): boolean {
  return (
    a.address === b.address &&
    a.identity === b.identity &&
    a.height === b.height &&
    a.winners.length === b.winners.length &&
    a.winners.every((winner, place) => winner === b.winners[place]) &&
    a.prices.length === b.prices.length &&
    a.prices.every((price, asset) => price === b.prices[asset])
  )
}
