/** What can be wrong when a basket is kept. */
import { errorsOf } from '../base/index.js'

export const DESK_ERRORS = {
  E_BASKET_HISTORY: {
    summary: 'The ledger has no prices for what a basket is to be tried on.',
    remedy: 'Follow a chain first (pegminer ledger sync), or give other heights with --from and --to.',
    kind: 'usage',
  },
  E_BASKET_STATE: {
    summary: 'What was written down about a basket cannot be read.',
    remedy:
      'Look at the file that the message names; without it the basket begins anew, and the limit of the day too.',
    kind: 'failure',
  },
} as const

export const fail = errorsOf(DESK_ERRORS)
