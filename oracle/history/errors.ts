import { errorsOf } from '../../base/index.js'

/** Errors of the history alone; those of its file and of following the chain are in `chain/errors.ts`. */
export const HISTORY_ERRORS = {
  E_HISTORY_FOREIGN: {
    summary: 'The history of graded blocks belongs to another chain, ByteMap or rules.',
    remedy:
      'Nothing to do: it is built again. If it happens often, give each network its own data directory.',
  },
  E_HISTORY_OTHER: {
    summary: 'The history of graded blocks is that of a miner with another chain, ByteMap or rules.',
    remedy: 'Give the --bits, --activations and node that the miner has, or another --data-dir.',
  },
  E_HISTORY_OLD: {
    summary: 'A history of graded blocks in the form of an earlier version was found.',
    remedy: 'Nothing to do: the blocks are graded again from the chain.',
  },
} as const

export const fail = errorsOf(HISTORY_ERRORS)
