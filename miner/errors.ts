import { errorsOf } from '../base/index.js'

/** Codes of the miner: thrown, or given as the reason of a skipped block or a notice. */
export const MINER_ERRORS = {
  E_MINER_OPTIONS: {
    summary: 'The miner was given options that it cannot work with.',
    remedy: 'Correct the option that the message names.',
    kind: 'usage',
  },
  E_MINER_KNOWN_ANSWER: {
    summary: 'A worker thread computed wrong hashes for known inputs and was left out.',
    remedy: 'Check memory and overclocking; run `pegminer bytemap verify`.',
  },
  E_MINER_KERNEL: {
    summary: 'The native kernel failed its check on a worker thread, which hashes with the portable one.',
    remedy: 'Restart; if it stays, check memory and overclocking, or use --kernel simd.',
  },
  E_MINER_NO_WORKERS: {
    summary: 'No worker thread is fit to mine.',
    remedy: 'See the notices above it for the cause of each thread.',
  },
  E_MINER_WORKER: {
    summary: 'A worker thread ended by itself; it is started again.',
    remedy: 'Nothing, unless it repeats: then the message names the cause.',
    retryable: true,
  },
  E_MINER_SILENT: {
    summary: 'A worker thread gave no sign of life; it is replaced.',
    remedy: 'Nothing, unless it repeats: then the machine is overloaded or faulty.',
    retryable: true,
  },
  E_MINER_PLACEMENT: {
    summary:
      'A worker thread could not be bound to its processor or given its priority; it hashes all the same.',
    remedy: 'Install the optional package koffi, name processors that this process may use, or leave it out.',
  },
  E_MINER_COMPUTE: {
    summary: 'A worker reported a difficulty that is not true; the hit was dropped.',
    remedy: 'Check memory and overclocking; run `pegminer bytemap verify`.',
  },
  E_MINER_CLOCK: {
    summary: 'The node does not tell the minute.',
    remedy: 'Check that factomd runs and that its URL is right; mining goes on as soon as it answers.',
    retryable: true,
  },
  E_MINER_WINNERS: {
    summary: 'The previous winners could not be read from the chain.',
    remedy: 'Check the node; it is tried again each minute up to minute 8.',
    retryable: true,
  },
  E_MINER_PRICES: {
    summary: 'Not every asset has a price.',
    remedy:
      'Run `pegminer prices doctor`; it is tried again every 20 s of a block of 600 s, for two minutes.',
    retryable: true,
  },
  E_MINER_FUNDS: {
    summary: 'The entry credit balance could not be read.',
    remedy: 'Check the node; it is tried again each minute up to minute 8.',
    retryable: true,
  },
  E_MINER_NO_CREDITS: {
    summary: 'The entry credit address is empty, so nothing can be published.',
    remedy: 'Buy entry credits for the address; the next block is tried again.',
    retryable: true,
  },
  E_MINER_LOW_CREDITS: {
    summary: 'The entry credits will be used up within days.',
    remedy: 'Buy entry credits for the address: `pegminer fund`, or any Factom wallet.',
  },
  E_MINER_RECORD: {
    summary: 'The record that was built is not valid.',
    remedy: 'Check coinbase and identity; if they are right, report the message.',
  },
  E_MINER_LATE: {
    summary: 'The block was too far along to begin mining it.',
    remedy: 'Nothing: the next block is mined.',
    retryable: true,
  },
  E_MINER_MISSED_MINUTE: {
    summary: 'Minute 9 was missed, so the records were thrown away: they are worthless in the next block.',
    remedy: 'Nothing, unless it repeats: then the node is slow or the poll interval too long.',
    retryable: true,
  },
  E_MINER_HEIGHT_BACK: {
    summary: 'The node went back to a lower height.',
    remedy: 'Check that all node URLs belong to the same network and are in step.',
    retryable: true,
  },
  E_MINER_NO_HITS: {
    summary: 'No nonce was good enough to publish.',
    remedy: 'Nothing; with more threads, or a larger submission cutoff, there will be more.',
    retryable: true,
  },
  E_MINER_PUBLISH: {
    summary: 'Publishing broke off.',
    remedy: 'Check the node; what was paid is finished from the journal.',
    retryable: true,
  },
  E_MINER_FOLLOWING: {
    summary: 'The miner is still following the chain of records up to the present.',
    remedy: 'Wait: what is followed is kept, also when the program ends meanwhile.',
  },
  E_MINER_RECOVERED: {
    summary: 'Entries that an earlier run had paid for were finished.',
    remedy: 'Nothing.',
  },
  E_MINER_LISTENER: {
    summary: 'A listener of the miner failed; it gets no more events.',
    remedy: 'Report the message.',
  },
  E_MINER_INTERNAL: {
    summary: 'A step of the miner failed in a way that was not foreseen; it goes on with the next one.',
    remedy: 'Report the message.',
  },
  E_MINER_GRADING: {
    summary: 'A saved block could not be fetched or graded yet.',
    remedy: 'Nothing: it is tried again with the next minute.',
    retryable: true,
  },
  E_MINER_STAKE_ERA: {
    summary: 'There are no staking records at this height.',
    remedy: 'Wait: they begin with version 5 of oracle records.',
  },
  E_MINER_STAKE_LEDGER: {
    summary: 'The ledger does not know the block before, so it cannot tell who may stake.',
    remedy: 'Wait until it has caught up.',
    retryable: true,
  },
  E_MINER_STAKE_HOLDER: {
    summary:
      'The address is not among the 100 largest holders of PEG, so its staking record would not count.',
    remedy:
      'Nothing is spent meanwhile. The list of the largest holders (`pegminer ledger richlist`) shows what it takes.',
    retryable: true,
  },
  E_MINER_STAKE_KEY: {
    summary: 'An address that is to stake has no key, or the key of another address.',
    remedy:
      'Give its Fs… key in PEGMINER_STAKE_SECRETS, or in the file that PEGMINER_STAKE_SECRETS_FILE names.',
    kind: 'usage',
  },
} as const

export const minerError = errorsOf(MINER_ERRORS)

export type MinerErrorCode = keyof typeof MINER_ERRORS
