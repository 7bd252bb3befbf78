import { errorsOf } from '../../config/index.js'

export const GRADING_ERRORS = {
  E_GRADING_INPUT: {
    summary: 'A block cannot be graded with this height or list of previous winners.',
    remedy:
      'The history of graded blocks does not fit this network: delete it, it is built again from the chain.',
    kind: 'failure',
  },
} as const

export const fail = errorsOf(GRADING_ERRORS)
