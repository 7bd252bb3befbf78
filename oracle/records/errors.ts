import { errorsOf } from '../../base/index.js'

export const RECORD_ERRORS = {
  E_OPR_DECODE: {
    summary: 'The content of an entry is not a price record.',
    remedy: 'Nothing to do: entries like this take no part in grading.',
  },
  E_OPR_ENCODE: {
    summary: 'A price record cannot be written with these values.',
    remedy: 'Check identity, address and prices; the message names the value.',
  },
  E_OPR_PRICE: {
    summary: 'A price is not a number that a record can hold.',
    remedy: 'Check the price source; prices are USD per unit, at least 0 and below 184467440737.',
  },
} as const

export const fail = errorsOf(RECORD_ERRORS)
