/**
 * What can go wrong with the file that all consumers share, and with following. The codes speak of the history of
 * graded blocks, whose file it was alone: programs know them by these names.
 */
import { errorsOf, type DatabaseOptions, type DatabaseTrouble } from '../base/index.js'

export const CHAIN_ERRORS = {
  E_HISTORY_SQLITE: {
    summary: 'The database library cannot be loaded on this machine.',
    remedy:
      'Install the optional packages too (npm install without --omit=optional); libsql has builds for Linux, macOS and Windows on x64 and for Linux and macOS on ARM.',
  },
  E_HISTORY_OPEN: {
    summary: 'The history of graded blocks cannot be opened.',
    remedy: 'Check the rights and the free space of the data directory, or give another with --data-dir.',
  },
  E_HISTORY_NEWER: {
    summary: 'The history of graded blocks was written by a newer version of the program.',
    remedy: 'Use that version, or give this one another --data-dir.',
  },
  E_HISTORY_NONE: {
    summary: 'There is no history of graded blocks yet.',
    remedy: 'Mine, or follow the chain with pegminer grade --height; check --network and --data-dir.',
  },
  E_HISTORY_WRITE: {
    summary: 'The history of graded blocks cannot be read or written.',
    remedy: 'Free some disk space, or make the data directory writable.',
    retryable: true,
  },
  E_HISTORY_BEHIND: {
    summary: 'The node does not have all blocks yet that the history of graded blocks must know.',
    remedy: 'Wait: the program asks again by itself.',
    retryable: true,
  },
  E_HISTORY_DAMAGED: {
    summary: 'The history of graded blocks was damaged on disk.',
    remedy:
      'Nothing to do: what was lost is graded again from the chain. The damaged file is kept beside it.',
  },
  E_HISTORY_RACE: {
    summary: 'Another program changed the history of graded blocks at the same moment.',
    remedy: 'Nothing: the program tries again by itself.',
    retryable: true,
  },
} as const

export const fail = errorsOf(CHAIN_ERRORS)

const TROUBLES: Readonly<Record<DatabaseTrouble, keyof typeof CHAIN_ERRORS>> = {
  library: 'E_HISTORY_SQLITE',
  open: 'E_HISTORY_OPEN',
  newer: 'E_HISTORY_NEWER',
  none: 'E_HISTORY_NONE',
  write: 'E_HISTORY_WRITE',
  damaged: 'E_HISTORY_DAMAGED',
}

/** The errors of a database whose trouble goes by these codes. */
export const databaseFailure: DatabaseOptions['fail'] = (trouble, message, init) =>
  fail(TROUBLES[trouble], message, init)
