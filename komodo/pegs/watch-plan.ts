/** The section `watch` of a plan: what is done without being asked, each with a limit. Absent: nothing. */
import { exactOptional, type InferOutput } from 'valibot'

import { integer, section, value, type SectionProblem } from '../../config/index.js'
import { coinsType } from './coins.js'
import { NO_RULES, type WatchRules } from './watch-actions.js'

const percent = integer(1, 100, 'percent')
const daily = (what: string) => value(coinsType(1_000n), `most ${what} that it may spend in a day (UTC)`)

export const WATCH_SECTION = section({
  topUp: exactOptional(
    section({
      from: value(percent, 'ratio of the own account from which on tokens are put into it, percent'),
      to: value(percent, 'ratio that it is brought to, percent'),
      daily: daily('tokens'),
    }),
  ),
  redeem: exactOptional(
    section({
      from: value(percent, 'ratio of the own account from which on its debt is paid, percent'),
      daily: daily('coins'),
    }),
  ),
  liquidate: exactOptional(
    section({
      profit: value(coinsType(1n), 'least profit of a liquidation, in coins'),
      daily: daily('coins'),
    }),
  ),
})

type RawRules = InferOutput<typeof WATCH_SECTION> | undefined

export function rulesOf(raw: RawRules): WatchRules {
  const { topUp, redeem, liquidate } = raw ?? {}
  return {
    topUp: topUp ? { from: BigInt(topUp.from), to: BigInt(topUp.to), daily: topUp.daily } : NO_RULES.topUp,
    redeem: redeem ? { from: BigInt(redeem.from), daily: redeem.daily } : NO_RULES.redeem,
    liquidate: liquidate ?? NO_RULES.liquidate,
  }
}

export function conflictsOfRules(raw: RawRules): SectionProblem[] {
  const { topUp } = raw ?? {}
  if (topUp === undefined || topUp.to < topUp.from) return []
  return [
    {
      path: ['watch', 'topUp', 'to'],
      message: `${topUp.to} is not below ${topUp.from}, from which on it acts`,
    },
  ]
}
