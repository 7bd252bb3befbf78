import { errorsOf } from '../../base/index.js'

export const HISTORY_ERRORS = {
  E_HISTORY_SQLITE: {
    summary: 'The database library cannot be loaded on this machine.',
    remedy:
      'Install the optional packages too (npm install without --omit=optional); libsql has builds for Linux, macOS and Windows on x64 and for Linux and macOS on ARM.',
    kind: 'failure',
  },
  E_HISTORY_OPEN: {
    summary: 'The history of graded blocks cannot be opened.',
    remedy: 'Check the rights and the free space of the data directory, or give another with --data-dir.',
    kind: 'failure',
  },
  E_HISTORY_NEWER: {
    summary: 'The history of graded blocks was written by a newer version of the program.',
    remedy: 'Use that version, or give this one another --data-dir.',
    kind: 'failure',
  },
  E_HISTORY_NONE: {
    summary: 'There is no history of graded blocks yet.',
    remedy: 'Mine, or follow the chain with pegminer grade --height; check --network and --data-dir.',
    kind: 'failure',
  },
  E_HISTORY_WRITE: {
    summary: 'The history of graded blocks cannot be read or written.',
    remedy: 'Free some disk space, or make the data directory writable.',
    kind: 'failure',
    retryable: true,
  },
  E_HISTORY_BEHIND: {
    summary: 'The node does not have all blocks yet that the history of graded blocks must know.',
    remedy: 'Wait: the program asks again by itself.',
    kind: 'failure',
    retryable: true,
  },
  E_HISTORY_DAMAGED: {
    summary: 'The history of graded blocks was damaged on disk.',
    remedy:
      'Nothing to do: what was lost is graded again from the chain. The damaged file is kept beside it.',
    kind: 'failure',
  },
  E_HISTORY_FOREIGN: {
    summary: 'The history of graded blocks belongs to another chain, ByteMap or rules.',
    remedy:
      'Nothing to do: it is built again. If it happens often, give each network its own data directory.',
    kind: 'failure',
  },
  E_HISTORY_OTHER: {
    summary: 'The history of graded blocks is that of a miner with another chain, ByteMap or rules.',
    remedy: 'Give the --bits, --activations and node that the miner has, or another --data-dir.',
    kind: 'failure',
  },
  E_HISTORY_OLD: {
    summary: 'A history of graded blocks in the form of an earlier version was found.',
    remedy: 'Nothing to do: the blocks are graded again from the chain.',
    kind: 'failure',
  },
  E_HISTORY_RACE: {
    summary: 'Another program changed the history of graded blocks at the same moment.',
    remedy: 'Nothing: the program tries again by itself.',
    kind: 'failure',
    retryable: true,
  },
} as const

export const fail = errorsOf(HISTORY_ERRORS)
