/** Amounts of coins as a person writes them. */
import type { ValueType } from '../../config/index.js'
import { satOf } from '../shape.js'
import { coinsText } from '../tx/index.js'

/** Coins → satoshis. */
export const coinsType = (least: bigint): ValueType<bigint> => ({
  placeholder: 'COINS',
  expects: `an amount of coins such as 1.5, with at most 8 decimals, at least ${coinsText(least)}`,
  schema: { type: ['number', 'string'] },
  parse: (given) => {
    try {
      const sat = satOf(given, '')
      return sat >= least ? sat : undefined
    } catch {
      return undefined
    }
  },
})
