/** The result of an attack as a picture: chances of a block along what is varied, with their intervals. As SVG. */
import {
  between,
  drawPanel,
  INK,
  picture,
  text,
  wholeTicks,
  type Scale,
  type Series,
} from '../../bench/index.js'
import type { AttackResult } from '../../desk/index.js'
import { writePicture } from '../view/plot-file.js'
import { axisText, type Study } from './view.js'

const WIDTH = 760
const HEIGHT = 420
const [LEFT, TOP, RIGHT, BOTTOM] = [70, 96, 120, 70]

/** Throws `E_CLI_PLOT`. */
export const writeAttackPlot = (file: string, study: Study, results: readonly AttackResult[]): void =>
  writePicture(file, drawAttack(study, results))

const CURVES = [
  ['price moved', 'moved'],
  ['rewards', 'reward'],
  ['stopped', 'stopped'],
  ['closed', 'closed'],
] as const

function drawAttack({ axis, values, claim }: Study, results: readonly AttackResult[]): string {
  const title = claim ?? 'False prices'
  const series = CURVES.flatMap(([name, field], k): Series[] => {
    const found = results.map((result) => result[field])
    // A curve that lies on the axis all along says nothing.
    if (k > 1 && found.every(({ value }) => value === 0)) return []
    return [
      {
        ...{ name, color: INK.lines[k] as string, line: 1.8, dot: 5 },
        points: found.map(({ value }, at) => [values[at] ?? 0, value * 100] as const),
        ranges: found.map(
          ({ low, high }, at) => [values[at] ?? 0, Math.max(0, low) * 100, high * 100] as const,
        ),
      },
    ]
  })
  const facts = `${results[0]?.blocks ?? 0} blocks for each point, bars: 95 %`
  return picture({ width: WIDTH, height: HEIGHT, label: `${title} ${facts}` }, [
    text(title, { x: 29, y: 29, size: titleSize(title), color: INK.text, bold: true }),
    text(`Percent of blocks, and of what is paid to miners; ${facts}`, {
      x: 29,
      y: 54,
      size: 13,
      color: INK.faint,
    }),
    ...drawPanel({
      ...{ left: LEFT, top: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM },
      ...{ x: axisScale(values), grid: true, marks: [], series },
      y: { at: between(0, 100), ticks: [0, 25, 50, 75, 100].map((value) => ({ value, text: `${value} %` })) },
    }),
    text(axisText(axis), {
      x: (LEFT + WIDTH - RIGHT) / 2,
      y: HEIGHT - 24,
      size: 13,
      color: INK.faint,
      anchor: 'middle',
    }),
  ])
}

/** A long claim is written smaller: so many letters have room at the usual size. */
const titleSize = (title: string): number => Math.min(18, Math.floor((18 * 64) / title.length))

/** The values themselves are named, as far as there is room. */
function axisScale(values: readonly number[]): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const named =
    values.length <= 12 ? values.map((value) => ({ value, text: String(value) })) : wholeTicks(low, high, 6)
  return { at: between(low, high > low ? high : low + 1), ticks: named }
}
