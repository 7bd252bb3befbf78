/** What can be wrong when a basket or a paper account is kept. */
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
  },
  E_PEG_WATCH_PAPER: {
    summary:
      'The file of a paper account cannot be read or written, is kept by another process, or is about another network.',
    remedy:
      'Look at the file that the message names, end the other process, or name another file with --paper.',
    kind: 'usage',
  },
} as const

export const fail = errorsOf(DESK_ERRORS)
