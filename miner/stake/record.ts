/** A staking record: whose it may be, built, signed, and read again as a grader would. */
import { isCoded, messageOf } from '../../base/index.js'
import { encodeAddress, rcdHashOf, sealEntry, type FactoidKey, type SealedEntry } from '../../factom/index.js'
import {
  buildSprEntry,
  checkStakingEntry,
  decodeSpr,
  encodeSpr,
  sprChainId,
  STAKING_SINCE,
} from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { minerError } from '../errors.js'

/** What signs for an address. */
export type Signer = Pick<FactoidKey, 'rcdHash' | 'publicKey' | 'sign'>
/** The key of an address, from wherever keys are kept; null: there is none. */
export type SignerOf = (address: string) => Signer | null

/** Why no staking record counts at a height; null: nothing is against it. */
export function whyUnstakable(network: Network, height: number): string | null {
  const counts = height >= network.activationHeight && network.oprVersionAt(height) >= STAKING_SINCE
  return counts ? null : `staking records begin with version ${STAKING_SINCE} of oracle records`
}

export interface StakingRecordParts {
  readonly network: Network
  readonly height: number
  /** Who stakes and is paid. */
  readonly address: string
  readonly signer: Signer | null
  /** 1e-8 USD, in the order of `STAKING_ASSETS`. */
  readonly prices: readonly bigint[]
}

/**
 * Throws `E_MINER_STAKE_KEY` if the signer is not that of the address, and `E_MINER_RECORD` if graders would refuse the
 * record, or it would cost more than one entry credit.
 */
export function buildStakingRecord(parts: StakingRecordParts): SealedEntry {
  const { network, height, address, prices } = parts
  const staker = ownSigner(parts)
  const version = network.sprVersionAt(height)
  let entry: SealedEntry
  try {
    const content = encodeSpr({ address, identity: '', height, winners: [], prices })
    entry = sealEntry(buildSprEntry({ chainId: sprChainId(network), version, content, staker }))
  } catch (error) {
    if (!isCoded(error)) throw error
    throw minerError('E_MINER_RECORD', messageOf(error), { cause: error })
  }
  const checked = checkStakingEntry(entry, { version, height })
  if (!checked.accepted) throw minerError('E_MINER_RECORD', checked.reason)
  if (entry.credits > 1)
    throw minerError('E_MINER_RECORD', `an entry would cost ${entry.credits} entry credits, not 1`)
  return entry
}

function ownSigner({ address, signer }: Pick<StakingRecordParts, 'address' | 'signer'>): Signer {
  if (signer === null) throw minerError('E_MINER_STAKE_KEY', `there is no key of ${address}`)
  const owner = encodeAddress('FA', rcdHashOf(signer.publicKey))
  if (owner === address && encodeAddress('FA', signer.rcdHash) === address) return signer
  throw minerError('E_MINER_STAKE_KEY', `the key given for ${address} is that of ${owner}`)
}

/** The address that an entry of ours stakes for; null if the entry is no staking record. */
export function stakerOf({ content }: Pick<SealedEntry, 'content'>): string | null {
  try {
    return decodeSpr(content).address
  } catch {
    return null
  }
}
