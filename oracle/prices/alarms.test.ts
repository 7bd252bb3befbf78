/** What the operator is told about a snapshot. */
import t from 'tap'

import { alarmsOf } from './alarms.js'
import { LAST_YEAR } from './holidays.js'
import type { PriceSnapshot } from './types.js'

interface Seen {
  readonly outliers?: readonly (readonly [source: string, assets: readonly string[]])[]
  readonly deviations?: Readonly<Record<string, number | null>>
  readonly takenAt?: number
  readonly skews?: readonly (number | null)[]
  readonly guarded?: boolean
}

function alarms({
  outliers = [],
  deviations = {},
  takenAt = Date.UTC(2026, 1),
  skews = [],
  guarded = true,
}: Seen): string[] {
  const assets = new Map(
    Object.entries(deviations).map(([asset, deviation]) => [asset, { asset, deviation }]),
  )
  const snapshot = { outliers: new Map(outliers), assets, takenAt } as unknown as PriceSnapshot
  const sources = skews.map((skewMs) => ({ state: { skewMs } }))
  return alarmsOf(snapshot, sources as never, { warnAt: 0.05, guarded }).map(
    ({ code, message }) => `${code} ${message}`,
  )
}

t.test('each alarm, and what is no reason for one', (t) => {
  const seven = ['XBT', 'ETH', 'LTC', 'XBC', 'BNB', 'XLM', 'ADA']
  const minute = 60_000
  const table: readonly (readonly [seen: Seen, said: readonly (string | RegExp)[]])[] = [
    [{}, []],
    [{ outliers: [['kraken', ['XBT']]] }, []],
    [
      { outliers: [['kraken', ['XBT', 'ETH']]] },
      [/^E_PRICES_LIAR kraken is far off the others on XBT, ETH;/],
    ],
    [{ outliers: [['kraken', seven]] }, [/on XBT, ETH, LTC, XBC, BNB, XLM and 1 more;/]],
    [{ deviations: { XBT: 0.05, ETH: null } }, []],
    [
      { deviations: { XBT: -0.06, ETH: 0.5 } },
      [/^E_PRICES_WINNERS prices of ours are far from those of the last winners: XBT -?6.*%, ETH 50.*%$/],
    ],
    [{ guarded: false }, [/^E_PRICES_UNGUARDED/]],
    [{ takenAt: Date.UTC(LAST_YEAR, 11, 31) }, []],
    [
      { takenAt: Date.UTC(LAST_YEAR + 1, 0) },
      [
        `E_PRICES_CALENDAR the rules of holidays are those known up to ${LAST_YEAR}; closed markets may be taken for open ones`,
      ],
    ],
    [{ skews: [3 * minute, 3 * minute, null] }, []],
    [{ skews: [minute, minute, minute] }, []],
    [
      { skews: [3 * minute, 3 * minute, 0, 3 * minute, null] },
      ['E_PRICES_CLOCK the clock of this machine is 3 min behind that of 4 price sources; set it'],
    ],
    [
      { skews: [-90_000, -90_000, -90_000] },
      ['E_PRICES_CLOCK the clock of this machine is 1.5 min ahead of that of 3 price sources; set it'],
    ],
  ]
  for (const [seen, said] of table) {
    const found = alarms(seen)
    t.equal(found.length, said.length, JSON.stringify(seen))
    t.match(found, said, JSON.stringify(seen))
  }
  t.end()
})
