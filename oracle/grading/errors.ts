import { errorsOf } from '../../base/index.js'

export const GRADING_ERRORS = {
  E_GRADING_INPUT: {
    summary: 'A block cannot be graded with this height or list of previous winners.',
    remedy:
      'For a file of a private network, give its --opr-version. A history that does not fit its network: delete it, it is built again from the chain.',
  },
  E_GRADING_FILE: {
    summary: 'A file with a block of price records cannot be read, or is damaged.',
    remedy: 'Give JSON with Height, PreviousWinners, Winners and Entries, as the message says.',
    kind: 'usage',
  },
} as const

export const fail = errorsOf(GRADING_ERRORS)
