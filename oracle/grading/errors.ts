import { errorsOf } from '../../config/index.js'

export const GRADING_ERRORS = {
  E_GRADING_INPUT: {
    summary: 'A block cannot be graded with this height or list of previous winners.',
    remedy:
      'The history of graded blocks does not fit this network: delete it, it is built again from the chain.',
    kind: 'failure',
  },
  E_HISTORY_TRIMMED: {
    summary: 'The history of graded blocks does not reach back to that height any more.',
    remedy: 'Ask for a newer height, or delete the history to have it built again.',
    kind: 'failure',
  },
  E_HISTORY_WRITE: {
    summary: 'The history of graded blocks cannot be written.',
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
    remedy: 'Nothing to do: what was lost is graded again from the chain.',
    kind: 'failure',
  },
  E_HISTORY_FOREIGN: {
    summary: 'The history of graded blocks belongs to another chain than the node has.',
    remedy:
      'Nothing to do: it is built again. If it happens often, give each network its own data directory.',
    kind: 'failure',
  },
  E_HISTORY_CHAIN: {
    summary: 'The node answered with blocks that do not follow one another.',
    remedy: 'Check the node; the program asks again by itself.',
    kind: 'failure',
    retryable: true,
  },
} as const

export const fail = errorsOf(GRADING_ERRORS)
