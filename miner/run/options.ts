/** What a miner's options must be, checked all at once, and the defaults that depend on the network. */
import type { Network } from '../../pegnet/index.js'
import { isAddress } from '../../factom/index.js'
import { minerError } from '../errors.js'
import { capacityOf, minerSlots, type MinerOptions } from './interface.js'
import { PREFIX_LIMIT } from '../work/nonces.js'

/** From record version 2 on; PegNet's graders refuse anything else. */
const IDENTITY = /^[A-Za-z0-9,]+$/
/** Longest identity: a whole record with its 62 prices and 25 winners must cost one entry credit. */
const IDENTITY_LIMIT = 100
/** A block's worth of entry credits that nobody spends by mistake. */
const RECORDS_LIMIT = 1000
const RIVALS_LIMIT = 1000

/**
 * The cutoff of the floor (docs/protocol/records-and-grading.md#difficulty-floor). None on dev: there the estimate is
 * about this very miner, so a block of less work than the one before (a start in its middle, a pause) would be left
 * with fewer than the 25 records that it needs.
 */
export function defaultSubmissionCutoff(network: Network): number {
  return network.name === 'dev' ? 0 : 200
}

/** 25 are graded without anybody else's help, which a network of one's own needs; 3 is PegNet's default. */
export function defaultRecordsPerBlock(network: Network): number {
  return network.name === 'dev' ? 25 : 3
}

/** Throws E_MINER_OPTIONS with all that is wrong. `hasherSlots` are those of the ByteMap. */
export function checkOptions(options: MinerOptions, hasherSlots: number): void {
  const { identity, coinbase, machineId, threads, recordsPerBlock, submissionCutoff, blocks, rivals } =
    options
  const within = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high
  const checks: [boolean, string][] = [
    [
      IDENTITY.test(identity) && identity.length <= IDENTITY_LIMIT,
      `identity must be 1 to ${IDENTITY_LIMIT} letters, digits and commas`,
    ],
    [isAddress(coinbase, 'FA'), 'coinbase must be a factoid address (FA…)'],
    [within(machineId, 0, PREFIX_LIMIT - 1), `machine id must be 0 to ${PREFIX_LIMIT - 1}`],
    [(options.cpus ?? []).every((cpu) => within(cpu, 0, 1023)), 'processors must be numbers from 0 to 1023'],
    [within(options.nice ?? 0, 0, 19), 'nice must be 0 to 19'],
    [within(threads, 1, PREFIX_LIMIT), `threads must be 1 to ${PREFIX_LIMIT}`],
    [threads <= capacityOf(options), `there is room for ${capacityOf(options)} threads, not for ${threads}`],
    [within(recordsPerBlock, 1, RECORDS_LIMIT), `records per block must be 1 to ${RECORDS_LIMIT}`],
    [Number.isFinite(submissionCutoff), 'submission cutoff must be a number'],
    [blocks === undefined || within(blocks, 1, Number.MAX_SAFE_INTEGER), 'blocks must be 1 or more'],
    [within(rivals, 0, RIVALS_LIMIT), `rivals must be 0 to ${RIVALS_LIMIT}`],
    [
      hasherSlots >= minerSlots(options),
      `the ByteMap has room for ${hasherSlots} hashers, ${minerSlots(options)} are needed`,
    ],
  ]
  const wrong = checks.filter(([right]) => !right).map(([, message]) => message)
  if (wrong.length > 0) throw minerError('E_MINER_OPTIONS', wrong.join('; '))
}
