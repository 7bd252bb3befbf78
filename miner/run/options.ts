/** What the options of a run must be, and the defaults that depend on the network. */
import type { Network } from '../../pegnet/index.js'
import { isAddress } from '../../factom/index.js'
import { minerError } from '../errors.js'
import type { RunOptions } from './interface.js'

/** From record version 2 on; PegNet's graders refuse anything else. */
const IDENTITY = /^[A-Za-z0-9,]+$/
/** Longest identity: a whole record with its 62 prices and 25 winners must cost one entry credit. */
const IDENTITY_LIMIT = 100
/** Most records of a block, each of which costs an entry credit: a larger number is taken for a mistake. */
const RECORDS_LIMIT = 1000

/**
 * The cutoff of the floor (docs/protocol/records-and-grading.md#difficulty-floor). None on dev: there the estimate is
 * about this very miner, so a block of less work than the one before (a start in its middle, a pause) would be left
 * with fewer than the 25 records that it needs.
 */
export function defaultSubmissionCutoff(network: Network): number {
  return network.name === 'dev' ? 0 : 200
}

/** 25 are graded without records of other miners, which a network of one's own needs; 3 is PegNet's default. */
export function defaultRecordsPerBlock(network: Network): number {
  return network.name === 'dev' ? 25 : 3
}

/** All that is wrong, a part of a sentence each. */
export function runProblems(options: RunOptions): string[] {
  const { identity, coinbase, recordsPerBlock, submissionCutoff, blocks } = options
  return failed([
    [
      IDENTITY.test(identity) && identity.length <= IDENTITY_LIMIT,
      `identity must be 1 to ${IDENTITY_LIMIT} letters, digits and commas`,
    ],
    [isAddress(coinbase, 'FA'), 'coinbase must be a factoid address (FA…)'],
    [isWithin(recordsPerBlock, 1, RECORDS_LIMIT), `records per block must be 1 to ${RECORDS_LIMIT}`],
    [Number.isFinite(submissionCutoff), 'submission cutoff must be a number'],
    [blocks === undefined || isWithin(blocks, 1, Number.MAX_SAFE_INTEGER), 'blocks must be 1 or more'],
  ])
}

/** Throws E_MINER_OPTIONS if anything is wrong. */
export function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw minerError('E_MINER_OPTIONS', problems.join('; '))
}

export function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high
}

/** What is said of the checks that are not right. */
export function failed(checks: readonly (readonly [right: boolean, message: string])[]): string[] {
  return checks.filter(([right]) => !right).map(([, message]) => message)
}
