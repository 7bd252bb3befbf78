/**
 * The tables of docs/attacks.md are what the program says: `npm test` plays one line of them again, `npm run
 * test:attacks` all, in some minutes.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'

import { PRESETS, varied, type Preset, type PresetName } from './presets.js'
import { simulateAttacks } from './run.js'
import type { AttackResult, Estimate } from './types.js'

const ALL = process.env['ATTACKS'] === 'all'
/** Of which `npm test` plays one line. */
const [SHORT, SHORT_VALUE] = ['majority', 45]
const OPTIONS = { blocks: 500, seed: '1', threads: 2 }

const percent = (part: number, digits = 1): string => (part * 100).toFixed(digits)
const chance = ({ value, low, high }: Estimate): string =>
  `${percent(value)} % (${percent(low)}–${percent(high)})`

const CELLS: Readonly<Record<string, (result: AttackResult) => string>> = {
  'price moved': ({ moved }) => chance(moved),
  rewards: ({ reward }) => `${percent(reward.value)} %`,
  'off by, mean': ({ shift }) => `${percent(shift.value, 2)} %`,
  places: ({ places }) => places.value.toFixed(2),
  'block without conversions': ({ stopped }) => `${percent(stopped.value)} %`,
  'asset not converted': ({ closed }) => `${percent(closed.value)} %`,
}

/** Heading by heading; staking has a second table, that of `holders`. */
const tables = readFileSync(new URL('../../docs/attacks.md', import.meta.url), 'utf8')
  .split(/^### /m)
  .slice(1)
  .flatMap((part) => {
    const name = (part.split('\n', 1)[0] ?? '').toLowerCase()
    return [...part.matchAll(/(?:^\|.*\n)+/gm)].map(([table], k) => ({
      name: (k === 0 ? name : 'holders') as PresetName,
      rows: table
        .trim()
        .split('\n')
        .map((row) =>
          row
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    }))
  })

t.test('the tables of docs/attacks.md', async (t) => {
  t.same(tables.map(({ name }) => name).sort(), Object.keys(PRESETS).sort(), 'a table for each preset')
  let played = 0
  for (const { name, rows } of tables) {
    const { scenario, axis, values }: Preset = PRESETS[name]
    const [[, ...heads] = [], , ...lines] = rows
    t.same(
      lines.map(([value]) => Number(value)),
      values,
      `${name}: its values`,
    )
    t.same(
      heads.filter((head) => !(head in CELLS)),
      [],
      `${name}: its columns`,
    )
    const chosen = lines.filter(([value]) => ALL || (name === SHORT && Number(value) === SHORT_VALUE))
    const results = await simulateAttacks({
      ...{ ...OPTIONS, scenarios: chosen.map(([value]) => varied(scenario, axis, Number(value))) },
    })
    results.forEach((result, k) => {
      const [value, ...cells] = chosen[k] ?? []
      t.same(
        cells,
        heads.map((head) => CELLS[head]?.(result)),
        `${name} ${value}`,
      )
    })
    played += results.length
  }
  t.ok(played > 0)
  t.comment(`${played} lines of ${tables.length} tables were played again, ${OPTIONS.blocks} blocks each`)
})
